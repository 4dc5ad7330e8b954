"""Classical augmentation: the control that any generator has to beat."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from depthfaces import seeding
from depthfaces.faces import FaceSet, release

# Half widths of the uniform draws. Small on purpose: each keeps a centred face centred.
TILT = 8.0  # degrees
SCALE = 0.06  # share of the size
SHIFT = 0.04  # share of the side
NOISE = 0.015  # standard deviation, in units of the depth window's half
BACKGROUND = -1.0


def augmented_batches(
    faces: FaceSet, rows: npt.NDArray[np.intp], batch_size: int, seed: int
) -> Iterator[npt.NDArray[np.float32]]:
    """Yield the faces at `rows`, randomly augmented, in batches of `batch_size`."""
    for start in range(0, len(rows), batch_size):
        rng = seeding.stream(seed, "augment", start)
        yield augment(np.array(faces.images[rows[start : start + batch_size]]), rng)
        release(faces.images)


def augment(images: npt.NDArray[Any], rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Randomly mirror, tilt, scale and shift each face (n, S, S), and add depth noise.

    Noise falls on the face only: the background stays the background.
    """
    moved_images = np.stack([_random_transform(image, rng) for image in images])
    noise = rng.normal(0, NOISE, moved_images.shape) * (moved_images > BACKGROUND)
    return np.clip(moved_images + noise, -1, 1).astype(np.float32)


def _random_transform(image: npt.NDArray[Any], rng: np.random.Generator) -> npt.NDArray[Any]:
    """Apply a random mirroring and similarity transform about the centre to one face."""
    mirror_sign = rng.choice([-1.0, 1.0])
    angle = np.deg2rad(rng.uniform(-TILT, TILT))
    scale_factor = 1 + rng.uniform(-SCALE, SCALE)
    pixel_shift = rng.uniform(-SHIFT, SHIFT, 2) * len(image)
    cos, sin = np.cos(angle) / scale_factor, np.sin(angle) / scale_factor
    affine_matrix = np.array([[cos, -sin * mirror_sign], [sin, cos * mirror_sign]])
    centre = (np.array(image.shape) - 1) / 2
    offset = centre - affine_matrix @ (centre + pixel_shift)
    return _resample(image, affine_matrix, offset)


def _resample(
    image: npt.NDArray[Any], affine_matrix: npt.NDArray[Any], offset: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    """Resample a face at x -> matrix x + offset, linearly among the face's own pixels.

    A blend of face and background would put flying pixels along the outline.
    """
    face_mask = (image > BACKGROUND).astype(float)
    face_weight = ndimage.affine_transform(face_mask, affine_matrix, offset, order=1)
    weighted_sum = ndimage.affine_transform(face_mask * image, affine_matrix, offset, order=1)
    return np.where(face_weight > 0.5, weighted_sum / np.maximum(face_weight, 0.5), BACKGROUND)
