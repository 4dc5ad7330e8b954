"""Planted faults: what alarms have to notice, at any share of a set."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from depthfaces.alarms.people import Part, Real
from depthfaces.alignment import turned
from depthfaces.features.augment import augment

Array = npt.NDArray[Any]

NOISE = 0.03  # standard deviation a pixel, faces in [-1, 1]
SHIFT = 2 / 64  # of the side
TURN = 3.0  # degrees

Change = Callable[[Array, np.random.Generator], Array]


class Planted(NamedTuple):
    """A set's faces `images` (n, S, S) and `label` (n,) after a fault, and which `rows` it hit."""

    images: Array
    label: Array
    rows: Array


def exact(images: Array, rng: np.random.Generator) -> Array:
    """Return the faces as they are."""
    del rng
    return images


def mirrored(images: Array, rng: np.random.Generator) -> Array:
    """Return the faces' mirror images."""
    del rng
    return images[:, :, ::-1]


def noisy(images: Array, rng: np.random.Generator) -> Array:
    """Return the faces with noise on every pixel."""
    return np.asarray(np.clip(images + rng.normal(0, NOISE, images.shape), -1, 1), np.float32)


def shifted(images: Array, rng: np.random.Generator) -> Array:
    """Return each face two pixels of 64 to a side and up or down; edges are repeated."""
    pixels, side = max(1, round(SHIFT * images.shape[-1])), images.shape[-1]
    wide = np.pad(images, ((0, 0), (pixels, pixels), (pixels, pixels)), mode="edge")
    corners = rng.choice([0, 2 * pixels], (len(images), 2))
    return np.stack(
        [
            face[down : down + side, right : right + side]
            for face, (down, right) in zip(wide, corners, strict=True)
        ]
    )


def tilted(images: Array, rng: np.random.Generator) -> Array:
    """Return each face turned by three degrees, to the left or to the right."""
    left = rng.random(len(images)) < 0.5
    either = turned(images, TURN), turned(images, -TURN)
    return np.where(left[:, None, None], *either)


def augmented(images: Array, rng: np.random.Generator) -> Array:
    """Return the faces after classical augmentation."""
    return augment(images, rng)


# Name: the split whose faces are copied, and what is done to the copies.
COPIES: dict[str, tuple[str, Change]] = {
    "train copies": ("train", exact),
    "train copies, mirrored": ("train", mirrored),
    "train copies, noise 0.03": ("train", noisy),
    "test copies, shifted 2 pixels": ("test", shifted),
    "test copies, turned 3 degrees": ("test", tilted),
    "test copies, augmented": ("test", augmented),
}
ONE_FACE, SHUFFLED = "one class, one face", "shuffled labels"
FAULTS = (*COPIES, ONE_FACE, SHUFFLED)


def plant(name: str, honest: Part, real: Real, share: float, rng: np.random.Generator) -> Planted:
    """Return an honest set with the fault `name` in a `share` of its faces."""
    assert honest.images is not None, "faults are planted into images"
    images, label = honest.images.copy(), honest.label.copy()
    count = round(share * len(label))
    rows = rng.permutation(len(label))[:count]
    if name == SHUFFLED:
        label[rows] = label[rng.permutation(rows)]
    elif name == ONE_FACE:
        rows = np.argsort(label, kind="stable")[:count]  # one class after the other
        for kind in np.unique(label[rows]):
            mine = rows[label[rows] == kind]
            images[mine] = images[mine[0]]
    else:
        split, change = COPIES[name]
        source = getattr(real, split)
        assert source.images is not None, "copies are made of images"
        chosen = np.resize(rng.permutation(len(source.label)), count)
        images[rows], label[rows] = change(source.images[chosen], rng), source.label[chosen]
    return Planted(images, label, rows)
