"""Doses and weights chosen on people not learned from, for controls and sources alike."""

from collections.abc import Iterator

import pandas as pd

from depthfaces.classify.scores import mean_macro_f1
from depthfaces.few.choices import Choice
from depthfaces.verdict.arm import CHOSEN, CONTROL, POSED, TOPPED, Arm
from depthfaces.verdict.predictions import by_arm


def chosen(
    rows: pd.DataFrame, lower: pd.DataFrame | None, choice: Choice, usual: float
) -> Iterator[pd.DataFrame]:
    """Yield the answers `rows` of the chosen amounts as arms of their own, dose 0.

    `lower` are the answers of what learned from the first of the choice's people alone: best is
    what was best there, on the others of them. Nothing else than that could choose without seeing
    test people. Without it the amount is `usual`, of controls augmentation in 3-D.
    """
    for model, found in rows.groupby("model", sort=False):
        arms = by_arm(found)
        worth = _worth(lower, choice, str(model)) if lower is not None else {}
        controls = [arm for arm in arms if arm.kind == CONTROL]
        topped = [arm for arm in arms if arm.kind == TOPPED]
        sources = list(dict.fromkeys(arm.source for arm in topped))
        groups = {Arm(CONTROL, CHOSEN): controls, Arm(TOPPED, CHOSEN): topped}
        groups |= {
            Arm(TOPPED, source): [arm for arm in topped if arm.source == source]
            for source in sources
        }
        for name, tried in groups.items():
            plain = [arm for arm in tried if arm.dose == usual and arm.weight == 1]
            default = next((arm for arm in plain if arm.source == POSED), plain[-1])
            best = max(tried, key=lambda arm: worth[arm]) if worth else default
            yield arms[best].assign(source=name.source, dose=0.0, weight=1.0)


def _worth(lower: pd.DataFrame, choice: Choice, model: str) -> dict[Arm, float]:
    """Return each arm's macro-F1 on the choice's people whom the lower one had not met."""
    others = set(choice.learned) - set(choice.lower)
    rows = lower[lower["person"].isin(others) & (lower["model"] == model)]
    return {arm: mean_macro_f1(found) for arm, found in by_arm(rows).items()}
