"""The expected range of a figure: what real people give in a synthetic set's place."""

from collections.abc import Sequence

import numpy as np

HALF_DRAWS = 24  # draws of half of the people
RANGE_DEVIATIONS = 4.0  # standard deviations to each side
# Factors on the spread of halves. A half of n people varies with half the variance of n / 2 new
# people, and the mean that it is compared with varies as well: 3 times the variance for as many new
# people as a half, and twice for as many as all.
HALF_FACTOR, FULL_FACTOR = np.sqrt(3.0), np.sqrt(2.0)

MIN_RANGE = 0.15  # least deviation allowed to figures of the whole set


def expected_range(
    values: Sequence[float], factor: float, min_width: float = 0.0
) -> tuple[float, float]:
    """Return the mean of honest draws -/+ `RANGE_DEVIATIONS` standard deviations times `factor`.

    The half width is at least the share `min_width` of the mean, or of 1 if that is more.
    """
    centre = float(np.mean(values))
    half_width = max(
        float(RANGE_DEVIATIONS * factor * np.std(values)), min_width * max(abs(centre), 1.0)
    )
    return centre - half_width, centre + half_width
