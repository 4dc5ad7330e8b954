"""Noisy faces: those the test set has by nature, and the whole test set made noisy on purpose."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import cv2
import numpy as np
import numpy.typing as npt
from scipy import linalg

from depthfaces.studies.augment.prepare import entropy, equalise_faces
from depthfaces.studies.lessons import Bytes

Array = npt.NDArray[Any]

COMPONENT_COUNT = 40  # of the train faces, which explain a face without occlusion
SHRUNK_SIDE = 24  # pixels to which a face is shrunk for that: hands and masks are large
BLOCK_SIDE = 4  # pixels: the size of the blocks that are searched for occlusion


def sharpness(images: Bytes) -> Array:
    """Return the variance of the Laplacian over that of the face, (n,); low is blurred.

    It is a quotient, so that a dark face does not count as blurred.
    """
    laplacian_variances = np.array([cv2.Laplacian(face, cv2.CV_64F).var() for face in images])
    return np.asarray(laplacian_variances / np.maximum(images.astype(float).var(axis=(1, 2)), 1e-9))


def mean_brightness(images: Bytes) -> Array:
    """Return the mean grey level of all pixels but black ones (the background), (n,)."""
    is_foreground = images > 0
    return np.asarray(images.sum(axis=(1, 2)) / np.maximum(is_foreground.sum(axis=(1, 2)), 1))


@dataclass(frozen=True)
class Occlusion:
    """How badly a face's strangest block is explained by the principal components of train faces.

    A proxy: no data set here says what hides a face. A hand or a mask stands out, and so does
    what is merely rare.
    """

    mean_face: Array
    principal_axes: Array  # (components, pixels)
    usual_residuals: Array  # each block's mean squared residual over the train faces

    @classmethod
    def fit(cls, images: Bytes) -> Self:
        """Return the measure fitted to train faces (n, S, S)."""
        flat_faces = _shrink(images)
        mean_face = flat_faces.mean(axis=0)
        last_index = flat_faces.shape[1] - 1
        first_index = max(0, last_index + 1 - min(COMPONENT_COUNT, len(flat_faces) - 1))
        _, principal_axes = linalg.eigh(
            (flat_faces - mean_face).T @ (flat_faces - mean_face),
            subset_by_index=[first_index, last_index],
        )
        unscaled = cls(mean_face, principal_axes.T, np.ones(1))
        return cls(
            mean_face,
            principal_axes.T,
            np.maximum(unscaled._block_residuals(images).mean(axis=0), 1e-9),
        )

    def __call__(self, images: Bytes) -> Array:
        """Return the largest ratio of a block's squared residual to the usual one, (n,)."""
        return np.asarray((self._block_residuals(images) / self.usual_residuals).max(axis=1))

    def _block_residuals(self, images: Bytes) -> Array:
        """Return the mean squared residual of each block, (n, blocks)."""
        centred_faces = _shrink(images) - self.mean_face
        squared_residuals = (
            centred_faces - centred_faces @ self.principal_axes.T @ self.principal_axes
        ) ** 2
        residual_blocks = squared_residuals.reshape(
            -1, SHRUNK_SIDE // BLOCK_SIDE, BLOCK_SIDE, SHRUNK_SIDE // BLOCK_SIDE, BLOCK_SIDE
        )
        return np.asarray(residual_blocks.mean(axis=(2, 4)).reshape(len(images), -1))


def _shrink(images: Bytes) -> Array:
    """Return faces (n, S, S) small and equalised, as rows (n, SHRUNK_SIDE^2)."""
    small_faces = [
        cv2.resize(face, (SHRUNK_SIDE, SHRUNK_SIDE), interpolation=cv2.INTER_AREA)
        for face in images
    ]
    return (
        equalise_faces(np.array(small_faces, np.uint8), "global")
        .reshape(len(images), -1)
        .astype(float)
    )


def noisy_parts(train: Bytes, test: Bytes, tail: float) -> dict[str, Array]:
    """Return {kind of noise: which `test` faces (n, S, S) have it, (n,)}.

    A face has it if it lies beyond the `tail` quantile of the real `train` faces on that side.
    """
    occlusion = Occlusion.fit(train)
    noise_measures: dict[str, tuple[Callable[[Bytes], Array], int]] = {
        "blurred": (sharpness, -1),
        "occluded": (occlusion, 1),
        "low light": (mean_brightness, -1),
        "low entropy": (entropy, -1),
    }
    is_noisy = {}
    for name, (measure, direction) in noise_measures.items():
        noise_limit = np.quantile(direction * measure(train), 1 - tail)
        is_noisy[name] = direction * measure(test) > noise_limit
    return is_noisy


def plant_noise(images: Bytes, rng: np.random.Generator) -> dict[str, Bytes]:
    """Return the grey faces (n, S, S) as they are, and with each kind of noise put into them."""
    image_side = images.shape[1]
    occluded_faces = images.copy()
    patch_side = image_side // 3
    patch_corners = rng.integers(
        image_side // 6, image_side - image_side // 6 - patch_side + 1, (len(images), 2)
    )
    for face, (top, left) in zip(occluded_faces, patch_corners, strict=True):
        face[top : top + patch_side, left : left + patch_side] = 128
    blur_sigma = image_side / 24  # 2 pixels of 48
    return {
        "as they are": images,
        "blurred": np.array([cv2.GaussianBlur(face, (0, 0), blur_sigma) for face in images]),
        "occluded": occluded_faces,
        "low light": (images * 0.25).astype(np.uint8),
        "low entropy": (images // 64) * 64,  # four grey levels: 2 bits at most
    }
