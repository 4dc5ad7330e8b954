"""Differences between arms on the same faces, each with its interval and p-value."""

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

# Levels of the intervals shown; equivalence is judged by the narrow one.
CONFIDENCE_LEVEL, NARROW_LEVEL = 0.95, 0.90
CONTROL_KINDS = (REAL, CONTROL, SHUFFLED)  # kinds of arms that useful synthetic faces have to beat


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
        """Return its intervals and p; pass a `p` that is adjusted for multiple comparisons."""
        return Evidence(
            *statistics.interval(self.draws, CONFIDENCE_LEVEL),
            *statistics.interval(self.draws, NARROW_LEVEL),
            self.p if p is None else p,
        )


class Resampler(Protocol):
    """Resamples people (and generators, seeds) alike for all arms: `Resampling`, `Turns`."""

    def score(self, rows: pd.DataFrame) -> Scored:
        """Return macro-F1 of the predictions `rows` of one arm and classifier."""


class Scoreboard:
    """Scores of all arms and classifiers for one number of people, on the same draws."""

    def __init__(self, predictions: pd.DataFrame, resampler: Resampler) -> None:
        """Score `predictions`, which are all of one part."""
        self.scores: dict[tuple[Arm, str], Scored] = {
            (arm, str(model)): resampler.score(runs)
            for arm, rows in by_arm(predictions).items()
            for model, runs in rows.groupby("model", sort=False)
        }
        self.models = list(dict.fromkeys(model for _, model in self.scores))

    def arms(self, model: str, *kinds: str) -> list[Arm]:
        """Return the arms of the given kinds that `model` was trained on."""
        return [arm for arm, arm_model in self.scores if arm_model == model and arm.kind in kinds]

    def subtract(self, model: str, arm: Arm, control: Arm) -> Contrast:
        """Return the contrast of `arm` with `control`."""
        arm_score, control_score = self.scores[arm, model], self.scores[control, model]
        draws = arm_score.draws - control_score.draws
        return Contrast(model, arm, control, arm_score.value - control_score.value, draws)

    def base_control(self, model: str) -> Arm | None:
        """Return the control below topped arms: posed in 3-D if there is one, largest dose."""
        augmented_controls = [
            arm for arm in self.arms(model, CONTROL) if arm.source in {AUGMENTED, POSED}
        ]
        return max(
            augmented_controls, key=lambda arm: (arm.source == POSED, arm.dose), default=None
        )

    def secondary_contrasts(self, model: str) -> Iterator[Contrast]:
        """Yield the contrasts of synthetic faces on top of augmentation, and in its place."""
        base_arm = self.base_control(model)
        for arm in self.arms(model, TOPPED):
            if arm.source == SYNTHETIC and base_arm:
                yield self.subtract(model, arm, base_arm)
        for arm in self.arms(model, ADDED):
            control = Arm(CONTROL, AUGMENTED, arm.dose)
            if arm.source == SYNTHETIC and (control, model) in self.scores:
                yield self.subtract(model, arm, control)

    def primary_contrast(self, rule: Compare) -> Contrast | None:
        """Return the contrast that was fixed beforehand, or None where it was not run."""
        arm, control = (
            Arm(TOPPED, SYNTHETIC, rule.primary_dose),
            self.base_control(rule.primary_model),
        )
        if control is None or (arm, rule.primary_model) not in self.scores:
            return None
        return self.subtract(rule.primary_model, arm, control)

    def control_contrasts(self, contrast: Contrast) -> list[Contrast]:
        """Return the contrasts of the same arm with every control that it has to beat."""
        controls = self.arms(contrast.model, *CONTROL_KINDS)
        return [self.subtract(contrast.model, contrast.arm, control) for control in controls]
