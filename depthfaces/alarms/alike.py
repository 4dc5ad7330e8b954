"""Alarms for classes whose faces are all alike: twins within a class, or little variety."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from depthfaces.alarms.alarm import Alarm
from depthfaces.alarms.copied import TOLERATED_SHARE
from depthfaces.alarms.people import FaceSample, RealPeople
from depthfaces.alignment import EPSILON, FINE, NEVER, standard, thumbnails

Array = npt.NDArray[Any]

MIN_VARIETY = 0.25  # of real people's deviation in a class: below it a generator has collapsed


def variety_alarms(real: RealPeople, fake: FaceSample) -> list[Alarm]:
    """Return alarms for twins, and for each class that hardly varies."""
    sides = real.train.join(real.held_out), fake
    side_pixels = [low_passed_pixels(side) for side in sides]
    return _twin_alarms(*sides, *side_pixels) + _low_variety_alarms(*sides, *side_pixels)


def low_passed_pixels(faces: FaceSample) -> Array:
    """Return the faces' low-passed pixels (n, 1024), scaled to length 1."""
    assert faces.images is not None, "faces are compared as images"
    return standard(thumbnails(faces.images, FINE))


def _twin_alarms(
    real: FaceSample, fake: FaceSample, real_pixels: Array, fake_pixels: Array
) -> list[Alarm]:
    """Return the alarm for faces nearer to another of their class than real faces are.

    Real faces of one person count as well: two frames of a person are no twins.
    """
    twin_distance = np.quantile(_nearest_in_class(real_pixels, real.label), NEVER)
    share = float(np.mean(_nearest_in_class(fake_pixels, fake.label) < twin_distance))
    max_share = NEVER + TOLERATED_SHARE
    if share <= max_share:
        return []
    words = (
        f"{share:.0%} of the synthetic faces have a twin in their own class, nearer than two "
        f"frames of one person; at most {max_share:.0%} may be chance: faces repeat."
    )
    return [Alarm("twins", share, (0.0, max_share), share, words)]


def _nearest_in_class(pixels: Array, label: Array) -> Array:
    """Return the distance (n,) of each face to the nearest other one of its class."""
    nearest_gaps = np.full(len(pixels), np.inf)
    for class_name in np.unique(label):
        class_rows = np.flatnonzero(label == class_name)
        gaps = cdist(pixels[class_rows], pixels[class_rows])
        np.fill_diagonal(gaps, np.inf)
        nearest_gaps[class_rows] = gaps.min(axis=1)
    return nearest_gaps


def _low_variety_alarms(
    real: FaceSample, fake: FaceSample, real_pixels: Array, fake_pixels: Array
) -> list[Alarm]:
    """Return an alarm for each class whose faces vary much less than real ones."""
    alarms = []
    for class_name in np.unique(fake.label):
        class_mask = fake.label == class_name
        real_deviation = max(_total_deviation(real_pixels[real.label == class_name]), EPSILON)
        ratio = _total_deviation(fake_pixels[class_mask]) / real_deviation
        if ratio < MIN_VARIETY:
            words = (
                f"Synthetic faces of {class_name} vary {ratio:.2f} times as much as real "
                f"people's, expected at least {MIN_VARIETY}: the class is nearly one face."
            )
            share = float(np.mean(class_mask))
            alarms.append(
                Alarm(f"variety of {class_name}", ratio, (MIN_VARIETY, np.inf), share, words)
            )
    return alarms


def _total_deviation(pixels: Array) -> float:
    """Return the root of the variance of `pixels` (n, d), summed over columns."""
    return float(np.sqrt(pixels.var(axis=0).sum()))
