"""For every kept share and seed: a DCGAN per class that lacks faces, then a CNN per arm."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.gan.sample import sample
from depthfaces.schema.studies import Balance
from depthfaces.studies import dcgan
from depthfaces.studies.balance import arms
from depthfaces.studies.balance.arms import ArmInputs
from depthfaces.studies.balance.cnn import CNN_SIDE, Cnn
from depthfaces.studies.balance.want import Data, Floats, Imbalance
from depthfaces.studies.lessons import (
    LabelledImages,
    TrainingPlan,
    fit,
    predict_probabilities,
    side_by_side,
)

Array = npt.NDArray[Any]
Curve = list[dict[str, float]]


class Case(NamedTuple):
    """A kept share of the small class, and the number of a seed."""

    kept_share: float
    seed_number: int

    @property
    def name(self) -> str:
        """Return the name of the case in random streams."""
        return f"{self.kept_share:g}-{self.seed_number}"


class GeneratedFaces(NamedTuple):
    """Faces generated for one class (n, 64, 64), and the losses of their DCGAN."""

    images: Floats
    loss_curve: Curve


class Answer(NamedTuple):
    """Test probabilities (n, k) of one CNN, true classes (n,), and its learning curve.

    `validation_probabilities` are those of the faces that chose the weights. `is_added` (n,) tells
    which test faces were added by the arm: none, except in the published protocol.
    """

    probabilities: Array
    labels: Array
    is_added: Array
    validation_probabilities: Array
    learning_curve: Curve

    @property
    def is_right(self) -> Array:
        """Return which predictions are right, (n,)."""
        return np.asarray(self.probabilities.argmax(axis=1) == self.labels)


class Results(NamedTuple):
    """Imbalances by case, generated faces by case and class, answers by case and arm."""

    imbalances: dict[Case, Imbalance]
    generated: dict[tuple[Case, int], GeneratedFaces]
    held_out: dict[tuple[Case, str], Answer]
    leaky: dict[tuple[Case, str], Answer]


def run(data: Data, section: Balance, seed: int, threads: int) -> Results:
    """Fit all DCGANs and CNNs, in parallel with one thread each, and return the results."""
    cases = [Case(share, number) for share in section.shares for number in range(section.seeds)]
    imbalances = {
        case: Imbalance.draw(
            data, section.small, case.kept_share, seeding.stream(seed, "want", case.name)
        )
        for case in cases
    }
    gan_jobs = [(case, label) for case in cases for label in imbalances[case].lacking_classes]

    def fit_gan(job: tuple[Case, int]) -> GeneratedFaces:
        case, label = job
        return generate_faces(
            data, imbalances[case], label, section, seeding.number(seed, "gan", case.name, label)
        )

    generated = dict(zip(gan_jobs, side_by_side(fit_gan, gan_jobs, threads, "DCGANs"), strict=True))
    inputs = {
        case: ArmInputs(
            data,
            imbalances[case],
            {label: generated[case, label].images for label in imbalances[case].lacking_classes},
            seeding.number(seed, "ground", case.name),
        )
        for case in cases
    }
    cnn_jobs = [(case, arm, False) for case in cases for arm in arms.arm_names(imbalances[case])]
    # The published protocol is repeated at the first kept share alone, the published one.
    published_cases = [case for case in cases if case.kept_share == section.shares[0]]
    cnn_jobs += [(case, arm, True) for case in published_cases for arm in arms.LEAKY_ARMS]

    def answer_arm(job: tuple[Case, str, bool]) -> Answer:
        case, arm, leaky = job
        # The same seed for each arm: all start from equal weights.
        return run_arm(inputs[case], arm, leaky, section, seeding.number(seed, "cnn", case.name))

    answers = dict(zip(cnn_jobs, side_by_side(answer_arm, cnn_jobs, threads, "CNNs"), strict=True))
    return Results(imbalances, generated, _pick(answers, leaky=False), _pick(answers, leaky=True))


def generate_faces(
    data: Data, imbalance: Imbalance, label: int, section: Balance, seed: int
) -> GeneratedFaces:
    """Train a DCGAN on the kept faces of one class, and generate as many as it lacks."""
    class_rows = imbalance.kept_rows[data.labels[imbalance.kept_rows] == label]
    settings = dcgan.Settings.of(section.gan)
    steps_per_epoch = max(1, len(class_rows) // min(settings.batch, len(class_rows)))
    epochs = min(settings.epochs, -(-section.gan_steps // steps_per_epoch))
    trained = dcgan.fit(data.images[class_rows], None, settings.changed(epochs=epochs), seed)
    missing_count = int(imbalance.missing_counts[label])
    z = seeding.stream(seed, "z").standard_normal(
        (missing_count, settings.design.latent), np.float32
    )
    return GeneratedFaces(sample(trained.generator, z, np.zeros(missing_count)), trained.curves)


def run_arm(inputs: ArmInputs, name: str, leaky: bool, section: Balance, seed: int) -> Answer:
    """Train the CNN of an arm and test it on held-out people, or by the published protocol.

    Every arm takes as many steps as the epochs over the balanced set have.
    """
    data = inputs.data
    if leaky:
        splits = arms.published_splits(inputs, name)
    else:
        validation_set, test_set = (_held_out_set(data, split) for split in ("validation", "test"))
        test_is_added = np.zeros(len(test_set.labels), bool)
        splits = arms.PooledSplits(
            arms.training_set(inputs, name), validation_set, test_set, test_is_added
        )
    balanced_count = len(inputs.imbalance.kept_rows) + int(inputs.imbalance.missing_counts.sum())
    cnn_params = section.cnn
    plan = TrainingPlan(
        cnn_params.epochs, -(-balanced_count // cnn_params.batch), cnn_params.batch, cnn_params.rate
    )
    rng = np.random.default_rng(seed)
    fitted_net = fit(
        Cnn(len(data.classes), cnn_params, rng), splits.train, splits.validation, plan, rng
    )
    test_probabilities, validation_probabilities = (
        predict_probabilities(fitted_net.net, image_set.images)
        for image_set in (splits.test, splits.validation)
    )
    return Answer(
        test_probabilities,
        splits.test.labels,
        splits.test_is_added,
        validation_probabilities,
        fitted_net.learning_curve,
    )


def _held_out_set(data: Data, split: str) -> LabelledImages:
    rows = data.rows(split)
    return LabelledImages(data.grey(rows, CNN_SIDE), data.labels[rows])


def _pick(
    answers: dict[tuple[Case, str, bool], Answer], *, leaky: bool
) -> dict[tuple[Case, str], Answer]:
    return {
        (case, arm): answer
        for (case, arm, is_leaky), answer in answers.items()
        if is_leaky == leaky
    }


def answers_of_arm(
    answers: dict[tuple[Case, str], Answer], kept_share: float, arm: str
) -> Sequence[Answer]:
    """Return the answers of an arm at a kept share, one per seed."""
    return [
        answer
        for (case, answered_arm), answer in answers.items()
        if (case.kept_share, answered_arm) == (kept_share, arm)
    ]
