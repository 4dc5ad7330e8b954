"""The answer: contrasts, their verdicts, and every arm with its interval, as plain values."""

from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from depthfaces import seeding
from depthfaces.schema import Compare, Params
from depthfaces.utility import experiment, statistics
from depthfaces.utility.answers import published, scores
from depthfaces.utility.experiment import Results
from depthfaces.utility.verdict import WORDS, Evidence, Ground, judge

LEVEL = 0.95  # of every interval shown; equivalence is judged by the 90 % one
TIGHT = 0.90


class Contrast(NamedTuple):
    """Two arms' difference in macro-F1 on held-out people, its draws, and p of "none"."""

    difference: float
    draws: npt.NDArray[Any]
    p: float


class Part(NamedTuple):
    """What one share of the real people gave: results, the primary contrast, the classifiers'."""

    results: Results
    primary: Contrast
    ground: Ground
    classifiers: dict[str, Any]


def answer(predictions: pd.DataFrame, clean: bool, train: int, params: Params) -> dict[str, Any]:
    """Return the verdict and what it rests on.

    `clean` says that the synthetic set is no copy, `train` how many real faces were trained on.
    The verdict is that of all real people; smaller shares of them stand under `fractions`.
    """
    rule = params.compare
    shares = {
        share: rows
        for share, rows in experiment.by_fraction(predictions).items()
        if experiment.comparable(rows)
    }
    parts = {
        share: contrasts(rows, clean, round(share * train), params)
        for share, rows in shares.items()
    }
    whole, part = shares[max(shares)], parts[max(parts)]
    overall = _judged(part.primary, part.ground, rule)
    detailed = {found[side] for found in part.classifiers.values() for side in ("mixed", "control")}
    return {
        **overall,
        **asdict(part.ground),
        "words": WORDS[overall["verdict"]],
        "rule": rule.model_dump(),
        "classifiers": part.classifiers,
        "arms": arms(part.results),
        "labels": experiment.labels(whole),
        "scores": scores(whole, {"real", *detailed}),
        "published": published(whole),
        "fractions": fractions(parts, rule),
    }


def contrasts(predictions: pd.DataFrame, clean: bool, train: int, params: Params) -> Part:
    """Return all results and contrasts of predictions with one share of the real people.

    The primary contrast is the mean over the classifiers; theirs have p adjusted for their number.
    """
    rule = params.compare
    test = predictions[predictions["part"] == "test"]
    people = {subject for subject in test["subject"] if subject}
    ground = Ground(len(people), int(test["seed"].nunique()), clean)
    rng = seeding.stream(params.seed, "bootstrap")
    results = experiment.measure(predictions, rule.bootstrap, rng)
    pairs = {model: experiment.choose(results, model) for _, model in results}
    found = {model: subtract(results, model, pair) for model, pair in pairs.items()}
    adjusted = statistics.holm(np.array([contrast.p for contrast in found.values()]))
    sizes = (train, int(test["id"].nunique()))
    classifiers = {
        model: _judged(found[model]._replace(p=p), ground, rule)
        | _pair(test[test["model"] == model], pairs[model])
        | {"by_seed": by_seed(results, model, pairs[model], sizes)}
        for model, p in zip(pairs, adjusted.tolist(), strict=True)
    }
    return Part(results, average(list(found.values())), ground, classifiers)


def fractions(parts: dict[float, Part], rule: Compare) -> list[dict[str, Any]]:
    """Return each share's contrast and arms; p is adjusted for the number of shares (Holm).

    So a verdict here is no better than one that was looked for among several.
    """
    adjusted = statistics.holm(np.array([part.primary.p for part in parts.values()]))
    return [
        {
            "fraction": share,
            **_judged(part.primary._replace(p=p), part.ground, rule),
            "classifiers": part.classifiers,
            "arms": arms(part.results),
        }
        for (share, part), p in zip(parts.items(), adjusted.tolist(), strict=True)
    ]


def by_seed(
    results: Results, model: str, pair: tuple[str, str], sizes: tuple[int, int]
) -> dict[str, Any]:
    """Return the seeds' differences of two arms, with Nadeau and Bengio's t (None: undefined)."""
    first, second = (results[arm, model] for arm in pair)
    differences = first.seeds - second.seeds
    tested = statistics.corrected_t(differences, *sizes)
    value, p = tested or (None, None)
    return {"differences": differences.tolist(), "t": value, "p": p}


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
    """Return {arm: {model: {macro_f1 on test with interval, validation, to_real}}}.

    `to_real` is the difference to real faces alone, its p adjusted for the number of arms (Holm).
    """
    table: dict[str, Any] = {}
    for (arm, model), result in results.items():
        low, high = statistics.interval(result.draws, LEVEL)
        entry: dict[str, Any] = {
            "macro_f1": result.test,
            "low": low,
            "high": high,
            "validation": result.validation,
            "seeds": result.seeds.tolist(),
        }
        if ("real", model) in results:
            gain = subtract(results, model, (arm, "real"))
            below, above = statistics.interval(gain.draws, LEVEL)
            gained = {"difference": gain.difference, "low": below, "high": above, "p": gain.p}
            entry["to_real"] = gained
        table.setdefault(arm, {})[model] = entry
    for model in {model for _, model in results}:
        _adjust(
            [found[model]["to_real"] for arm, found in table.items() if _gains(arm, found, model)]
        )
    return table


def _gains(arm: str, found: dict[str, Any], model: str) -> bool:
    return arm != "real" and "to_real" in found.get(model, {})


def _adjust(gains: list[dict[str, Any]]) -> None:
    """Put p adjusted for their number in the place of each p."""
    for gain, p in zip(
        gains, statistics.holm(np.array([gain["p"] for gain in gains])), strict=True
    ):
        gain["p"] = float(p)


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
