"""Noisy faces: those the test set has by nature, and the whole test set made noisy on purpose."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import cv2
import numpy as np
import numpy.typing as npt
from scipy import linalg

from depthfaces.studies.augment.prepare import entropy, equalised
from depthfaces.studies.lessons import Bytes

Array = npt.NDArray[Any]

COMPONENTS = 40  # of the train faces, by which an unhidden face can be rebuilt
SIDE = 24  # pixels to which a face is shrunk for that: hands and masks are large
BLOCK = 4  # pixels a side: what is looked at for something in front of the face


def sharpness(images: Bytes) -> Array:
    """Return the variance of the Laplacian over that of the face, (n,); low is blurred.

    The quotient, so that a dark face does not count as a blurred one.
    """
    steep = np.array([cv2.Laplacian(face, cv2.CV_64F).var() for face in images])
    return np.asarray(steep / np.maximum(images.astype(float).var(axis=(1, 2)), 1e-9))


def light(images: Bytes) -> Array:
    """Return the mean grey level of what is not plain black (the background), (n,)."""
    seen = images > 0
    return np.asarray(images.sum(axis=(1, 2)) / np.maximum(seen.sum(axis=(1, 2)), 1))


@dataclass(frozen=True)
class Occlusion:
    """How badly a face's strangest block is explained by the principal components of train faces.

    A proxy: no data set here says what hides a face. A hand or a mask stands out, and so does
    what is merely rare.
    """

    mean: Array
    axes: Array  # (components, pixels)
    usual: Array  # each block's mean squared rest over the train faces

    @classmethod
    def of(cls, images: Bytes) -> Self:
        """Return the measure fitted to train faces (n, S, S)."""
        flat = _shrunk(images)
        mean = flat.mean(axis=0)
        last = flat.shape[1] - 1
        first = max(0, last + 1 - min(COMPONENTS, len(flat) - 1))
        _, axes = linalg.eigh((flat - mean).T @ (flat - mean), subset_by_index=[first, last])
        found = cls(mean, axes.T, np.ones(1))
        return cls(mean, axes.T, np.maximum(found._blocks(images).mean(axis=0), 1e-9))

    def __call__(self, images: Bytes) -> Array:
        """Return the largest quotient of a block's squared rest over the usual one, (n,)."""
        return np.asarray((self._blocks(images) / self.usual).max(axis=1))

    def _blocks(self, images: Bytes) -> Array:
        """Return the mean squared rest of each block, (n, blocks)."""
        flat = _shrunk(images) - self.mean
        rest = (flat - flat @ self.axes.T @ self.axes) ** 2
        cut = rest.reshape(-1, SIDE // BLOCK, BLOCK, SIDE // BLOCK, BLOCK)
        return np.asarray(cut.mean(axis=(2, 4)).reshape(len(images), -1))


def _shrunk(images: Bytes) -> Array:
    """Return faces (n, S, S) small and equalised, as rows (n, SIDE^2)."""
    small = [cv2.resize(face, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for face in images]
    return equalised(np.array(small, np.uint8), "global").reshape(len(images), -1).astype(float)


def parts(train: Bytes, test: Bytes, tail: float) -> dict[str, Array]:
    """Return for each kind of noise which `test` faces (n, S, S) have it, (n,).

    A face has it if it lies beyond the `tail` quantile of the real `train` faces on that side.
    """
    hidden = Occlusion.of(train)
    measures: dict[str, tuple[Callable[[Bytes], Array], int]] = {
        "blurred": (sharpness, -1),
        "occluded": (hidden, 1),
        "low light": (light, -1),
        "low entropy": (entropy, -1),
    }
    found = {}
    for name, (measure, side) in measures.items():
        limit = np.quantile(side * measure(train), 1 - tail)
        found[name] = side * measure(test) > limit
    return found


def planted(images: Bytes, rng: np.random.Generator) -> dict[str, Bytes]:
    """Return the grey faces (n, S, S) as they are, and with each kind of noise put into them."""
    side = images.shape[1]
    hidden = images.copy()
    patch = side // 3
    corners = rng.integers(side // 6, side - side // 6 - patch + 1, (len(images), 2))
    for face, (top, left) in zip(hidden, corners, strict=True):
        face[top : top + patch, left : left + patch] = 128
    sigma = side / 24  # 2 pixels of 48
    return {
        "as they are": images,
        "blurred": np.array([cv2.GaussianBlur(face, (0, 0), sigma) for face in images]),
        "occluded": hidden,
        "low light": (images * 0.25).astype(np.uint8),
        "low entropy": (images // 64) * 64,  # four grey levels: 2 bits at most
    }
