"""Scores of the answers by arm, noisy part and class, each with its interval."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.classify import scores
from depthfaces.studies.augment.arms import CONTROL_ARMS, LEAKY_ARMS, Arm
from depthfaces.studies.augment.data import Data
from depthfaces.studies.augment.protocol import Answers
from depthfaces.studies.intervals import Judge, Score
from depthfaces.verdict import statistics

Array = npt.NDArray[Any]
CLEAN_FACES = "as they are"  # the test faces without planted noise
CLASS_MEASURES = {"precision": scores.precision, "recall": scores.recall, "F1": scores.f1}


@dataclass(frozen=True)
class Results:
    """Real faces, the arms, their answers, and the noisy parts of the test faces."""

    data: Data
    arms: Mapping[str, Arm]
    answers: Mapping[str, Answers]
    noisy_parts: Mapping[str, Array]
    seed: int

    @property
    def seed_count(self) -> int:
        """Return how often each arm was trained."""
        return len(self.answers["real"].validation_predictions)

    @cached_property
    def test_judge(self) -> Judge:
        """Return the judge of all test faces."""
        return self.part_judge(np.ones(len(self.arms["real"].test_labels), bool))

    def part_judge(self, is_in_part: Array) -> Judge:
        """Return the judge of the test faces in `is_in_part` (n,)."""
        test_rows = self.data.rows("test")[is_in_part]
        owners = self.data.table["group"].to_numpy(str)[test_rows]
        rng = seeding.stream(self.seed, "bootstrap")
        return Judge.over(
            self.data.labels[test_rows], owners, len(self.data.classes), self.seed_count, rng
        )

    def predicted_classes(self, arm: str, image_set: str = CLEAN_FACES) -> Array:
        """Return the predicted classes of an arm, (seeds, n)."""
        return self.answers[arm].test_predictions[image_set]

    def test_score(self, arm: str, score: Score = scores.accuracy) -> list[float]:
        """Return [value, low, high] of the arm's score on held-out people."""
        return self.test_judge.interval(self.predicted_classes(arm), score)

    def score_gain(
        self, arm: str, other_arm: str = "real", score: Score = scores.accuracy
    ) -> list[float]:
        """Return [value, low, high] of the difference of two arms on held-out people."""
        return self.test_judge.difference(
            self.predicted_classes(arm), self.predicted_classes(other_arm), score
        )

    def p_values(self) -> dict[str, float]:
        """Return the p of "no difference to real, augmented faces" of each arm, after Holm."""
        arm_names = [arm for arm in self.arms if arm not in ("real", *LEAKY_ARMS)]
        real_predictions = self.predicted_classes("real")
        raw_p_values = np.array(
            [
                self.test_judge.p_value(self.predicted_classes(arm), real_predictions)
                for arm in arm_names
            ]
        )
        return dict(zip(arm_names, statistics.holm(raw_p_values).tolist(), strict=True))

    def leaky_score(self, arm: str, score: Score = scores.accuracy) -> list[float]:
        """Return [value, low, high] under the published protocol, resampled by face, not person."""
        test_labels, rng = self.arms[arm].test_labels, seeding.stream(self.seed, "bootstrap", arm)
        face_owners = np.arange(len(test_labels))
        judge = Judge.over(test_labels, face_owners, len(self.data.classes), self.seed_count, rng)
        return judge.interval(self.predicted_classes(arm), score)

    def validation_f1(self, arm: str) -> float:
        """Return the arm's mean macro-F1 on validation people, by which arms are chosen."""
        true_labels = self.data.labels[self.data.rows("validation")]
        confusion_matrices = count_confusions(
            true_labels, self.answers[arm].validation_predictions, len(self.data.classes)
        )
        return float(scores.macro_f1(confusion_matrices).mean())

    @property
    def amount_arms(self) -> list[str]:
        """Return the arms that add unfiltered generated faces, fewest first."""
        arm_names = [arm for arm in self.arms if arm == "added" or arm.startswith("ratio@")]
        return sorted(arm_names, key=lambda arm: self.arms[arm].generated_count)

    def preferred_arm(self, *, generated: bool) -> str:
        """Return the arm that is best on validation people: of all amounts, or of the controls."""
        arm_names = [*self.amount_arms, "filtered"] if generated else list(CONTROL_ARMS)
        arm_names = [arm for arm in arm_names if bool(self.arms[arm].generated_count) is generated]
        return max(arm_names, key=self.validation_f1)

    def part_accuracy(
        self, arm: str, is_in_part: Array, other_arm: str | None = None
    ) -> list[float] | None:
        """Return [accuracy, low, high] on a part of the test set, or the gain over `other_arm`."""
        if not is_in_part.any():
            return None
        judge, predicted = self.part_judge(is_in_part), self.predicted_classes(arm)[:, is_in_part]
        if other_arm is None:
            return judge.interval(predicted)
        return judge.difference(predicted, self.predicted_classes(other_arm)[:, is_in_part])

    def planted_accuracy(self, arm: str, noise: str, other_arm: str | None = None) -> list[float]:
        """Return [accuracy, low, high] on the test faces with planted noise, or the gain."""
        if other_arm is None:
            return self.test_judge.interval(self.predicted_classes(arm, noise))
        return self.test_judge.difference(
            self.predicted_classes(arm, noise), self.predicted_classes(other_arm, noise)
        )

    def confusion_matrices(self, arm: str) -> Array:
        """Return the arm's confusion matrices on its test faces, (seeds, k, k)."""
        return count_confusions(
            self.arms[arm].test_labels, self.predicted_classes(arm), len(self.data.classes)
        )

    def class_measures(self, arm: str) -> dict[str, list[float | None]]:
        """Return {measure: means over the seeds by class, None where undefined}."""
        confusion_matrices = self.confusion_matrices(arm)
        return {
            measure_name: [
                scores.spread(class_scores)["mean"]
                for class_scores in measure(confusion_matrices).T
            ]
            for measure_name, measure in CLASS_MEASURES.items()
        }


def count_confusions(true_labels: Array, predicted: Array, classes: int) -> Array:
    """Return confusions (seeds, k, k) of `predicted` (seeds, n); rows are true classes."""
    cell_indices = (
        np.arange(len(predicted))[:, None] * classes + true_labels
    ) * classes + predicted
    cell_counts = np.bincount(cell_indices.ravel(), minlength=len(predicted) * classes**2)
    return cell_counts.reshape(len(predicted), classes, classes)


def arm_title(arm: str) -> str:
    """Return the title of an arm in tables."""
    arm_titles = {
        "plain": "Real, nothing changed",
        "real": "Real, augmented",
        "unfiltered": "Real, augmented, flagged faces too",
        "added": "+ generated",
        "filtered": "+ generated, both filters",
        "shuffled": "+ generated, labels shuffled",
        LEAKY_ARMS[0]: "Real (leaky)",
        LEAKY_ARMS[1]: "+ generated (leaky)",
    }
    return arm_titles.get(arm) or f"+ {arm.partition('@')[2]} generated for each real"
