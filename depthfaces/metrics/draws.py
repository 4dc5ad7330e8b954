"""The luck of which faces are measured: several draws of a set, their mean and their spread."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from depthfaces.metrics.sides import matched
from depthfaces.metrics.undefined import Value

Array = npt.NDArray[Any]
Values = dict[str, Value]
# A spread of 5 is known to about a third of itself; more draws would cost more than they tell.
DRAWS = 5


class Drawn(NamedTuple):
    """A measure over several draws: its mean, and its standard deviation between them.

    `value` None has a `reason`; `sd` None means that there was nothing to draw from.
    """

    value: float | None
    sd: float | None
    reason: str = ""


def room(pool: Array, chosen: Array) -> float:
    """Return how many times the faces with labels `chosen` fit into those with labels `pool`."""
    names, counts = np.unique(chosen, return_counts=True)
    times = [np.sum(pool == name) / count for name, count in zip(names, counts, strict=True)]
    return float(min(times, default=0.0))


def redrawn(pool: Array, chosen: Array, rng: np.random.Generator) -> Array:
    """Return rows of `pool` drawn anew in the mix of `chosen`: as many, but at most a half of all.

    Without replacement: a face that came twice would be its own neighbour, and its own copy.
    """
    count = int(len(chosen) * fraction(room(pool, chosen)))
    return matched([chosen, pool], count, [rng, rng])[1]


def whole(pool: Array, chosen: Array, rng: np.random.Generator) -> Array:
    """Return rows of `pool`, as many as there are in the mix of `chosen`; all if that is theirs."""
    times = int(np.ceil(room(pool, chosen)))
    wanted = np.repeat(chosen, max(times, 1))
    return matched([wanted, pool], len(wanted), [rng, rng])[1]


def fraction(times: float) -> float:
    """Return the size of a draw over that of the comparison: less than 1 if two did not fit."""
    return min(1.0, times / 2)


def widening(times: float) -> float:
    """Return what to multiply the spread of draws by for that of new faces of the same generator.

    Draws from one set overlap: the variance of m faces out of N is 1 - m / N of that of new ones
    (the correction for finite populations), and m new faces vary n / m times as much as n. For
    halves of n faces both cancel: their spread is that of the whole (the delete-half jackknife).
    """
    return float(np.sqrt(fraction(times) / (1 - fraction(times) / times)))


def over(first: Values, again: Sequence[Values], times: float) -> dict[str, Drawn]:
    """Return each measure of `first`, the chosen faces, and of draws `again`, as mean and spread.

    Where draws are smaller than the choice their values are not comparable with it (a distance
    grows as samples shrink): the value is that of the choice, and only the spread is theirs.
    """
    equal = fraction(times) == 1
    return {
        name: _drawn([value, *(draw[name] for draw in again)], equal, times)
        for name, value in first.items()
    }


def _drawn(values: list[Value], equal: bool, times: float) -> Drawn:
    first, *again = values
    missing = next((one for one in values if one.value is None), None)
    if missing is not None and (equal or first.value is None):
        return Drawn(None, None, missing.reason)
    used = [one.value for one in (values if equal else again) if one.value is not None]
    mean = float(np.mean(used)) if equal else first.value
    if missing is not None or len(used) < 2:
        return Drawn(mean, None)
    return Drawn(mean, float(np.std(used, ddof=1)) * widening(times))
