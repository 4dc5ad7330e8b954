"""Classical augmentation: the control that any generator has to beat."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from depthfaces import seeding
from depthfaces.faces import FaceSet, release

# Half widths of the even draws. Small on purpose: each keeps a centred face centred.
TILT = 8.0  # degrees
SCALE = 0.06  # share of the size
SHIFT = 0.04  # share of the side
NOISE = 0.015  # standard deviation, in units of the depth window's half
BACKGROUND = -1.0


def augmented(
    faces: FaceSet, rows: npt.NDArray[np.intp], size: int, seed: int
) -> Iterator[npt.NDArray[np.float32]]:
    """Yield the faces at `rows`, changed by chance, `size` at once."""
    for start in range(0, len(rows), size):
        rng = seeding.stream(seed, "augment", start)
        yield augment(np.array(faces.images[rows[start : start + size]]), rng)
        release(faces.images)


def augment(images: npt.NDArray[Any], rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Return each face (n, S, S) mirrored or not, tilted, scaled, shifted, with depth noise.

    Noise falls on the face only: the background stays the background.
    """
    changed = np.stack([_move(image, rng) for image in images])
    noise = rng.normal(0, NOISE, changed.shape) * (changed > BACKGROUND)
    return np.clip(changed + noise, -1, 1).astype(np.float32)


def _move(image: npt.NDArray[Any], rng: np.random.Generator) -> npt.NDArray[Any]:
    """Return one face after a mirroring by chance and a similarity transform about its centre."""
    mirror = rng.choice([-1.0, 1.0])
    angle = np.deg2rad(rng.uniform(-TILT, TILT))
    scale = 1 + rng.uniform(-SCALE, SCALE)
    shift = rng.uniform(-SHIFT, SHIFT, 2) * len(image)
    cos, sin = np.cos(angle) / scale, np.sin(angle) / scale
    matrix = np.array([[cos, -sin * mirror], [sin, cos * mirror]])
    centre = (np.array(image.shape) - 1) / 2
    offset = centre - matrix @ (centre + shift)
    return _resample(image, matrix, offset)


def _resample(
    image: npt.NDArray[Any], matrix: npt.NDArray[Any], offset: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    """Return the face seen through x -> matrix x + offset, linear among the face's own pixels.

    A blend of face and background would put flying pixels along the outline.
    """
    inside = (image > BACKGROUND).astype(float)
    weight = ndimage.affine_transform(inside, matrix, offset, order=1)
    total = ndimage.affine_transform(inside * image, matrix, offset, order=1)
    return np.where(weight > 0.5, total / np.maximum(weight, 0.5), BACKGROUND)
