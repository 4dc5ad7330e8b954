"""Answers to scores: arm by arm, part by part, class by class, each with its interval."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.classify import scores
from depthfaces.studies.augment.arms import CONTROLS, LEAKY, Arm
from depthfaces.studies.augment.data import Data
from depthfaces.studies.augment.protocol import Answers
from depthfaces.studies.intervals import Judge, Score
from depthfaces.verdict import statistics

Array = npt.NDArray[Any]
PLAIN = "as they are"  # the test faces without planted noise
MEASURES = {"precision": scores.precision, "recall": scores.recall, "F1": scores.f1}


@dataclass(frozen=True)
class Results:
    """Real faces, what the arms were, what they answered, and the test faces' noisy parts."""

    data: Data
    arms: Mapping[str, Arm]
    answers: Mapping[str, Answers]
    parts: Mapping[str, Array]
    seed: int

    @property
    def seeds(self) -> int:
        """Return how often each arm was trained."""
        return len(self.answers["real"].validation)

    @cached_property
    def judge(self) -> Judge:
        """Return the judge of all test faces."""
        return self.judge_of(np.ones(len(self.arms["real"].label), bool))

    def judge_of(self, part: Array) -> Judge:
        """Return the judge of the test faces in `part` (n,)."""
        rows = self.data.rows("test")[part]
        owners = self.data.table["group"].to_numpy(str)[rows]
        rng = seeding.stream(self.seed, "bootstrap")
        return Judge.over(self.data.labels[rows], owners, len(self.data.classes), self.seeds, rng)

    def called(self, arm: str, faces: str = PLAIN) -> Array:
        """Return the classes that `arm` called, (seeds, n)."""
        return self.answers[arm].asked[faces]

    def test(self, arm: str, of: Score = scores.accuracy) -> list[float]:
        """Return [value, low, high] of the arm's score on people never seen."""
        return self.judge.interval(self.called(arm), of)

    def gain(self, arm: str, other: str = "real", of: Score = scores.accuracy) -> list[float]:
        """Return [value, low, high] of the difference of two arms on people never seen."""
        return self.judge.difference(self.called(arm), self.called(other), of)

    def chances(self) -> dict[str, float]:
        """Return the p of "no difference to real, augmented faces" of each arm, after Holm."""
        names = [name for name in self.arms if name not in ("real", *LEAKY)]
        real = self.called("real")
        p = np.array([self.judge.chance(self.called(name), real) for name in names])
        return dict(zip(names, statistics.holm(p).tolist(), strict=True))

    def leaky(self, arm: str, of: Score = scores.accuracy) -> list[float]:
        """Return [value, low, high] under the published protocol; each face stands for itself."""
        label, rng = self.arms[arm].label, seeding.stream(self.seed, "bootstrap", arm)
        owners = np.arange(len(label))
        judge = Judge.over(label, owners, len(self.data.classes), self.seeds, rng)
        return judge.interval(self.called(arm), of)

    def validation(self, arm: str) -> float:
        """Return the arm's macro-F1 on validation people, the mean over the seeds: for choices."""
        label = self.data.labels[self.data.rows("validation")]
        matrices = confusions(label, self.answers[arm].validation, len(self.data.classes))
        return float(scores.macro_f1(matrices).mean())

    @property
    def tried(self) -> list[str]:
        """Return the arms that add unfiltered generated faces, fewest first."""
        amounts = [name for name in self.arms if name == "added" or name.startswith("ratio@")]
        return sorted(amounts, key=lambda name: self.arms[name].made)

    def best(self, *, generated: bool) -> str:
        """Return the arm that validation people prefer: of the tried amounts, or the controls."""
        names = [*self.tried, "filtered"] if generated else list(CONTROLS)
        names = [name for name in names if bool(self.arms[name].made) is generated]
        return max(names, key=self.validation)

    def part(self, arm: str, part: Array, other: str | None = None) -> list[float] | None:
        """Return [accuracy, low, high] on a part of the test faces, or its gain over `other`."""
        if not part.any():
            return None
        judge, called = self.judge_of(part), self.called(arm)[:, part]
        if other is None:
            return judge.interval(called)
        return judge.difference(called, self.called(other)[:, part])

    def planted(self, arm: str, noise: str, other: str | None = None) -> list[float]:
        """Return [accuracy, low, high] on the test faces with planted noise, or the gain."""
        if other is None:
            return self.judge.interval(self.called(arm, noise))
        return self.judge.difference(self.called(arm, noise), self.called(other, noise))

    def matrices(self, arm: str) -> Array:
        """Return the arm's confusions on its own test faces, (seeds, k, k)."""
        return confusions(self.arms[arm].label, self.called(arm), len(self.data.classes))

    def by_class(self, arm: str) -> dict[str, list[float | None]]:
        """Return {measure: a mean over the seeds for each class, None where it has none}."""
        matrices = self.matrices(arm)
        return {
            name: [scores.spread(column)["mean"] for column in of(matrices).T]
            for name, of in MEASURES.items()
        }


def confusions(label: Array, called: Array, classes: int) -> Array:
    """Return counts (seeds, k, k) of the answers `called` (seeds, n); row is true."""
    places = (np.arange(len(called))[:, None] * classes + label) * classes + called
    counts = np.bincount(places.ravel(), minlength=len(called) * classes**2)
    return counts.reshape(len(called), classes, classes)


def kind(arm: str) -> str:
    """Return what an arm is called in tables."""
    names = {
        "plain": "Real, nothing changed",
        "real": "Real, augmented",
        "unfiltered": "Real, augmented, flagged faces too",
        "added": "+ generated",
        "filtered": "+ generated, both filters",
        "shuffled": "+ generated, labels shuffled",
        LEAKY[0]: "Real (leaky)",
        LEAKY[1]: "+ generated (leaky)",
    }
    return names.get(arm) or f"+ {arm.partition('@')[2]} generated for each real"
