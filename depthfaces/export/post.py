"""Post-processing of finished faces, each off unless its switch in `export` is on.

`POSTS` holds every step by the name of its switch, in the order in which they are applied.
"""

from collections.abc import Callable

import cv2
import numpy as np

from depthfaces.gan.sample import Floats
from depthfaces.schema import Export

CONTRAST = 1.3  # as published, around the middle of the window
STRENGTH = 10  # of the non-local means, in grey values of 255; OpenCV's and the published default


def median(face: Floats) -> Floats:
    """Return the 3 x 3 median of a face (S, S)."""
    return np.asarray(cv2.medianBlur(face, 3))


def contrast(face: Floats) -> Floats:
    """Return a face whose values are 1.3 times as far from 0, cut to [-1, 1]."""
    return np.asarray(np.clip(CONTRAST * face, -1, 1), np.float32)


def nlm(face: Floats) -> Floats:
    """Return a face after non-local means (Buades et al. 2005), at 8 bits as published."""
    grey = np.rint((face.clip(-1, 1) + 1) * 127.5).astype(np.uint8)
    smooth = cv2.fastNlMeansDenoising(grey, None, STRENGTH, 7, 21)
    return np.asarray(smooth / np.float32(127.5) - 1, np.float32)


POSTS: dict[str, Callable[[Floats], Floats]] = {"median": median, "contrast": contrast, "nlm": nlm}


def chosen(wanted: Export) -> str:
    """Return the names of the steps that are on, joined by +; "" for none."""
    return "+".join(name for name in POSTS if getattr(wanted, name))


def processed(faces: Floats, steps: str) -> Floats:
    """Return `faces` (n, S, S) after the `steps` of `chosen`; none leaves them as they are."""
    for name in filter(None, steps.split("+")):
        faces = np.stack([POSTS[name](np.ascontiguousarray(face)) for face in faces])
    return faces
