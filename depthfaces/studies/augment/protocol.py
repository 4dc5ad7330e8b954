"""Every arm and seed: fit, choose weights on validation people, predict the test set once."""

from collections.abc import Mapping
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from depthfaces import seeding
from depthfaces.classify.cnn import initialise
from depthfaces.schema.studies import Augment
from depthfaces.studies import lessons
from depthfaces.studies.augment.arms import Arm
from depthfaces.studies.augment.change import random_augmentation
from depthfaces.studies.augment.vgg import Vgg19

Array = npt.NDArray[Any]


class Answers(NamedTuple):
    """Predicted classes of the nets of one arm, one row per seed, and their learning curves.

    `validation_predictions` (seeds, m), `test_predictions` {name: (seeds, n)}, `learning_curves`
    (one list of evaluations per seed).
    """

    validation_predictions: Array
    test_predictions: dict[str, Array]
    learning_curves: list[list[dict[str, float]]]


def run(arms: Mapping[str, Arm], section: Augment, seed: int, threads: int) -> dict[str, Answers]:
    """Return the answers of each arm. Fits run in parallel, one thread each.

    Every arm takes as many steps as the epochs over the arm `real` have: a larger set is seen less
    often, so that more training cannot pass for better faces. Within a seed all arms start from
    equal weights.
    """
    vgg = section.vgg
    class_count = int(max(arm.train.labels.max() for arm in arms.values())) + 1
    step_count = -(-len(arms["real"].train.labels) // vgg.batch)
    jobs = list(product(arms, range(section.seeds)))

    def fit_arm(job: tuple[str, int]) -> Answers:
        arm, rng = arms[job[0]], seeding.stream(seed, "fit", job[1])
        dropout_stream = torch.Generator().manual_seed(int(rng.integers(2**63)))
        net = Vgg19(class_count, arm.train.images.shape[1], vgg, dropout_stream)
        initialise(net, rng)
        augmentation = random_augmentation(arm.augmentation) if arm.augmentation else None
        plan = lessons.TrainingPlan(
            vgg.epochs, step_count, vgg.batch, vgg.rate, augmentation, vgg.falling
        )
        fitted_net = lessons.fit(net, arm.train, arm.validation, plan, rng)
        image_sets = {"validation": arm.validation.images, **arm.test_sets}
        predictions = {
            set_name: lessons.predict_probabilities(fitted_net.net, faces).argmax(axis=1)[None]
            for set_name, faces in image_sets.items()
        }
        return Answers(predictions.pop("validation"), predictions, [fitted_net.learning_curve])

    answers = lessons.side_by_side(fit_arm, jobs, threads, "VGG-19")
    return {
        name: _join_answers(
            [
                answer
                for (arm_name, _), answer in zip(jobs, answers, strict=True)
                if arm_name == name
            ]
        )
        for name in arms
    }


def _join_answers(seed_answers: list[Answers]) -> Answers:
    """Join the answers of an arm's seeds."""
    return Answers(
        np.concatenate([answer.validation_predictions for answer in seed_answers]),
        {
            set_name: np.concatenate([answer.test_predictions[set_name] for answer in seed_answers])
            for set_name in seed_answers[0].test_predictions
        },
        [answer.learning_curves[0] for answer in seed_answers],
    )
