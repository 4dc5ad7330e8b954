"""Every arm x seed: fit, choose on validation people, answer once."""

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
from depthfaces.studies.augment.change import by_chance
from depthfaces.studies.augment.vgg import Vgg19

Array = npt.NDArray[Any]


class Answers(NamedTuple):
    """What the nets of one arm said, a row a seed: classes called, and how training went.

    `validation` (seeds, m), `asked` {name: (seeds, n)}, `curves` (a list of looks a seed).
    """

    validation: Array
    asked: dict[str, Array]
    curves: list[list[dict[str, float]]]


def run(arms: Mapping[str, Arm], wanted: Augment, seed: int, threads: int) -> dict[str, Answers]:
    """Return the answers of each arm. Fits run side by side, one thread each.

    Every arm takes as many steps as passes over the arm `real` have: a larger set is seen less
    often, so that more training cannot pass for better faces. A seed gives each arm equal weights
    to start from.
    """
    vgg = wanted.vgg
    classes = int(max(arm.train.labels.max() for arm in arms.values())) + 1
    steps = -(-len(arms["real"].train.labels) // vgg.batch)
    jobs = list(product(arms, range(wanted.seeds)))

    def work(job: tuple[str, int]) -> Answers:
        arm, rng = arms[job[0]], seeding.stream(seed, "fit", job[1])
        stream = torch.Generator().manual_seed(int(rng.integers(2**63)))
        net = Vgg19(classes, arm.train.images.shape[1], vgg, stream)
        initialise(net, rng)
        how = by_chance(arm.how) if arm.how else None
        plan = lessons.Plan(vgg.epochs, steps, vgg.batch, vgg.rate, how, vgg.falling)
        fitted = lessons.fit(net, arm.train, arm.validation, plan, rng)
        asked = {"validation": arm.validation.images, **arm.asked}
        called = {
            name: lessons.answers(fitted.net, faces).argmax(axis=1)[None]
            for name, faces in asked.items()
        }
        return Answers(called.pop("validation"), called, [fitted.curve])

    found = lessons.side_by_side(work, jobs, threads, "VGG-19")
    return {
        name: _joined([one for (of, _), one in zip(jobs, found, strict=True) if of == name])
        for name in arms
    }


def _joined(found: list[Answers]) -> Answers:
    """Return the answers of an arm's seeds as one."""
    return Answers(
        np.concatenate([one.validation for one in found]),
        {name: np.concatenate([one.asked[name] for one in found]) for name in found[0].asked},
        [one.curves[0] for one in found],
    )
