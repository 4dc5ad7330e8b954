"""Augmentation in space: heads turned by chance and seen anew, then augmented as pictures."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.depth import frontal
from depthfaces.depth.crop import Window, fill
from depthfaces.depth.pose import rotation
from depthfaces.faces import FaceSet, release
from depthfaces.features.augment import augment

# Standard deviations of the turns in degrees, cut at twice that: farther, and a face seen from one
# side alone has nothing to show.
YAW, PITCH, ROLL = 12.0, 7.0, 3.0
WIDEST = 2.0

Floats = npt.NDArray[np.float32]


def posed(
    faces: FaceSet, rows: npt.NDArray[np.intp], window: Window, seed: int, batch: int
) -> Iterator[Floats]:
    """Yield the faces at `rows`, turned and augmented by chance, `batch` at once."""
    for start in range(0, len(rows), batch):
        rng = seeding.stream(seed, "pose", start)
        images = np.array(faces.images[rows[start : start + batch]])
        yield augment(np.stack([turned(image, window, rng) for image in images]), rng)
        release(faces.images)


def turned(image: npt.NDArray[Any], window: Window, rng: np.random.Generator) -> Floats:
    """Return one face (S, S) in [-1, 1] after a turn of the head by chance.

    Its points are moved and seen anew, so what the nose hid is missing and small gaps are filled.
    """
    angles = np.clip(rng.standard_normal(3), -WIDEST, WIDEST) * (YAW, PITCH, ROLL)
    middle = (window.size - 1) / 2
    surface = frontal.rotate_surface(
        window.decode(image),
        (middle, middle),
        window.crop / window.size,
        rotation(*angles),
        window.back,
    )
    return window.encode(fill(surface, surface < window.back, window.back))
