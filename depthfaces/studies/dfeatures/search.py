"""Bayesian optimisation of the machine's settings: a Gaussian process proposes each trial."""

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import optuna
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from tqdm import tqdm

from depthfaces.studies.dfeatures.machine import KernelDistances, SvmSetting, out_of_fold_scores

Array = npt.NDArray[Any]
Folds = Sequence[tuple[Array, Array]]

# Search ranges as powers of ten; gamma 1 is one over the number of columns, the usual choice.
LOG_COST_RANGE = (-1.0, 3.0)
LOG_GAMMA_RANGE = (-2.0, 1.5)
RANDOM_STARTS = 5  # settings drawn uniformly before the process is fitted


class SearchResult(NamedTuple):
    """The best setting, its out-of-fold predictions (n,), scores (n, k), and all accuracies."""

    setting: SvmSetting
    predicted: Array
    scores: Array
    trial_accuracies: list[float]


def folds_by_group(y: Array, group: Array, folds: int, seed: int) -> Folds:
    """Return (train, test) rows of folds that keep every person (or cluster of copies) together.

    There are `folds` of them, or as many as the class with the fewest groups has groups.
    """
    fewest_groups = min(len(np.unique(group[y == label])) for label in np.unique(y))
    splitter = StratifiedGroupKFold(
        max(2, min(folds, fewest_groups)), shuffle=True, random_state=seed
    )
    return list(splitter.split(y, y, group))


def folds_by_image(y: Array, folds: int, seed: int) -> Folds:
    """Return (train, test) rows of folds by image: one person's images are on both sides."""
    smallest_class = int(np.bincount(y).min())
    splitter = StratifiedKFold(max(2, min(folds, smallest_class)), shuffle=True, random_state=seed)
    return list(splitter.split(y, y))


def find_setting(x: Array, y: Array, folds: Folds, trials: int, seed: int) -> SearchResult:
    """Find the setting with the best out-of-fold accuracy of features `x` (n, D), classes `y`.

    The accuracy of the best of `trials` evaluations on the same folds is a slightly optimistic
    estimate, which is why people held out are tested as well.
    """
    fold_distances = [
        KernelDistances.between(x[train_rows], x[test_rows]) for train_rows, test_rows in folds
    ]
    study = optuna.create_study(direction="maximize", sampler=_sampler(seed % 2**31))
    best_trial: tuple[float, SvmSetting, Array] | None = None
    trial_accuracies = []
    for _ in tqdm(range(trials), "settings", unit="try", leave=False, disable=None):
        trial = study.ask()
        setting = SvmSetting(
            10 ** trial.suggest_float("cost", *LOG_COST_RANGE),
            10 ** trial.suggest_float("gamma", *LOG_GAMMA_RANGE),
        )
        scores = out_of_fold_scores(fold_distances, folds, y, setting)
        accuracy = float((scores.argmax(axis=1) == y).mean())
        study.tell(trial, accuracy)
        trial_accuracies.append(accuracy)
        if best_trial is None or accuracy > best_trial[0]:
            best_trial = accuracy, setting, scores
    assert best_trial is not None, "at least one try"
    return SearchResult(
        best_trial[1], best_trial[2].argmax(axis=1), best_trial[2], trial_accuracies
    )


def _sampler(seed: int) -> optuna.samplers.BaseSampler:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.samplers.GPSampler(seed=seed, n_startup_trials=RANDOM_STARTS)
