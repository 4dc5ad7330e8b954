"""The answer: verdict, contrasts, and every arm with its interval, as plain values."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from depthfaces import seeding
from depthfaces.classify.scores import mean_macro_f1
from depthfaces.errors import DataError
from depthfaces.schema import Compare, Params
from depthfaces.verdict import predictions, rule, statistics
from depthfaces.verdict.arm import ALONE, REAL, SYNTHETIC, Arm
from depthfaces.verdict.contrasts import LEVEL, Contrast, Scoreboard
from depthfaces.verdict.resampling import Resampling
from depthfaces.verdict.rule import Ground
from depthfaces.verdict.scores import published, scores

Document = dict[str, Any]


def answer(table: pd.DataFrame, alarms: list[str], params: Params) -> Document:
    """Return the verdict and what it rests on; `alarms` are sentences about the synthetic set.

    The verdict is that of the primary contrast with all real people. Everything else is secondary:
    p is adjusted for every cell that is shown.
    """
    test = table[table["part"] == "test"]
    scoreboard = score(test, params)
    primary = scoreboard.primary(params.compare)
    if primary is None:
        raise DataError(
            f"predictions: expected {params.compare.primary_model} trained on synthetic faces on "
            "top of augmented ones, and without them; add it to classify.models, or choose "
            "compare.primary_model among them"
        )
    ground = Ground(predictions.known_people(test), repeats(test), tuple(alarms))
    detailed = {Arm(REAL), *(contrast.arm for contrast in scoreboard.cells(primary.model))}
    return {
        **verdict(primary, scoreboard, ground, params.compare),
        "trainings": int(max(1, table["generator"].max() + 1)),
        "cells": cells(
            [
                (scoreboard, contrast)
                for model in scoreboard.models
                for contrast in scoreboard.cells(model)
            ],
            ground,
            params.compare,
        ),
        "people_learned": int(test["people"].max()),
        "arms": arms(scoreboard),
        "labels": labels(table),
        "scores": scores(table, {arm.key for arm in detailed}),
        "published": published(table),
    }


def score(rows: pd.DataFrame, params: Params) -> Scoreboard:
    """Return every arm of the predictions `rows`, scored on the same draws."""
    rng = seeding.stream(params.seed, "bootstrap")
    return Scoreboard(rows, Resampling(rows, params.compare.bootstrap, rng))


def repeats(rows: pd.DataFrame) -> int:
    """Return how often each arm was trained anew: seeds, or draws of people."""
    return int(rows.groupby(["draw", "seed"]).ngroups)


def verdict(
    primary: Contrast, scoreboard: Scoreboard, ground: Ground, rule_params: Compare
) -> Document:
    """Return the verdict of the primary contrast, its reasons and its numbers."""
    against = scoreboard.against(primary)
    evidence = primary.evidence()
    name, reasons = rule.judge(evidence, ground, rule_params, beaten(scoreboard, primary))
    return {
        "verdict": name,
        "words": rule.WORDS[name],
        "reasons": reasons,
        "difference": primary.difference,
        **asdict(evidence),
        "smallest": statistics.smallest_effect(primary.draws, rule_params.alpha),
        "people": ground.people,
        "seeds": ground.seeds,
        "alarms": list(ground.alarms),
        "primary": {
            "model": primary.model,
            "arm": primary.arm.key,
            "control": primary.control.key,
        },
        "against": [_numbers(other) for other in against],
        "rule": rule_params.model_dump(),
    }


def beaten(scoreboard: Scoreboard, contrast: Contrast) -> dict[str, bool]:
    """Return of each control whether the arm of `contrast` is surely better."""
    return {other.control.title: other.evidence().low > 0 for other in scoreboard.against(contrast)}


def _numbers(contrast: Contrast) -> Document:
    low, high = statistics.interval(contrast.draws, LEVEL)
    return {
        "arm": contrast.arm.key,
        "control": contrast.control.key,
        "difference": contrast.difference,
        "low": low,
        "high": high,
    }


def cells(
    contrasts: Sequence[tuple[Scoreboard, Contrast]], ground: Ground, rule_params: Compare
) -> list[Document]:
    """Return every secondary contrast, each with the scoreboard it comes from.

    `p` is adjusted for the number of all of them (Holm), so none is better than one looked for.
    """
    adjusted = statistics.holm(np.array([contrast.p for _, contrast in contrasts]))
    return [
        {
            "model": contrast.model,
            **_numbers(contrast),
            "p": float(p),
            "smallest": statistics.smallest_effect(contrast.draws, rule_params.alpha),
            "verdict": rule.judge(
                contrast.evidence(float(p)), ground, rule_params, beaten(scoreboard, contrast)
            )[0],
        }
        for (scoreboard, contrast), p in zip(contrasts, adjusted, strict=True)
    ]


def arms(scoreboard: Scoreboard) -> Document:
    """Return {arm: {model: macro-F1 on held-out people with its interval, and the runs' own}}."""
    document: Document = {}
    for (arm, model), scored in scoreboard.scores.items():
        low, high = statistics.interval(scored.draws, LEVEL)
        document.setdefault(arm.key, {})[model] = {
            "macro_f1": scored.value,
            "low": low,
            "high": high,
            "runs": scored.runs.tolist(),
        }
    return document


def labels(table: pd.DataFrame) -> Document:
    """Return how well labels carry over between real and synthetic faces, by classifier.

    Macro-F1 trained and tested on: real, real (trtr); real, synthetic (trts); synthetic, real
    (tstr); and retention = tstr / trtr. High trts with low tstr: few, typical faces.
    """
    pairs = {
        "trtr": (Arm(REAL), "test"),
        "trts": (Arm(REAL), SYNTHETIC),
        "tstr": (Arm(ALONE, SYNTHETIC, 1.0), "test"),
    }
    document: Document = {}
    for name, (arm, part) in pairs.items():
        rows = predictions.by_arm(table[table["part"] == part]).get(arm)
        for model, runs in rows.groupby("model", sort=False) if rows is not None else ():
            document.setdefault(str(model), {})[name] = mean_macro_f1(runs)
    for entry in document.values():
        complete = entry.get("trtr") and "tstr" in entry
        entry["retention"] = entry["tstr"] / entry["trtr"] if complete else None
    return document
