"""The machine's settings by Bayesian optimisation: a Gaussian process says what to try next."""

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import optuna
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from tqdm import tqdm

from depthfaces.studies.dfeatures.machine import Gap, Setting, out_of_fold

Array = npt.NDArray[Any]
Folds = Sequence[tuple[Array, Array]]

# Where it looks, in powers of ten; gamma 1 is one over the columns, the usual choice.
COST = (-1.0, 3.0)
GAMMA = (-2.0, 1.5)
STARTS = 5  # settings drawn evenly before the process has anything to go by


class Found(NamedTuple):
    """The best setting, its out-of-fold calls (n,) and scores (n, k), and every try's accuracy."""

    setting: Setting
    called: Array
    scores: Array
    tries: list[float]


def by_group(y: Array, group: Array, folds: int, seed: int) -> Folds:
    """Return (train, asked) rows of folds that keep every person (or cluster of copies) together.

    As many as are asked for, or as there are groups of the class that has the fewest.
    """
    least = min(len(np.unique(group[y == name])) for name in np.unique(y))
    splitter = StratifiedGroupKFold(max(2, min(folds, least)), shuffle=True, random_state=seed)
    return list(splitter.split(y, y, group))


def by_image(y: Array, folds: int, seed: int) -> Folds:
    """Return (train, asked) rows of folds by image: one person's pictures lie on both sides."""
    least = int(np.bincount(y).min())
    splitter = StratifiedKFold(max(2, min(folds, least)), shuffle=True, random_state=seed)
    return list(splitter.split(y, y))


def search(x: Array, y: Array, folds: Folds, trials: int, seed: int) -> Found:
    """Return the setting with the best out-of-fold accuracy of features `x` (n, D), classes `y`.

    The accuracy of the winner is that of the best of `trials` looks at the same folds: as an
    estimate it is a little too high, which is why held-out people are asked as well.
    """
    gaps = [Gap.between(x[train], x[asked]) for train, asked in folds]
    study = optuna.create_study(direction="maximize", sampler=_sampler(seed % 2**31))
    best: tuple[float, Setting, Array] | None = None
    tries = []
    for _ in tqdm(range(trials), "settings", unit="try", leave=False, disable=None):
        trial = study.ask()
        setting = Setting(
            10 ** trial.suggest_float("cost", *COST), 10 ** trial.suggest_float("gamma", *GAMMA)
        )
        scores = out_of_fold(gaps, folds, y, setting)
        right = float((scores.argmax(axis=1) == y).mean())
        study.tell(trial, right)
        tries.append(right)
        if best is None or right > best[0]:
            best = right, setting, scores
    assert best is not None, "at least one try"
    return Found(best[1], best[2].argmax(axis=1), best[2], tries)


def _sampler(seed: int) -> optuna.samplers.BaseSampler:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.samplers.GPSampler(seed=seed, n_startup_trials=STARTS)
