"""Augmentation in 3-D: heads are turned at random, rendered anew, then augmented as images."""

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

# Standard deviations of the turns in degrees, cut at twice that: of a head turned farther, a face
# recorded from one side has nothing to show.
YAW, PITCH, ROLL = 12.0, 7.0, 3.0
MAX_DEVIATION = 2.0

Floats = npt.NDArray[np.float32]


def posed_batches(
    faces: FaceSet, rows: npt.NDArray[np.intp], window: Window, seed: int, batch_size: int
) -> Iterator[Floats]:
    """Yield the faces at `rows`, randomly turned and augmented, in batches of `batch_size`."""
    for start in range(0, len(rows), batch_size):
        rng = seeding.stream(seed, "pose", start)
        images = np.array(faces.images[rows[start : start + batch_size]])
        yield augment(np.stack([turned(image, window, rng) for image in images]), rng)
        release(faces.images)


def turned(image: npt.NDArray[Any], window: Window, rng: np.random.Generator) -> Floats:
    """Return one face (S, S) in [-1, 1] after a random turn of the head.

    Its points are rotated and rendered anew: what the nose hid is missing, small gaps are filled.
    """
    angles = np.clip(rng.standard_normal(3), -MAX_DEVIATION, MAX_DEVIATION) * (YAW, PITCH, ROLL)
    middle = (window.size - 1) / 2
    turned_surface = frontal.rotate_surface(
        window.decode(image),
        (middle, middle),
        window.crop / window.size,
        rotation(*angles),
        window.back,
    )
    return window.encode(fill(turned_surface, turned_surface < window.back, window.back))
