"""The answer: verdict, contrasts, and every arm with its interval, as plain values."""

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from depthfaces import seeding
from depthfaces.errors import DataError
from depthfaces.schema import Compare, Params
from depthfaces.verdict import predictions, rule, statistics
from depthfaces.verdict.arm import ALONE, REAL, SYNTHETIC, Arm
from depthfaces.verdict.contrasts import LEVEL, Contrast, Judged
from depthfaces.verdict.resampling import Resampling
from depthfaces.verdict.rule import Ground
from depthfaces.verdict.scores import published, scores

Table = dict[str, Any]


def answer(found: pd.DataFrame, alarms: list[str], params: Params) -> Table:
    """Return the verdict and what it rests on; `alarms` are sentences about the synthetic set.

    The verdict is that of the primary contrast with all real people. Everything else is secondary:
    p is adjusted for every cell that is shown.
    """
    test = found[found["part"] == "test"]
    levels = {people: _judged(rows, params) for people, rows in predictions.by_people(test).items()}
    most = max(levels)
    judged, whole = levels[most], found[found["people"] == most]
    primary = judged.primary(params.compare)
    if primary is None:
        raise DataError(
            f"predictions: expected {params.compare.primary_model} trained on synthetic faces on "
            "top of augmented ones, and without them; add it to classify.models, or choose "
            "compare.primary_model among them"
        )
    ground = Ground(
        predictions.known_people(test), _repeats(test[test["people"] == most]), tuple(alarms)
    )
    detailed = {Arm(REAL), *(contrast.arm for contrast in judged.cells(primary.model))}
    return {
        **_verdict(primary, judged, ground, params.compare),
        "trainings": int(max(1, found["generator"].max() + 1)),
        "cells": cells(levels, ground, params.compare),
        "people_learned": most,
        "arms": arms(judged),
        "fewer": [
            {"people": people, "arms": arms(part)}
            for people, part in levels.items()
            if people != most
        ],
        "labels": labels(whole, params),
        "scores": scores(whole, {arm.key for arm in detailed}),
        "published": published(whole),
    }


def _judged(rows: pd.DataFrame, params: Params) -> Judged:
    rng = seeding.stream(params.seed, "bootstrap")
    return Judged(rows, Resampling(rows, params.compare.bootstrap, rng))


def _repeats(rows: pd.DataFrame) -> int:
    """Return how often each arm was trained anew: seeds, or draws of people."""
    return int(rows.groupby(["draw", "seed"]).ngroups)


def _verdict(primary: Contrast, judged: Judged, ground: Ground, asked: Compare) -> Table:
    """Return the verdict of the primary contrast, its reasons and its numbers."""
    against = judged.against(primary)
    evidence = primary.evidence()
    name, reasons = rule.judge(evidence, ground, asked, beaten(judged, primary))
    return {
        "verdict": name,
        "words": rule.WORDS[name],
        "reasons": reasons,
        "difference": primary.difference,
        **asdict(evidence),
        "smallest": statistics.smallest_effect(primary.draws, asked.alpha),
        "people": ground.people,
        "seeds": ground.seeds,
        "alarms": list(ground.alarms),
        "primary": {
            "model": primary.model,
            "arm": primary.arm.key,
            "control": primary.control.key,
        },
        "against": [_numbers(other) for other in against],
        "rule": asked.model_dump(),
    }


def beaten(judged: Judged, contrast: Contrast) -> dict[str, bool]:
    """Return of each control whether the arm of `contrast` is surely better."""
    return {other.control.title: other.evidence().low > 0 for other in judged.against(contrast)}


def _numbers(contrast: Contrast) -> Table:
    low, high = statistics.interval(contrast.draws, LEVEL)
    return {
        "arm": contrast.arm.key,
        "control": contrast.control.key,
        "difference": contrast.difference,
        "low": low,
        "high": high,
    }


def cells(levels: dict[int, Judged], ground: Ground, asked: Compare) -> list[Table]:
    """Return every secondary contrast: what synthetic faces add, by people and classifier.

    `p` is adjusted for the number of all of them (Holm), so none is better than one looked for.
    """
    found = [
        (people, contrast)
        for people, judged in levels.items()
        for model in judged.models
        for contrast in judged.cells(model)
    ]
    adjusted = statistics.holm(np.array([contrast.p for _, contrast in found]))
    return [
        {
            "people": people,
            "model": contrast.model,
            **_numbers(contrast),
            "p": float(p),
            "smallest": statistics.smallest_effect(contrast.draws, asked.alpha),
            "verdict": rule.judge(
                contrast.evidence(float(p)), ground, asked, beaten(levels[people], contrast)
            )[0],
        }
        for (people, contrast), p in zip(found, adjusted, strict=True)
    ]


def arms(judged: Judged) -> Table:
    """Return {arm: {model: macro-F1 on held-out people with its interval, and the runs' own}}."""
    table: Table = {}
    for (arm, model), scored in judged.scores.items():
        low, high = statistics.interval(scored.draws, LEVEL)
        table.setdefault(arm.key, {})[model] = {
            "macro_f1": scored.value,
            "low": low,
            "high": high,
            "runs": scored.runs.tolist(),
        }
    return table


def labels(found: pd.DataFrame, params: Params) -> Table:
    """Return how well labels carry over between real and synthetic faces, by classifier.

    Macro-F1 trained and tested on: real, real (trtr); real, synthetic (trts); synthetic, real
    (tstr); and retention = tstr / trtr. High trts with low tstr: few, typical faces.
    """
    wanted = {
        "trtr": (Arm(REAL), "test"),
        "trts": (Arm(REAL), SYNTHETIC),
        "tstr": (Arm(ALONE, SYNTHETIC, 1.0), "test"),
    }
    table: Table = {}
    for name, (arm, part) in wanted.items():
        rows = predictions.by_arm(found[found["part"] == part]).get(arm)
        for model, each in rows.groupby("model", sort=False) if rows is not None else ():
            value = Resampling(each, 1, seeding.stream(params.seed, "labels")).score(each).value
            table.setdefault(str(model), {})[name] = value
    for entry in table.values():
        known = entry.get("trtr") and "tstr" in entry
        entry["retention"] = entry["tstr"] / entry["trtr"] if known else None
    return table
