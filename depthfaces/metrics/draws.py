"""Sampling variation of a metric: several draws of a set's faces, their mean and spread."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from depthfaces.metrics.sides import matched_rows
from depthfaces.metrics.undefined import Value

Array = npt.NDArray[Any]
MetricValues = dict[str, Value]
# The spread of 5 draws is known to about a third of itself; more would cost more than they tell.
DRAW_COUNT = 5


class DrawnValue(NamedTuple):
    """A metric over several draws: its mean, and the standard deviation between them.

    `reason` says why `value` is None; `sd` is None where there was nothing to draw from.
    """

    value: float | None
    sd: float | None
    reason: str = ""


def capacity_ratio(pool_labels: Array, chosen_labels: Array) -> float:
    """Return how many times the chosen faces fit into the pool, class by class."""
    class_names, class_counts = np.unique(chosen_labels, return_counts=True)
    capacities = [
        np.sum(pool_labels == name) / count
        for name, count in zip(class_names, class_counts, strict=True)
    ]
    return float(min(capacities, default=0.0))


def redraw_rows(pool_labels: Array, chosen_labels: Array, rng: np.random.Generator) -> Array:
    """Return newly drawn rows of the pool with the class mix of the chosen faces.

    As many as were chosen, but at most half of what the pool holds.

    Without replacement: a face that came twice would be its own neighbour, and its own copy.
    """
    draw_size = int(len(chosen_labels) * draw_fraction(capacity_ratio(pool_labels, chosen_labels)))
    return matched_rows([chosen_labels, pool_labels], draw_size, [rng, rng])[1]


def largest_matched_rows(
    pool_labels: Array, chosen_labels: Array, rng: np.random.Generator
) -> Array:
    """Return as many rows of the pool as have the class mix of the chosen faces; at best all."""
    repeats = int(np.ceil(capacity_ratio(pool_labels, chosen_labels)))
    repeated_labels = np.repeat(chosen_labels, max(repeats, 1))
    return matched_rows([repeated_labels, pool_labels], len(repeated_labels), [rng, rng])[1]


def draw_fraction(capacity: float) -> float:
    """Return the size of a draw relative to the comparison: below 1 where two would not fit."""
    return min(1.0, capacity / 2)


def spread_correction(capacity: float) -> float:
    """Return the factor from the spread of draws to that of new faces of the same generator.

    Draws from one set overlap: the variance of m faces out of N is 1 - m / N of that of new ones
    (the correction for finite populations), and m new faces vary n / m times as much as n. For
    halves of n faces both cancel: their spread is that of the whole (the delete-half jackknife).
    """
    return float(np.sqrt(draw_fraction(capacity) / (1 - draw_fraction(capacity) / capacity)))


def summarise_draws(
    chosen_values: MetricValues, draw_values: Sequence[MetricValues], capacity: float
) -> dict[str, DrawnValue]:
    """Return the mean and spread of each metric over the chosen faces and further draws.

    Where draws are smaller than the choice, their values are not comparable with it (a distance
    grows as samples shrink): the value is that of the choice, and only the spread is theirs.
    """
    same_size = draw_fraction(capacity) == 1
    return {
        name: _summarise([value, *(draw[name] for draw in draw_values)], same_size, capacity)
        for name, value in chosen_values.items()
    }


def _summarise(values: list[Value], same_size: bool, capacity: float) -> DrawnValue:
    chosen_value, *draw_values = values
    first_missing = next((value for value in values if value.value is None), None)
    if first_missing is not None and (same_size or chosen_value.value is None):
        return DrawnValue(None, None, first_missing.reason)
    defined_values = [
        value.value for value in (values if same_size else draw_values) if value.value is not None
    ]
    mean_value = float(np.mean(defined_values)) if same_size else chosen_value.value
    if first_missing is not None or len(defined_values) < 2:
        return DrawnValue(mean_value, None)
    return DrawnValue(
        mean_value, float(np.std(defined_values, ddof=1)) * spread_correction(capacity)
    )
