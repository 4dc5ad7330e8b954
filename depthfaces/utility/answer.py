"""The answer: contrasts, their verdicts, and every arm with its interval, as plain values."""

from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from depthfaces import seeding
from depthfaces.schema import Compare, Params
from depthfaces.utility import experiment, statistics
from depthfaces.utility.experiment import Results
from depthfaces.utility.verdict import WORDS, Evidence, Ground, judge

LEVEL = 0.95  # of every interval shown; equivalence is judged by the 90 % one
TIGHT = 0.90


class Contrast(NamedTuple):
    """Two arms' difference in macro-F1 on held-out people, its draws, and p of "none"."""

    difference: float
    draws: npt.NDArray[Any]
    p: float


def answer(predictions: pd.DataFrame, clean: bool, params: Params) -> dict[str, Any]:
    """Return the verdict and what it rests on; `clean` says that the synthetic set is no copy.

    The primary contrast is the mean over the classifiers; each has a verdict of its own besides,
    with p adjusted for their number.
    """
    rule = params.compare
    test = predictions[predictions["part"] == "test"]
    people = {subject for subject in test["subject"] if subject}
    ground = Ground(len(people), int(test["seed"].nunique()), clean)
    rng = seeding.stream(params.seed, "bootstrap")
    results = experiment.measure(predictions, rule.bootstrap, rng)
    pairs = {model: experiment.choose(results, model) for _, model in results}
    contrasts = {model: subtract(results, model, pair) for model, pair in pairs.items()}
    adjusted = statistics.holm(np.array([contrast.p for contrast in contrasts.values()]))
    overall = _judged(average(list(contrasts.values())), ground, rule)
    classifiers = {
        model: _judged(contrasts[model]._replace(p=p), ground, rule)
        | _pair(test[test["model"] == model], pairs[model])
        for model, p in zip(pairs, adjusted.tolist(), strict=True)
    }
    return {
        **overall,
        **asdict(ground),
        "words": WORDS[overall["verdict"]],
        "rule": rule.model_dump(),
        "classifiers": classifiers,
        "arms": arms(results),
        "labels": experiment.labels(predictions),
    }


def subtract(results: Results, model: str, pair: tuple[str, str]) -> Contrast:
    """Return the difference of two arms, first minus second."""
    first, second = (results[arm, model] for arm in pair)
    draws = first.draws - second.draws
    return Contrast(first.test - second.test, draws, statistics.two_sided(draws))


def average(contrasts: list[Contrast]) -> Contrast:
    """Return the mean of differences over classifiers; their draws are paired."""
    draws = np.mean([contrast.draws for contrast in contrasts], axis=0)
    mean = float(np.mean([contrast.difference for contrast in contrasts]))
    return Contrast(mean, draws, statistics.two_sided(draws))


def arms(results: Results) -> dict[str, Any]:
    """Return {arm: {model: macro_f1 on test with interval, validation, difference to real}}."""
    table: dict[str, Any] = {}
    for (arm, model), result in results.items():
        low, high = statistics.interval(result.draws, LEVEL)
        gain = subtract(results, model, (arm, "real"))
        below, above = statistics.interval(gain.draws, LEVEL)
        table.setdefault(arm, {})[model] = {
            "macro_f1": result.test,
            "low": low,
            "high": high,
            "validation": result.validation,
            "to_real": {"difference": gain.difference, "low": below, "high": above},
        }
    return table


def _judged(contrast: Contrast, ground: Ground, rule: Compare) -> dict[str, Any]:
    evidence = Evidence(
        *statistics.interval(contrast.draws, LEVEL),
        *statistics.interval(contrast.draws, TIGHT),
        contrast.p,
    )
    verdict, reasons = judge(evidence, ground, rule)
    return {
        "difference": contrast.difference,
        **asdict(evidence),
        "verdict": verdict,
        "reasons": reasons,
    }


def _pair(test: pd.DataFrame, pair: tuple[str, str]) -> dict[str, Any]:
    """Return which two arms were compared and on how many faces only one of them was right."""
    mixed, control = pair
    only_mixed, only_control = experiment.discordant(test, mixed, control)
    p = statistics.mcnemar(only_mixed, only_control)
    counts = {"only_mixed": only_mixed, "only_control": only_control, "p": p}
    return {"mixed": mixed, "control": control, "mcnemar": counts}
