"""Every want x seed: a DCGAN for each class that lacks faces, then a CNN for each arm."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.gan.sample import sample
from depthfaces.schema.studies import Balance
from depthfaces.studies import dcgan
from depthfaces.studies.balance import arms
from depthfaces.studies.balance.arms import Ground
from depthfaces.studies.balance.cnn import SIDE, Cnn
from depthfaces.studies.balance.want import Data, Floats, Want
from depthfaces.studies.lessons import Lesson, Plan, answers, fit, side_by_side

Array = npt.NDArray[Any]
Curve = list[dict[str, float]]


class Case(NamedTuple):
    """A share of the small class that stays, and the number of the seed."""

    share: float
    number: int

    @property
    def name(self) -> str:
        """Return the name of the case's streams."""
        return f"{self.share:g}-{self.number}"


class Made(NamedTuple):
    """Faces generated for one class (n, 64, 64), and the losses of the DCGAN that made them."""

    images: Floats
    curve: Curve


class Answer(NamedTuple):
    """What one CNN answered: probabilities (n, k), with the true classes (n,), and its looks.

    `validation` are those of the faces that chose the look. `made` (n,) tells which of the faces
    asked were added by the arm: none of them, but in the published protocol.
    """

    shares: Array
    labels: Array
    made: Array
    validation: Array
    curve: Curve

    @property
    def right(self) -> Array:
        """Return which answers are right, (n,)."""
        return np.asarray(self.shares.argmax(axis=1) == self.labels)


class Results(NamedTuple):
    """All that was found: wants, DCGANs (by case and class), answers (by case and arm)."""

    wants: dict[Case, Want]
    made: dict[tuple[Case, int], Made]
    held_out: dict[tuple[Case, str], Answer]
    leaky: dict[tuple[Case, str], Answer]


def run(data: Data, wanted: Balance, seed: int, threads: int) -> Results:
    """Return everything; fits run side by side, one thread each."""
    cases = [Case(share, number) for share in wanted.shares for number in range(wanted.seeds)]
    wants = {
        case: Want.of(data, wanted.small, case.share, seeding.stream(seed, "want", case.name))
        for case in cases
    }
    nets = [(case, label) for case in cases for label in wants[case].lacking]

    def make(job: tuple[Case, int]) -> Made:
        case, label = job
        return generate(
            data, wants[case], label, wanted, seeding.number(seed, "gan", case.name, label)
        )

    made = dict(zip(nets, side_by_side(make, nets, threads, "DCGANs"), strict=True))
    grounds = {
        case: Ground(
            data,
            wants[case],
            {label: made[case, label].images for label in wants[case].lacking},
            seeding.number(seed, "ground", case.name),
        )
        for case in cases
    }
    jobs = [(case, name, False) for case in cases for name in arms.arms(wants[case])]
    # The published protocol is repeated at the first want alone, which is the published one.
    first = [case for case in cases if case.share == wanted.shares[0]]
    jobs += [(case, name, True) for case in first for name in arms.LEAKY]

    def answer(job: tuple[Case, str, bool]) -> Answer:
        case, name, leaks = job
        # The same number for each arm: all start from equal weights.
        return judge(grounds[case], name, leaks, wanted, seeding.number(seed, "cnn", case.name))

    found = dict(zip(jobs, side_by_side(answer, jobs, threads, "CNNs"), strict=True))
    return Results(wants, made, _part(found, leaks=False), _part(found, leaks=True))


def generate(data: Data, want: Want, label: int, wanted: Balance, seed: int) -> Made:
    """Train a DCGAN on the kept faces of one class, and make as many as the class lacks."""
    own = want.kept[data.labels[want.kept] == label]
    settings = dcgan.Settings.of(wanted.gan)
    steps = max(1, len(own) // min(settings.batch, len(own)))
    epochs = min(settings.epochs, -(-wanted.gan_steps // steps))
    trained = dcgan.fit(data.images[own], None, settings.changed(epochs=epochs), seed)
    count = int(want.missing[label])
    z = seeding.stream(seed, "z").standard_normal((count, settings.design.latent), np.float32)
    return Made(sample(trained.generator, z, np.zeros(count)), trained.curves)


def judge(ground: Ground, name: str, leaks: bool, wanted: Balance, seed: int) -> Answer:
    """Train the CNN of an arm and ask it about test people, or the published way.

    Every arm takes as many steps as passes over the balanced set have.
    """
    data = ground.data
    if leaks:
        pool = arms.published(ground, name)
    else:
        validation, test = (_held(data, split) for split in ("validation", "test"))
        made = np.zeros(len(test.labels), bool)
        pool = arms.Pool(arms.lesson(ground, name), validation, test, made)
    balanced = len(ground.want.kept) + int(ground.want.missing.sum())
    cnn = wanted.cnn
    plan = Plan(cnn.epochs, -(-balanced // cnn.batch), cnn.batch, cnn.rate)
    rng = np.random.default_rng(seed)
    fitted = fit(Cnn(len(data.classes), cnn, rng), pool.train, pool.validation, plan, rng)
    asked, tuned = (answers(fitted.net, part.images) for part in (pool.test, pool.validation))
    return Answer(asked, pool.test.labels, pool.made, tuned, fitted.curve)


def _held(data: Data, split: str) -> Lesson:
    rows = data.rows(split)
    return Lesson(data.grey(rows, SIDE), data.labels[rows])


def _part(
    found: dict[tuple[Case, str, bool], Answer], *, leaks: bool
) -> dict[tuple[Case, str], Answer]:
    return {(case, name): one for (case, name, how), one in found.items() if how == leaks}


def stacked(found: dict[tuple[Case, str], Answer], share: float, name: str) -> Sequence[Answer]:
    """Return the answers of an arm at a share, a seed each."""
    return [one for (case, arm), one in found.items() if (case.share, arm) == (share, name)]
