"""Each generator in one row: how like real faces its faces are, and what they teach."""

from typing import Any

from depthfaces.report import words
from depthfaces.report.results import Results
from depthfaces.report.tables import number, plain_text, points
from depthfaces.verdict.arm import ALONE, TOPPED, Arm

MEASURES = ("fd", "recall", "coverage", "label_share")


def compared(results: Results) -> dict[str, Any] | None:
    """Return a row a generator: its measures, then by classifier alone and added to real faces.

    Each stands at one dose, on top of augmentation: nothing was chosen for any.
    """
    if not results.metrics or not results.metrics["sets"] or results.verdict is None:
        return None
    sets, arms = results.metrics["sets"], results.verdict["arms"]
    models = list(arms["real"])
    rows = []
    for name in words.generators(sets):
        found = [_first(arms, kind, name) for kind in (ALONE, TOPPED)]
        scores = [_score(arm.get(model)) for model in models for arm in found]
        measures = [number(sets[name][key]["value"]) for key in MEASURES]
        rows.append({"name": words.method(name), "cells": [*measures, *scores]})
    floor = [number(next(iter(sets.values()))[key]["floor"]) for key in MEASURES]
    control = results.verdict["primary"]["control"]
    real = [_score(arms[name].get(model)) for model in models for name in ("real", control)]
    return {
        "measures": [words.METRICS[key][0] for key in MEASURES],
        "lengths": lengths(results.plain),
        "models": [words.model(model) for model in models],
        "rows": [*rows, {"name": "Real faces", "cells": [*floor, *real]}],
    }


def lengths(plain: dict[str, Any] | None) -> str:
    """Return how long the GANs were trained, as a sentence, where that differs."""
    if plain is None or plain["baselines"]["gan_steps"] == plain["gan"]["steps"]:
        return ""
    short, full = (plain_text(n) for n in (plain["baselines"]["gan_steps"], plain["gan"]["steps"]))
    return (
        f"The plain GAN, evolved or not, was trained for {short} steps, the distilled one for "
        f"{full}; the profile equal gives both the same."
    )


def _first(arms: dict[str, Any], kind: str, source: str) -> dict[str, Any]:
    """Return the arm of `kind` and `source` at its smallest dose, {} where there is none."""
    known = [arm for arm in map(Arm.of, arms) if (arm.kind, arm.source) == (kind, source)]
    first = min(known, key=lambda arm: arm.dose, default=None)
    return dict(arms[first.key]) if first else {}


def _score(found: dict[str, Any] | None) -> str:
    """Return macro-F1 in points with its interval."""
    if found is None:
        return "–"
    value, low, high = (points(found[key], signed=False) for key in ("macro_f1", "low", "high"))
    return f"{value} ({low} to {high})"
