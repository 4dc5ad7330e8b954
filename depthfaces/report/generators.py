"""The table of generators: fidelity of their faces, and scores of classifiers trained on them."""

from typing import Any

from depthfaces.report import words
from depthfaces.report.results import Results
from depthfaces.report.tables import number, plain_text, points
from depthfaces.verdict.arm import ALONE, TOPPED, Arm

MEASURES = ("fd", "recall", "coverage", "label_share")


def generator_table(results: Results) -> dict[str, Any] | None:
    """Return one row per generator: metrics, then scores alone and on top, by classifier.

    All have one dose, on top of augmentation: nothing was tuned for any generator.
    """
    if not results.metrics or not results.metrics["sets"] or results.verdict is None:
        return None
    sets, arms = results.metrics["sets"], results.verdict["arms"]
    models = list(arms["real"])
    generator_rows = []
    for set_name in words.ordered_generators(sets):
        arm_scores = [_smallest_dose_scores(arms, kind, set_name) for kind in (ALONE, TOPPED)]
        score_texts = [_score_text(arm.get(model)) for model in models for arm in arm_scores]
        measure_texts = [number(sets[set_name][metric_name]["value"]) for metric_name in MEASURES]
        generator_rows.append(
            {"name": words.method_title(set_name), "cells": [*measure_texts, *score_texts]}
        )
    floor_texts = [
        number(next(iter(sets.values()))[metric_name]["floor"]) for metric_name in MEASURES
    ]
    control = results.verdict["primary"]["control"]
    real_texts = [
        _score_text(arms[arm_name].get(model)) for model in models for arm_name in ("real", control)
    ]
    return {
        "measures": [words.METRICS[metric_name][0] for metric_name in MEASURES],
        "lengths": training_lengths_sentence(results.plain_gan),
        "models": [words.model(model) for model in models],
        "rows": [*generator_rows, {"name": "Real faces", "cells": [*floor_texts, *real_texts]}],
    }


def training_lengths_sentence(plain_gan: dict[str, Any] | None) -> str:
    """Return a sentence on the training lengths of the GANs, where they differ."""
    if plain_gan is None or plain_gan["baselines"]["gan_steps"] == plain_gan["gan"]["steps"]:
        return ""
    plain_steps, full_steps = (
        plain_text(steps)
        for steps in (plain_gan["baselines"]["gan_steps"], plain_gan["gan"]["steps"])
    )
    return (
        f"The plain GAN, evolved or not, was trained for {plain_steps} steps, the distilled one "
        f"for {full_steps}; the profile equal gives both the same."
    )


def _smallest_dose_scores(arms: dict[str, Any], kind: str, source: str) -> dict[str, Any]:
    """Return the scores of the smallest dose of `kind` and `source`, {} where there is none."""
    matching_arms = [arm for arm in map(Arm.of, arms) if (arm.kind, arm.source) == (kind, source)]
    smallest_arm = min(matching_arms, key=lambda arm: arm.dose, default=None)
    return dict(arms[smallest_arm.key]) if smallest_arm else {}


def _score_text(score: dict[str, Any] | None) -> str:
    """Return macro-F1 with its interval, in points."""
    if score is None:
        return "–"
    value, low, high = (points(score[field], signed=False) for field in ("macro_f1", "low", "high"))
    return f"{value} ({low} to {high})"
