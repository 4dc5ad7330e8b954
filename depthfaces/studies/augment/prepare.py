"""Faces as the publication prepares them: small, grey, equalised; and their entropy."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from depthfaces.studies.lessons import Bytes

Array = npt.NDArray[Any]
CLIP_LIMIT, TILE_GRID = 2.0, (4, 4)  # of CLAHE: OpenCV's usual limit; tiles of 12 px on faces of 48


def equalise_faces(images: Bytes, method: str) -> Bytes:
    """Return grey faces (n, S, S) with their histograms spread: global | clahe | none."""
    if method == "none":
        return images
    equalise_face: Any = (
        cv2.equalizeHist if method == "global" else cv2.createCLAHE(CLIP_LIMIT, TILE_GRID).apply
    )
    return np.array([equalise_face(face) for face in images], np.uint8).reshape(images.shape)


def entropy(images: Bytes) -> Array:
    """Return -sum p log2 p of the 256 grey levels of each face (n, S, S), in bits (n,).

    0 for a constant face, 1 for two levels equally often, 8 for all levels equally often.
    """
    flat_levels = images.reshape(len(images), -1).astype(np.intp)
    level_indices = flat_levels + 256 * np.arange(len(flat_levels))[:, None]
    level_counts = np.bincount(level_indices.ravel(), minlength=256 * len(flat_levels)).reshape(
        -1, 256
    )
    probabilities = level_counts / max(1, flat_levels.shape[1])
    log_probabilities = np.log2(
        probabilities, out=np.zeros_like(probabilities), where=probabilities > 0
    )
    return np.asarray(np.abs((probabilities * log_probabilities).sum(axis=1)))
