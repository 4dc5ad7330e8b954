"""Scores of all arms: accuracy, loss, contrasts, and the quality of the generated faces."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.classify.scores import recall
from depthfaces.metrics.diversity import sameness
from depthfaces.metrics.memory import copying_z
from depthfaces.metrics.undefined import UndefinedError
from depthfaces.studies.balance.arms import CONTROL_ARMS
from depthfaces.studies.balance.protocol import Answer, Case, Results, answers_of_arm
from depthfaces.studies.balance.want import Data
from depthfaces.studies.intervals import Judge
from depthfaces.studies.lessons import cross_entropies, floats

Array = npt.NDArray[Any]
Interval = list[float]

DISTANCE_SIDE = 16  # px: the side at which distances between faces are taken
SAMENESS_PAIRS = 200  # of faces, for their mean MS-SSIM


@dataclass(frozen=True)
class Evaluation:
    """The results, and one judge for all arms, so that their differences are paired."""

    data: Data
    results: Results
    judge: Judge
    seed: int

    @classmethod
    def from_results(cls, data: Data, results: Results, seed: int) -> Self:
        """Return the evaluation of `results`, with its draws of people and seeds."""
        test_rows = data.rows("test")
        seed_count = len({case.seed_number for case in results.imbalances})
        rng = seeding.stream(seed, "bootstrap")
        judge = Judge.over(
            data.labels[test_rows], data.owners()[test_rows], len(data.classes), seed_count, rng
        )
        return cls(data, results, judge, seed)

    @property
    def kept_shares(self) -> list[float]:
        """Return the kept shares of the small class, in the order of the parameters."""
        return list(dict.fromkeys(case.kept_share for case in self.results.imbalances))

    def arm_answers(self, kept_share: float) -> dict[str, list[Answer]]:
        """Return the answers of each arm, one per seed."""
        arm_names = dict.fromkeys(
            name for case, name in self.results.held_out if case.kept_share == kept_share
        )
        return {
            name: list(answers_of_arm(self.results.held_out, kept_share, name))
            for name in arm_names
        }

    def predicted_classes(self, kept_share: float, arm: str) -> Array:
        """Return the predicted classes of test faces, (seeds, n)."""
        return np.stack(
            [answer.probabilities.argmax(axis=1) for answer in self.arm_answers(kept_share)[arm]]
        )

    def accuracy(self, kept_share: float, arm: str) -> Interval:
        """Return the accuracy on test people."""
        return self.judge.interval(self.predicted_classes(kept_share, arm))

    def loss(self, kept_share: float, arm: str) -> Interval:
        """Return the mean cross-entropy on test people."""
        answer_losses = [
            cross_entropies(answer.probabilities, answer.labels)
            for answer in self.arm_answers(kept_share)[arm]
        ]
        return self.judge.mean(np.stack(answer_losses))

    def recall(self, kept_share: float, arm: str, label: int) -> Interval:
        """Return the recall of a class on test people."""
        return self.judge.interval(
            self.predicted_classes(kept_share, arm), partial(_class_recall, label=label)
        )

    def accuracy_gain(self, kept_share: float, arm: str, other_arm: str) -> Interval:
        """Return the accuracy of an arm minus that of another arm."""
        return self.judge.difference(
            self.predicted_classes(kept_share, arm), self.predicted_classes(kept_share, other_arm)
        )

    def preferred_control(self, kept_share: float) -> str:
        """Return the control with the highest mean accuracy on validation people."""
        true_labels = self.data.labels[self.data.rows("validation")]

        def validation_accuracy(arm: str) -> float:
            seed_answers = self.arm_answers(kept_share)[arm]
            return float(
                np.mean(
                    [
                        answer.validation_probabilities.argmax(axis=1) == true_labels
                        for answer in seed_answers
                    ]
                )
            )

        return max(CONTROL_ARMS, key=validation_accuracy)

    def leaky_scores(self, kept_share: float, arm: str) -> tuple[float, float]:
        """Return mean accuracy and loss of the published protocol over the seeds."""
        leaky_answers = answers_of_arm(self.results.leaky, kept_share, arm)
        accuracies = [answer.is_right.mean() for answer in leaky_answers]
        mean_losses = [
            cross_entropies(answer.probabilities, answer.labels).mean() for answer in leaky_answers
        ]
        return float(np.mean(accuracies)), float(np.mean(mean_losses))

    def leaky_part_accuracies(
        self, kept_share: float, arm: str
    ) -> tuple[float | None, float | None]:
        """Return the accuracy of the published protocol on real faces and on added ones.

        All seeds together; None where there are no such faces.
        """
        leaky_answers = answers_of_arm(self.results.leaky, kept_share, arm)
        is_right = np.concatenate([answer.is_right for answer in leaky_answers])
        is_added = np.concatenate([answer.is_added for answer in leaky_answers])
        real_accuracy, added_accuracy = (
            float(is_right[chosen_rows].mean()) if chosen_rows.any() else None
            for chosen_rows in (~is_added, is_added)
        )
        return real_accuracy, added_accuracy

    def curves(self, kept_share: float) -> dict[str, Array]:
        """Return {arm: (seeds, evaluations, 4)}: step, both losses, validation accuracy."""
        curve_keys = ("step", "train", "validation", "accuracy")
        return {
            arm: np.array(
                [
                    [
                        [evaluation[key] for key in curve_keys]
                        for evaluation in answer.learning_curve
                    ]
                    for answer in seed_answers
                ]
            )
            for arm, seed_answers in self.arm_answers(kept_share).items()
        }


def _class_recall(confusion_matrix: Array, *, label: int) -> Array:
    return recall(confusion_matrix)[..., label]


@dataclass(frozen=True)
class FaceQuality:
    """How generated faces of a class compare with the real ones they were made from.

    `generated_sameness`, `real_sameness`: mean MS-SSIM of two faces; `copying`: C_T, below about
    -3 they are copies; None where it is undefined.
    """

    generated_count: int
    train_count: int
    epochs: int
    generated_sameness: float | None
    real_sameness: float | None
    copying: float | None


def face_quality(evaluation: Evaluation, case: Case, label: int) -> FaceQuality:
    """Return the quality of the faces generated in one case for one class."""
    data, generated = evaluation.data, evaluation.results.generated[case, label]
    imbalance = evaluation.results.imbalances[case]
    class_rows = imbalance.kept_rows[data.labels[imbalance.kept_rows] == label]
    validation_rows = data.rows("validation")
    held_out_rows = validation_rows[data.labels[validation_rows] == label]
    rng = seeding.stream(evaluation.seed, "pairs", case.name, label)
    point_sets = [
        _flat_pixels(images)
        for images in (data.images[class_rows], data.images[held_out_rows], generated.images)
    ]
    return FaceQuality(
        len(generated.images),
        len(class_rows),
        len(generated.loss_curve),
        _mean_sameness(generated.images, rng),
        _mean_sameness(data.images[class_rows], rng),
        _copying_score(*point_sets),
    )


def nearest_real(evaluation: Evaluation, case: Case, label: int, images: Array) -> Array:
    """Return the kept real face of the class nearest to each of `images`, (n, S, S)."""
    data, imbalance = evaluation.data, evaluation.results.imbalances[case]
    class_images = data.images[imbalance.kept_rows[data.labels[imbalance.kept_rows] == label]]
    distances = np.linalg.norm(
        _flat_pixels(images)[:, None] - _flat_pixels(class_images)[None], axis=2
    )
    return np.asarray(class_images[distances.argmin(axis=1)])


def _flat_pixels(images: Array) -> Array:
    return floats(images, DISTANCE_SIDE).reshape(len(images), -1)


def _mean_sameness(images: Array, rng: np.random.Generator) -> float | None:
    try:
        return sameness(images=images, label=np.zeros(len(images)), pairs=SAMENESS_PAIRS, rng=rng)
    except UndefinedError:
        return None


def _copying_score(train_points: Array, held_out_points: Array, fake_points: Array) -> float | None:
    try:
        return copying_z(train=train_points, held_out=held_out_points, fake=fake_points)
    except UndefinedError:
        return None
