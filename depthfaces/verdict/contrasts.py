"""Differences between arms on the same faces, each with its interval and p."""

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

import numpy.typing as npt
import pandas as pd

from depthfaces.schema import Compare
from depthfaces.verdict import statistics
from depthfaces.verdict.arm import (
    ADDED,
    AUGMENTED,
    CONTROL,
    POSED,
    REAL,
    SHUFFLED,
    SYNTHETIC,
    TOPPED,
    Arm,
)
from depthfaces.verdict.predictions import by_arm
from depthfaces.verdict.resampling import Scored
from depthfaces.verdict.rule import Evidence

LEVEL, NARROW = 0.95, 0.90  # of the intervals shown; equivalence is judged by the narrow one
AGAINST = (REAL, CONTROL, SHUFFLED)  # kinds of arms that useful faces have to beat


class Contrast(NamedTuple):
    """The macro-F1 of `arm` minus that of `control`, both by the classifier `model`."""

    model: str
    arm: Arm
    control: Arm
    difference: float
    draws: npt.NDArray[Any]

    @property
    def p(self) -> float:
        """Return the two-sided p of "no difference"."""
        return statistics.two_sided(self.draws)

    def evidence(self, p: float | None = None) -> Evidence:
        """Return its intervals and p; another `p` is one adjusted for many looks."""
        return Evidence(
            *statistics.interval(self.draws, LEVEL),
            *statistics.interval(self.draws, NARROW),
            self.p if p is None else p,
        )


class Draws(Protocol):
    """One set of draws of people (and trainings, seeds) for all arms: `Resampling`, `Turns`."""

    def score(self, rows: pd.DataFrame) -> Scored:
        """Return macro-F1 of the predictions `rows` of one arm and classifier."""


class Scoreboard:
    """Every arm and classifier of one number of people, scored on the same draws."""

    def __init__(self, predictions: pd.DataFrame, resampling: Draws) -> None:
        """Score `predictions`, all of one part."""
        self.scores: dict[tuple[Arm, str], Scored] = {
            (arm, str(model)): resampling.score(runs)
            for arm, rows in by_arm(predictions).items()
            for model, runs in rows.groupby("model", sort=False)
        }
        self.models = list(dict.fromkeys(model for _, model in self.scores))

    def arms(self, model: str, *kinds: str) -> list[Arm]:
        """Return the arms of some kinds that `model` was trained on."""
        return [arm for arm, other in self.scores if other == model and arm.kind in kinds]

    def subtract(self, model: str, arm: Arm, control: Arm) -> Contrast:
        """Return what `arm` is worth above `control`."""
        one, other = self.scores[arm, model], self.scores[control, model]
        draws = one.draws - other.draws
        return Contrast(model, arm, control, one.value - other.value, draws)

    def base(self, model: str) -> Arm | None:
        """Return the control that topped arms stand on: in 3-D if it was, at the largest dose."""
        changed = [arm for arm in self.arms(model, CONTROL) if arm.source in {AUGMENTED, POSED}]
        return max(changed, key=lambda arm: (arm.source == POSED, arm.dose), default=None)

    def cells(self, model: str) -> Iterator[Contrast]:
        """Yield what synthetic faces add: on top of augmentation, and in its place."""
        base = self.base(model)
        for arm in self.arms(model, TOPPED):
            if arm.source == SYNTHETIC and base:
                yield self.subtract(model, arm, base)
        for arm in self.arms(model, ADDED):
            control = Arm(CONTROL, AUGMENTED, arm.dose)
            if arm.source == SYNTHETIC and (control, model) in self.scores:
                yield self.subtract(model, arm, control)

    def primary(self, rule: Compare) -> Contrast | None:
        """Return the one contrast that was fixed beforehand, None where it was not run."""
        arm, base = Arm(TOPPED, SYNTHETIC, rule.primary_dose), self.base(rule.primary_model)
        if base is None or (arm, rule.primary_model) not in self.scores:
            return None
        return self.subtract(rule.primary_model, arm, base)

    def against(self, contrast: Contrast) -> list[Contrast]:
        """Return the differences of the contrast's arm to everything that it has to beat."""
        others = self.arms(contrast.model, *AGAINST)
        return [self.subtract(contrast.model, contrast.arm, other) for other in others]
