"""Classes whose faces are all alike: twins inside a class, or hardly any variety."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from depthfaces.alarms.alarm import Alarm
from depthfaces.alarms.copied import TOLERATED
from depthfaces.alarms.people import Part, Real
from depthfaces.alignment import EPSILON, FINE, NEVER, standard, thumbnails

Array = npt.NDArray[Any]

ALIKE = 0.25  # of real people's deviation in a class: below it a generator has collapsed


def variety_alarms(real: Real, fake: Part) -> list[Alarm]:
    """Return alarms for twins, and for each class that hardly varies."""
    sides = real.train.join(real.held_out), fake
    rows = [low_passed(part) for part in sides]
    return _twins(*sides, *rows) + _variety(*sides, *rows)


def low_passed(part: Part) -> Array:
    """Return the faces' low-passed pixels (n, 1024) at length 1."""
    assert part.images is not None, "faces are compared as images"
    return standard(thumbnails(part.images, FINE))


def _twins(real: Part, fake: Part, real_rows: Array, fake_rows: Array) -> list[Alarm]:
    """Return the alarm for faces nearer to one of their class than real ones are.

    Real faces of one person count as well: two frames of a person are no twins.
    """
    limit = np.quantile(_within(real_rows, real.label), NEVER)
    share = float(np.mean(_within(fake_rows, fake.label) < limit))
    high = NEVER + TOLERATED
    if share <= high:
        return []
    words = (
        f"{share:.0%} of the synthetic faces have a twin in their own class, nearer than two "
        f"frames of one person; at most {high:.0%} may be chance: faces repeat."
    )
    return [Alarm("twins", share, (0.0, high), share, words)]


def _within(rows: Array, label: Array) -> Array:
    """Return the distance (n,) of each face to the nearest other one of its class."""
    nearest = np.full(len(rows), np.inf)
    for name in np.unique(label):
        own = np.flatnonzero(label == name)
        gaps = cdist(rows[own], rows[own])
        np.fill_diagonal(gaps, np.inf)
        nearest[own] = gaps.min(axis=1)
    return nearest


def _variety(real: Part, fake: Part, real_rows: Array, fake_rows: Array) -> list[Alarm]:
    """Return an alarm for each class whose faces vary much less than real ones."""
    alarms = []
    for name in np.unique(fake.label):
        mine = fake.label == name
        known = max(_deviation(real_rows[real.label == name]), EPSILON)
        value = _deviation(fake_rows[mine]) / known
        if value < ALIKE:
            words = (
                f"Synthetic faces of {name} vary {value:.2f} times as much as real people's, "
                f"expected at least {ALIKE}: the class is nearly one face."
            )
            share = float(np.mean(mine))
            alarms.append(Alarm(f"variety of {name}", value, (ALIKE, np.inf), share, words))
    return alarms


def _deviation(rows: Array) -> float:
    """Return the root of the summed variance of the rows."""
    return float(np.sqrt(rows.var(axis=0).sum()))
