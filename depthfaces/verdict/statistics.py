"""Statistics of resampled differences: intervals, p-values, Holm, smallest detectable effect."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, t

from depthfaces.classify.scores import macro_f1

Array = npt.NDArray[Any]


def weights(people: int, seeds: int, draws: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return how often each person (draws, people) and each seed (draws, seeds) is drawn.

    With replacement, as many as there are. All arms are scored on the same draws, so that their
    differences are paired.
    """
    person_counts = rng.multinomial(people, np.full(people, 1 / people), size=draws)
    seed_counts = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=draws)
    return person_counts, seed_counts


def bootstrap(
    matrices: Array,
    person_counts: Array,
    seed_counts: Array,
    score: Callable[[Array], Array] = macro_f1,
) -> Array:
    """Return the `score` of each draw, (draws,), from confusions (people, seeds, k, k).

    Within a draw: sum the matrices over people, score each seed, average over seeds.
    """
    by_seed = np.einsum("dp,pskl->dskl", person_counts, matrices, optimize=True)
    return np.asarray((score(by_seed) * seed_counts).sum(axis=1) / seed_counts.sum(axis=1))


def interval(draws: Array, level: float) -> tuple[float, float]:
    """Return the percentile interval that holds the middle share `level` of the draws."""
    tail = (1 - level) / 2
    low, high = np.quantile(draws, [tail, 1 - tail])
    return float(low), float(high)


def two_sided(draws: Array) -> float:
    """Return the p of "no difference": twice the smaller share of draws on one side of 0.

    One is added above and below, so that p is never 0: fewer draws cannot prove more.
    """
    smaller_side = min(int(np.sum(draws <= 0)), int(np.sum(draws >= 0)))
    return min(1.0, 2 * (smaller_side + 1) / (len(draws) + 1))


def smallest_effect(draws: Array, alpha: float, power: float = 0.8) -> float:
    """Return the true difference that would be detected with probability `power`.

    It is (z of 1 - alpha / 2 + z of power) times the spread of the resampled differences.
    """
    return float((norm.ppf(1 - alpha / 2) + norm.ppf(power)) * np.std(draws, ddof=1))


def corrected_t(differences: Array, train_size: int, test_size: int) -> tuple[float, float] | None:
    """Return t and its two-sided p for differences (J,) of runs that share faces, or None.

    Nadeau and Bengio (2003): the variance of the mean is (1 / J + test / train) times that of runs,
    since overlapping train faces make runs agree. None for a single run or equal differences.
    """
    run_count = len(differences)
    variance = float(np.var(differences, ddof=1)) if run_count > 1 else 0.0
    if variance == 0:
        return None
    t_value = float(np.mean(differences)) / np.sqrt(
        (1 / run_count + test_size / train_size) * variance
    )
    return float(t_value), float(2 * t.sf(abs(t_value), run_count - 1))


def holm(p: Array) -> Array:
    """Return p-values adjusted for their number, in the given order (Holm 1979)."""
    order = np.argsort(p, kind="stable")
    scaled_p = np.asarray(p)[order] * np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled_p), 1)
    return adjusted
