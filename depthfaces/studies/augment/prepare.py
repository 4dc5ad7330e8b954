"""Faces as the publication prepares them: small, grey, equalised; how much they tell in bits."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from depthfaces.studies.lessons import Bytes

Array = npt.NDArray[Any]
CLIP, TILES = 2.0, (4, 4)  # of CLAHE: OpenCV's usual limit; tiles of 12 px on faces of 48


def equalised(images: Bytes, how: str) -> Bytes:
    """Return grey faces (n, S, S) with their histograms spread: global | clahe | none."""
    if how == "none":
        return images
    spread: Any = cv2.equalizeHist if how == "global" else cv2.createCLAHE(CLIP, TILES).apply
    return np.array([spread(face) for face in images], np.uint8).reshape(images.shape)


def entropy(images: Bytes) -> Array:
    """Return -sum p log2 p of the 256 grey levels of each face (n, S, S), in bits (n,).

    0 for a constant face, 1 for two levels equally often, 8 for all levels equally often.
    """
    flat = images.reshape(len(images), -1).astype(np.intp)
    places = flat + 256 * np.arange(len(flat))[:, None]
    counts = np.bincount(places.ravel(), minlength=256 * len(flat)).reshape(-1, 256)
    shares = counts / max(1, flat.shape[1])
    logs = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    return np.asarray(np.abs((shares * logs).sum(axis=1)))
