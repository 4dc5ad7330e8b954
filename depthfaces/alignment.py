"""How near a face comes to other faces when one may be mirrored, shifted, turned or rescaled.

Two steps. All pairs are compared by the tangent distance (Simard et al. 1993): a face is low-passed
to 16 x 16 and projected onto each other face's span of itself and its derivatives by shift, turn
and scale. The few nearest are then aligned by Gauss-Newton at 32 x 32. Contrast and brightness do
not count, and the low-pass takes sensor noise away: noise of 0.03 a pixel leaves about 0.01.
"""

from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage

Array = npt.NDArray[Any]

COARSE, FINE = 16, 32  # pixels a side of the faces that are compared, and of those aligned
BLUR = {COARSE: 3 / 64, FINE: 1.5 / 64}  # standard deviation of the low-pass, of the side
TURNS = (-6.0, 0.0, 6.0)  # degrees; the derivatives reach halfway from one to the next
CANDIDATES = 4  # nearest faces that are aligned
ROUNDS = 3  # of Gauss-Newton
# Largest shift (columns, rows, of half the side), turn in radians and change of scale.
REACH = np.array([0.14, 0.14, 0.2, 0.1])
BATCH = 128  # faces compared at once, with
BLOCK = 2000  # others at once, of which
KEPT = 4  # blocks at most stay prepared: 60 MB each
EPSILON = 1e-9
NEVER = 0.001  # quantile of people's distances: nearer than this they never come to each other
ALWAYS = 0.005  # a face nearer than this is a copy, whoever the others are
NOBODY = "(nobody)"  # the owner of synthetic faces, no real person's name


class Nearest(NamedTuple):
    """Of each face: its `distance` (n,) to the nearest other face, and which that is (n,).

    0 is a copy, 1 a face that has nothing in common.
    """

    distance: Array
    row: Array


class Owned(NamedTuple):
    """Faces `images` (n, S, S) in [-1, 1] and whose they are, `people` (n,)."""

    images: Array
    people: Array


def never(distances: Array) -> float:
    """Return the distance below which a face is a copy, from those between real people."""
    return max(float(np.quantile(distances, NEVER)), ALWAYS)


def nearest(faces: Owned, others: Owned) -> Nearest:
    """Return the nearest of `others` for each face; one of the same person does not count."""
    return Album(others).nearest(faces)


class Album:
    """Any number of faces to look for the nearest among; a few `KEPT` blocks stay prepared."""

    def __init__(self, faces: Owned) -> None:
        """Hold the `faces`."""
        self.faces = faces
        self.starts = range(0, len(faces.people), BLOCK)
        few = len(self.starts) <= KEPT
        self.galleries = {start: self._gallery(start) for start in self.starts if few}

    def nearest(self, faces: Owned) -> Nearest:
        """Return the nearest face of another person for each of `faces`."""
        distance, index = np.ones(len(faces.people)), np.full(len(faces.people), -1)
        for start in self.starts:
            gallery = self.galleries.get(start) or self._gallery(start)
            found = gallery.nearest(faces)
            nearer = found.distance < distance
            distance[nearer], index[nearer] = found.distance[nearer], found.row[nearer] + start
        return Nearest(distance, index)

    def _gallery(self, start: int) -> "Gallery":
        rows = slice(start, start + BLOCK)
        return Gallery(Owned(*(np.asarray(column[rows]) for column in self.faces)))


class Gallery:
    """Faces to look for the nearest among, as spans (variants, m, 5, 256)."""

    def __init__(self, faces: Owned) -> None:
        """Prepare the `faces`, mirrored ones and turned ones too."""
        self.people = faces.people
        self.small = thumbnails(faces.images, FINE)
        mirrored = faces.images[:, :, ::-1]
        self.spans = np.stack(
            [
                spans(turned(side, turn))
                for side in (thumbnails(faces.images, COARSE), thumbnails(mirrored, COARSE))
                for turn in TURNS
            ]
        )

    def nearest(self, faces: Owned) -> Nearest:
        """Return the nearest face of another person for each of `faces`."""
        coarse, fine = (standard(thumbnails(faces.images, side)) for side in (COARSE, FINE))
        distance, index = np.ones(len(fine)), np.zeros(len(fine), int)
        for start in range(0, len(fine), BATCH):
            rows = slice(start, start + BATCH)
            alike = self._alike(coarse[rows])
            alike[:, faces.people[rows, None] == self.people] = -1
            distance[rows], index[rows] = self._aligned(fine[rows], alike)
        distance[np.abs(fine).max(axis=1) < EPSILON] = 1.0  # a flat picture is like nobody
        return Nearest(distance, index)

    def _alike(self, faces: Array) -> Array:
        """Return the share (variants, n, m) of each face that a span explains."""
        alike = np.empty((len(self.spans), len(faces), len(self.people)), np.float32)
        for variant, span in enumerate(self.spans):
            count, directions, pixels = span.shape
            product = faces @ span.reshape(-1, pixels).T
            alike[variant] = np.square(product).reshape(-1, count, directions).sum(axis=2)
        return alike

    def _aligned(self, faces: Array, alike: Array) -> tuple[Array, Array]:
        """Return each face's distance to the nearest of its likest candidates, and its index."""
        index, way, known = _best(alike, min(CANDIDATES, len(self.people)))
        count, several = index.shape
        small = self.small[index.ravel()]
        mirrored = way.ravel() >= len(TURNS)
        small[mirrored] = small[mirrored][:, :, ::-1]
        start = np.zeros((len(small), 4))
        start[:, 2] = np.deg2rad(np.array(TURNS)[way.ravel() % len(TURNS)])
        gaps = align(small, np.repeat(faces, several, axis=0), start).reshape(count, several)
        gaps[~known] = 1.0
        best = gaps.argmin(axis=1)
        rows = np.arange(count)
        return gaps[rows, best], index[rows, best]


