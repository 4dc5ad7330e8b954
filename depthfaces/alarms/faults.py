"""Planted faults that alarms have to notice, at any share of a set."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from depthfaces.alarms.people import FaceSample, RealPeople
from depthfaces.alignment import turned
from depthfaces.features.augment import augment

Array = npt.NDArray[Any]

NOISE_DEVIATION = 0.03  # standard deviation a pixel, faces in [-1, 1]
SHIFT_SHARE = 2 / 64  # of the side
TURN_DEGREES = 3.0  # degrees

ChangeFunction = Callable[[Array, np.random.Generator], Array]


class PlantedFault(NamedTuple):
    """A set's `images` (n, S, S) and `label` (n,) after a fault, and the `rows` that it changed."""

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
    return np.asarray(
        np.clip(images + rng.normal(0, NOISE_DEVIATION, images.shape), -1, 1), np.float32
    )


def shifted(images: Array, rng: np.random.Generator) -> Array:
    """Return each face shifted by two pixels of 64 in both directions; edges are repeated."""
    shift_pixels, image_side = max(1, round(SHIFT_SHARE * images.shape[-1])), images.shape[-1]
    padded_images = np.pad(
        images, ((0, 0), (shift_pixels, shift_pixels), (shift_pixels, shift_pixels)), mode="edge"
    )
    corners = rng.choice([0, 2 * shift_pixels], (len(images), 2))
    return np.stack(
        [
            face[down : down + image_side, right : right + image_side]
            for face, (down, right) in zip(padded_images, corners, strict=True)
        ]
    )


def tilted(images: Array, rng: np.random.Generator) -> Array:
    """Return each face turned by three degrees, to the left or to the right."""
    turn_left = rng.random(len(images)) < 0.5
    turned_both = turned(images, TURN_DEGREES), turned(images, -TURN_DEGREES)
    return np.where(turn_left[:, None, None], *turned_both)


def augmented(images: Array, rng: np.random.Generator) -> Array:
    """Return the faces after classical augmentation."""
    return augment(images, rng)


# Name: the split whose faces are copied, and what is done to the copies.
COPY_FAULTS: dict[str, tuple[str, ChangeFunction]] = {
    "train copies": ("train", exact),
    "train copies, mirrored": ("train", mirrored),
    "train copies, noise 0.03": ("train", noisy),
    "test copies, shifted 2 pixels": ("test", shifted),
    "test copies, turned 3 degrees": ("test", tilted),
    "test copies, augmented": ("test", augmented),
}
ONE_FACE, SHUFFLED = "one class, one face", "shuffled labels"
FAULT_NAMES = (*COPY_FAULTS, ONE_FACE, SHUFFLED)


def plant_fault(
    name: str, honest: FaceSample, real: RealPeople, share: float, rng: np.random.Generator
) -> PlantedFault:
    """Return an honest set with the fault `name` in a `share` of its faces."""
    assert honest.images is not None, "faults are planted into images"
    images, label = honest.images.copy(), honest.label.copy()
    fault_count = round(share * len(label))
    fault_rows = rng.permutation(len(label))[:fault_count]
    if name == SHUFFLED:
        label[fault_rows] = label[rng.permutation(fault_rows)]
    elif name == ONE_FACE:
        fault_rows = np.argsort(label, kind="stable")[:fault_count]  # one class after the other
        for class_name in np.unique(label[fault_rows]):
            class_rows = fault_rows[label[fault_rows] == class_name]
            images[class_rows] = images[class_rows[0]]
    else:
        split, change = COPY_FAULTS[name]
        source_faces = getattr(real, split)
        assert source_faces.images is not None, "copies are made of images"
        source_rows = np.resize(rng.permutation(len(source_faces.label)), fault_count)
        images[fault_rows], label[fault_rows] = (
            change(source_faces.images[source_rows], rng),
            source_faces.label[source_rows],
        )
    return PlantedFault(images, label, fault_rows)
