"""Each generator in one row: how like real faces its faces are, and what they teach."""

from typing import Any

from depthfaces.report import words
from depthfaces.report.results import Results
from depthfaces.report.tables import number, plain_text, points

MEASURES = ("fd", "recall", "coverage", "label_share")
OURS = "synthetic"


def compared(results: Results) -> dict[str, Any] | None:
    """Return a row a generator: its measures, then by classifier alone and added to real faces.

    Ours stands at its highest ratio here, as the others do: nothing was chosen for it.
    """
    if not results.metrics or not results.metrics["sets"] or results.utility is None:
        return None
    sets, arms = results.metrics["sets"], results.utility["arms"]
    models = list(arms["real"])
    mixed = [name for name in words.arms(arms) if name.startswith("mixed@")]
    rows = []
    for name in words.generators(sets):
        alone, added = f"synthetic-{name}", f"mixed-{name}"
        if name == OURS:
            alone, added = OURS, mixed[-1] if mixed else ""
        scores = [
            _score(arms.get(arm, {}).get(model)) for model in models for arm in (alone, added)
        ]
        measures = [number(sets[name][key]["value"]) for key in MEASURES]
        rows.append({"name": words.method(name), "cells": [*measures, *scores]})
    real = [text for model in models for text in ("–", _score(arms["real"][model]))]
    floor = [number(next(iter(sets.values()))[key]["floor"]) for key in MEASURES]
    return {
        "measures": [words.METRICS[key][0] for key in MEASURES],
        "lengths": lengths(results.plain),
        "models": [words.model(model) for model in models],
        "rows": [*rows, {"name": "Real faces alone", "cells": [*floor, *real]}],
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


def _score(found: dict[str, Any] | None) -> str:
    """Return macro-F1 in points with its interval."""
    if found is None:
        return "–"
    value, low, high = (points(found[key], signed=False) for key in ("macro_f1", "low", "high"))
    return f"{value} ({low} to {high})"