def _best(alike: Array, count: int) -> tuple[Array, Array, Array]:
    """Return the `count` likest faces (n, k), the variant of each, and whether it may be one."""
    best = alike.max(axis=0)
    index = np.argpartition(-best, count - 1, axis=1)[:, :count]
    rows = np.arange(len(best))[:, None]
    return index, alike[:, rows, index].argmax(axis=0), best[rows, index] >= 0


def thumbnails(images: Array, side: int) -> Array:
    """Return low-passed faces (n, side, side)."""
    blur = BLUR[side] * images.shape[-1]
    smooth = ndimage.gaussian_filter(images.astype(np.float32), (0, blur, blur), mode="nearest")
    small = [cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA) for face in smooth]
    return np.stack(small).astype(np.float32)


def window(side: int) -> Array:
    """Return the weight (side^2,) of each pixel: 1 in the middle, 0 where a shift looks outside."""
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    mask = np.exp(-(((x / 0.68) ** 2 + (y / 0.75) ** 2) ** 3))
    return np.asarray(mask.ravel(), np.float32)


def weighted(faces: Array) -> Array:
    """Return faces (n, s, s) as rows (n, s^2) under the window, without their mean."""
    weight = window(faces.shape[-1])
    rows = faces.reshape(len(faces), -1) * weight
    return np.asarray(rows - np.outer(rows @ weight / (weight @ weight), weight), np.float32)


def standard(faces: Array) -> Array:
    """Return faces (n, s, s) as rows (n, s^2) of length 1; a flat one becomes 0."""
    rows = weighted(faces)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), EPSILON))


def derivatives(faces: Array) -> Array:
    """Return (n, 5, s^2): the faces (n, s, s), and how they change with what `REACH` lists."""
    side = faces.shape[-1]
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j].astype(np.float32)
    step = np.float32(2 / (side - 1))
    down, along = np.gradient(faces, step, axis=(1, 2))
    parts = (faces, along, down, x * down - y * along, x * along + y * down)
    return np.stack([weighted(part) for part in parts], axis=1)


def spans(faces: Array) -> Array:
    """Return an orthonormal basis (n, 5, s^2) of what `derivatives` gives."""
    basis = np.linalg.qr(derivatives(faces).transpose(0, 2, 1))[0]
    return np.ascontiguousarray(basis.transpose(0, 2, 1), np.float32)


def turned(faces: Array, degrees: float) -> Array:
    """Return faces (n, s, s) turned about their middle."""
    if not degrees:
        return faces
    return warped(faces, np.tile([0.0, 0.0, np.deg2rad(degrees), 0.0], (len(faces), 1)))


def warped(faces: Array, change: Array) -> Array:
    """Return r(x + d), d = shift + turn x + scale x, for faces r (n, s, s) and `change` (n, 4)."""
    middle = (faces.shape[-1] - 1) / 2
    result = np.empty_like(faces)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    for row, (face, (right, down, turn, scale)) in enumerate(zip(faces, change, strict=True)):
        matrix = np.array([[1 + scale, -turn, 0.0], [turn, 1 + scale, 0.0]])
        matrix[:, 2] = middle - matrix[:, :2] @ (middle, middle)
        matrix[:, 2] += (middle * right, middle * down)
        cv2.warpAffine(
            face, matrix, face.shape, result[row], flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
    return result


def align(small: Array, faces: Array, start: Array) -> Array:
    """Return the distances (n,) of `faces` (n, s^2) to `small` (n, s, s), aligned from `start`.

    What is left of a face, as a share of its length, after the best contrast, and derivatives.
    """
    change, least = start.copy(), np.ones(len(small))
    for _ in range(ROUNDS):
        columns = derivatives(warped(small, change))
        normal = columns @ columns.transpose(0, 2, 1)
        normal += EPSILON * np.eye(5) * (1 + np.trace(normal, axis1=1, axis2=2))[:, None, None]
        shared = np.einsum("nkp,np->nk", columns, faces)
        factors = np.linalg.solve(normal, shared[:, :, None])[:, :, 0]
        rest = np.square(faces).sum(axis=1) - (factors * shared).sum(axis=1)
        least = np.minimum(least, np.sqrt(np.clip(rest, 0, 1)))
        contrast = np.where(np.abs(factors[:, :1]) > EPSILON, factors[:, :1], 1.0)
        change = np.clip(change + factors[:, 1:] / contrast, -REACH, REACH)
    return least
