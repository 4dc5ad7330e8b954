"""The range that a figure may have: what real people give who stand in a synthetic set's place."""

from collections.abc import Sequence

import numpy as np

DRAWS = 24  # halves of the people
WIDTH = 4.0  # standard deviations to each side
# A half of n people varies with half the variance of n / 2 new people, and the mean of all that it
# is held against varies as well: 3 times the variance, and twice for as many new people as all.
ANEW, AS_MANY = np.sqrt(3.0), np.sqrt(2.0)

LEAST = 0.15  # what figures of the whole set may be off by all the same


def spread(values: Sequence[float], factor: float, least: float = 0.0) -> tuple[float, float]:
    """Return mean -/+ `WIDTH` standard deviations, times `factor`, of what honest draws gave.

    To each side the range goes at least a share `least` of the mean, or of 1 if that is more.
    """
    middle = float(np.mean(values))
    half = max(float(WIDTH * factor * np.std(values)), least * max(abs(middle), 1.0))
    return middle - half, middle + half
