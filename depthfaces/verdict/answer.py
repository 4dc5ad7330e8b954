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
from depthfaces.verdict.contrasts import CONFIDENCE_LEVEL, Contrast, Scoreboard
from depthfaces.verdict.resampling import Resampling
from depthfaces.verdict.rule import Ground
from depthfaces.verdict.scores import published_accuracies, scores_by_arm

Document = dict[str, Any]


def answer(table: pd.DataFrame, alarms: list[str], params: Params) -> Document:
    """Return the verdict and its evidence; `alarms` are sentences about the synthetic set.

    The verdict is that of the primary contrast with all real people. Everything else is secondary:
    p is adjusted for the number of cells shown.
    """
    test_rows = table[table["part"] == "test"]
    scoreboard = build_scoreboard(test_rows, params)
    primary = scoreboard.primary_contrast(params.compare)
    if primary is None:
        raise DataError(
            f"predictions: expected {params.compare.primary_model} trained on synthetic faces on "
            "top of augmented ones, and without them; add it to classify.models, or choose "
            "compare.primary_model among them"
        )
    ground = Ground(predictions.known_people(test_rows), count_repeats(test_rows), tuple(alarms))
    detailed_arms = {
        Arm(REAL),
        *(contrast.arm for contrast in scoreboard.secondary_contrasts(primary.model)),
    }
    return {
        **verdict(primary, scoreboard, ground, params.compare),
        "trainings": int(max(1, table["generator"].max() + 1)),
        "cells": cells(
            [
                (scoreboard, contrast)
                for model in scoreboard.models
                for contrast in scoreboard.secondary_contrasts(model)
            ],
            ground,
            params.compare,
        ),
        "people_learned": int(test_rows["people"].max()),
        "arms": arms(scoreboard),
        "labels": label_transfer(table),
        "scores": scores_by_arm(table, {arm.key for arm in detailed_arms}),
        "published": published_accuracies(table),
    }


def build_scoreboard(rows: pd.DataFrame, params: Params) -> Scoreboard:
    """Return the scoreboard of the predictions `rows`: all arms scored on the same draws."""
    rng = seeding.stream(params.seed, "bootstrap")
    return Scoreboard(rows, Resampling(rows, params.compare.bootstrap, rng))


def count_repeats(rows: pd.DataFrame) -> int:
    """Return how often each arm was retrained: the number of seeds, or of draws of people."""
    return int(rows.groupby(["draw", "seed"]).ngroups)


def verdict(
    primary: Contrast, scoreboard: Scoreboard, ground: Ground, rule_params: Compare
) -> Document:
    """Return the verdict of the primary contrast, with its reasons and numbers."""
    control_contrasts = scoreboard.control_contrasts(primary)
    evidence = primary.evidence()
    verdict_name, reasons = rule.judge_evidence(
        evidence, ground, rule_params, beaten_controls(scoreboard, primary)
    )
    return {
        "verdict": verdict_name,
        "words": rule.VERDICT_WORDS[verdict_name],
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
        "against": [_contrast_numbers(contrast) for contrast in control_contrasts],
        "rule": rule_params.model_dump(),
    }


def beaten_controls(scoreboard: Scoreboard, contrast: Contrast) -> dict[str, bool]:
    """Return {control: whether the arm of `contrast` is surely better}, by title."""
    return {
        other.control.title: other.evidence().low > 0
        for other in scoreboard.control_contrasts(contrast)
    }


def _contrast_numbers(contrast: Contrast) -> Document:
    low, high = statistics.interval(contrast.draws, CONFIDENCE_LEVEL)
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

    `p` is adjusted for the number of contrasts (Holm), so looking at many proves nothing more.
    """
    adjusted_p = statistics.holm(np.array([contrast.p for _, contrast in contrasts]))
    return [
        {
            "model": contrast.model,
            **_contrast_numbers(contrast),
            "p": float(p),
            "smallest": statistics.smallest_effect(contrast.draws, rule_params.alpha),
            "verdict": rule.judge_evidence(
                contrast.evidence(float(p)),
                ground,
                rule_params,
                beaten_controls(scoreboard, contrast),
            )[0],
        }
        for (scoreboard, contrast), p in zip(contrasts, adjusted_p, strict=True)
    ]


def arms(scoreboard: Scoreboard) -> Document:
    """Return {arm: {model: macro-F1 on held-out people, its interval, and that of each run}}."""
    document: Document = {}
    for (arm, model), scored in scoreboard.scores.items():
        low, high = statistics.interval(scored.draws, CONFIDENCE_LEVEL)
        document.setdefault(arm.key, {})[model] = {
            "macro_f1": scored.value,
            "low": low,
            "high": high,
            "runs": scored.runs.tolist(),
        }
    return document


def label_transfer(table: pd.DataFrame) -> Document:
    """Return how well labels transfer between real and synthetic faces, by classifier.

    Macro-F1 trained and tested on: real, real (trtr); real, synthetic (trts); synthetic, real
    (tstr); and retention = tstr / trtr. High trts with low tstr: few, typical faces.
    """
    transfer_pairs = {
        "trtr": (Arm(REAL), "test"),
        "trts": (Arm(REAL), SYNTHETIC),
        "tstr": (Arm(ALONE, SYNTHETIC, 1.0), "test"),
    }
    document: Document = {}
    for name, (arm, test_part) in transfer_pairs.items():
        rows = predictions.by_arm(table[table["part"] == test_part]).get(arm)
        for model, runs in rows.groupby("model", sort=False) if rows is not None else ():
            document.setdefault(str(model), {})[name] = mean_macro_f1(runs)
    for entry in document.values():
        has_both = entry.get("trtr") and "tstr" in entry
        entry["retention"] = entry["tstr"] / entry["trtr"] if has_both else None
    return document
