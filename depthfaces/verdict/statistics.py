"""How sure a difference is: intervals and p of resampled values, Holm, the smallest effect seen."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, t

from depthfaces.classify.scores import macro_f1

Array = npt.NDArray[Any]


def weights(people: int, seeds: int, draws: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return how often each person (draws, people) and each seed (draws, seeds) is drawn.

    With replacement, as many as there are. Every arm is judged on the same draws, so that their
    differences are paired.
    """
    who = rng.multinomial(people, np.full(people, 1 / people), size=draws)
    which = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=draws)
    return who, which


def bootstrap(
    matrices: Array, who: Array, which: Array, of: Callable[[Array], Array] = macro_f1
) -> Array:
    """Return the score `of` each draw, (draws,), from confusions (people, seeds, k, k).

    Within a draw: sum the people's matrices, take the score of each seed, average the seeds.
    """
    by_seed = np.einsum("dp,pskl->dskl", who, matrices, optimize=True)
    return np.asarray((of(by_seed) * which).sum(axis=1) / which.sum(axis=1))


def interval(draws: Array, level: float) -> tuple[float, float]:
    """Return the middle `level` of the draws (percentile interval)."""
    tail = (1 - level) / 2
    low, high = np.quantile(draws, [tail, 1 - tail])
    return float(low), float(high)


def two_sided(draws: Array) -> float:
    """Return the p of "no difference": twice the smaller share of draws on one side of 0.

    One is added above and below, so that p is never 0: fewer draws cannot prove more.
    """
    count = min(int(np.sum(draws <= 0)), int(np.sum(draws >= 0)))
    return min(1.0, 2 * (count + 1) / (len(draws) + 1))


def smallest_effect(draws: Array, alpha: float, power: float = 0.8) -> float:
    """Return the true difference that would be found with probability `power`.

    From the spread of the resampled differences: (z of 1 - alpha / 2 + z of power) of it.
    """
    return float((norm.ppf(1 - alpha / 2) + norm.ppf(power)) * np.std(draws, ddof=1))


def corrected_t(differences: Array, train: int, test: int) -> tuple[float, float] | None:
    """Return t and its two-sided p for differences (J,) of runs that share faces, or None.

    Nadeau and Bengio (2003): the variance of the mean is (1 / J + test / train) of the runs' own,
    since overlapping train faces make runs agree. None for a single run or equal differences.
    """
    count = len(differences)
    spread = float(np.var(differences, ddof=1)) if count > 1 else 0.0
    if spread == 0:
        return None
    value = float(np.mean(differences)) / np.sqrt((1 / count + test / train) * spread)
    return float(value), float(2 * t.sf(abs(value), count - 1))


def holm(p: Array) -> Array:
    """Return p-values adjusted for their number, in the given order (Holm 1979)."""
    order = np.argsort(p, kind="stable")
    steps = np.asarray(p)[order] * np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted
