"""Every arm x seed: fit, choose on validation people, answer once."""

from collections.abc import Mapping
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from joblib import Parallel, delayed
from tqdm import tqdm

from depthfaces import seeding
from depthfaces.schema.studies import Augment
from depthfaces.studies.augment.arms import Arm
from depthfaces.studies.augment.fit import Plan, answers, fit

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
    often, so that more training cannot pass for better faces.
    """
    classes = int(max(arm.train.labels.max() for arm in arms.values())) + 1
    steps = -(-len(arms["real"].train.labels) // wanted.vgg.batch)
    jobs = list(product(arms, range(wanted.seeds)))
    calls = [
        delayed(_run)(
            arms[name], Plan(classes, steps, arms[name].how, _number(seed, k)), wanted
        )
        for name, k in jobs
    ]  # fmt: skip
    side_by_side = 1 if torch.cuda.is_available() else threads
    work = Parallel(n_jobs=side_by_side, prefer="threads", return_as="generator")
    torch.set_num_threads(1)
    try:
        found = list(tqdm(work(calls), "VGG-19", len(calls), unit="fit"))
    finally:
        torch.set_num_threads(threads)
    return {
        name: _joined([one for (of, _), one in zip(jobs, found, strict=True) if of == name])
        for name in arms
    }


def _run(arm: Arm, plan: Plan, wanted: Augment) -> Answers:
    fitted = fit(arm.train, arm.validation, plan, wanted.vgg)
    asked = {name: answers(fitted.net, faces).argmax(axis=1) for name, faces in arm.asked.items()}
    return Answers(answers(fitted.net, arm.validation.images).argmax(axis=1), asked, [fitted.curve])


def _number(seed: int, k: int) -> int:
    """Return the seed of a fit: the same for each arm, so that all start from equal weights."""
    return seeding.number(seed, "fit", k)


def _joined(found: list[Answers]) -> Answers:
    return Answers(
        np.stack([one.validation for one in found]),
        {name: np.stack([one.asked[name] for one in found]) for name in found[0].asked},
        [one.curves[0] for one in found],
    )
