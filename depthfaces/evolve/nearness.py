"""How near a face lies to the real faces: neither a copy of one, nor far from all."""

import numpy as np
from scipy.spatial.distance import cdist

from depthfaces.evolve.search import Array
from depthfaces.faces import FaceSet

PLACE = 16  # side of the pooled face whose pixels are its place
NEAR = 0.05  # quantile of real distances below which a face counts as a copy of a real one
FAR = 0.95  # and above which it is less real than any


def places(faces: Array) -> Array:
    """Return each face's place (n, 256): its 16 x 16 means over 16.

    So the distance of two places is the root mean square difference of a pixel.
    """
    count, size, _ = faces.shape
    step = size // PLACE
    pooled = faces.reshape(count, PLACE, step, PLACE, step).mean(axis=(2, 4))
    return np.asarray(pooled.reshape(count, -1) / PLACE, np.float32)


class Nearness:
    """How near a face comes to a train face, or to its mirror image.

    The unit is the distance that only one in twenty real faces goes below, to the nearest face of
    another person: 0 is a copy, 1 and more is as good as new. Only one in twenty goes above
    `limit`: what lies farther off is no face that the train split would know.
    """

    def __init__(self, train: FaceSet) -> None:
        parts = [(places(images), places(images[:, :, ::-1])) for _, images in train.batches(256)]
        straight = np.concatenate([part for part, _ in parts])
        self.real = np.concatenate([straight, *(mirrored for _, mirrored in parts)])
        self.squares = np.square(self.real).sum(axis=1)
        group = train.table["group"].to_numpy()
        nearest = _to_others(straight, self.real, group)
        known = nearest[np.isfinite(nearest)]
        self.unit = float(np.quantile(known, NEAR)) if len(known) else 0.0
        far = float(np.quantile(known, FAR)) if len(known) else 0.0
        self.limit = far / self.unit if self.unit > 0 else np.inf

    def __call__(self, place: Array) -> Array:
        """Return the nearness (n,) of the faces at `place` (n, 256)."""
        if self.unit <= 0:
            return np.ones(len(place))
        # |a - b|^2 by one product finds the nearest; only its distance is then taken exactly.
        nearest = (self.squares - 2 * (place @ self.real.T)).argmin(axis=1)
        return np.asarray(np.linalg.norm(place - self.real[nearest], axis=1) / self.unit, float)


def _to_others(straight: Array, real: Array, group: Array) -> Array:
    """Return each face's distance (n,) to the nearest one of another group, mirrored or not."""
    owners = np.tile(group, 2)
    nearest = np.full(len(group), np.inf)
    for start in range(0, len(group), 256):  # a full matrix would grow with the square
        rows = slice(start, start + 256)
        gaps = cdist(straight[rows], real)
        gaps[group[rows, None] == owners] = np.inf
        nearest[rows] = gaps.min(axis=1)
    return nearest
