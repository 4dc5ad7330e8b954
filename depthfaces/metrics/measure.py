"""Every metric of one side against real people, each a value or a reason."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from depthfaces import seeding
from depthfaces.metrics import DISTANCES, LOOKS, MANIFOLDS, SURFACES
from depthfaces.metrics.diversity import diversity, sameness, vendi
from depthfaces.metrics.draws import Drawn
from depthfaces.metrics.memory import authentic_share, closest_share, copying_z, membership_auc
from depthfaces.metrics.score import inception_score
from depthfaces.metrics.sides import Side
from depthfaces.metrics.similarity import grey, psnr, ssim
from depthfaces.metrics.undefined import UndefinedError, Value, attempt
from depthfaces.schema import Params

Array = npt.NDArray[Any]
Values = dict[str, Value]
PAIRS = 60  # of faces of a class, for MS-SSIM
SPLITS = 10  # of the inception score


class Reference(NamedTuple):
    """Real people: `held_out`, equally many faces of `train`, and the points of `all_train`.

    `inside` and `outside` are the points of each known person in train and in test.
    """

    held_out: Side
    train: Side
    all_train: Array
    inside: list[Array]
    outside: list[Array]


def measure(reference: Reference, fake: Side, params: Params) -> Values:
    """Return each metric of `fake` against the held-out people, and how far it copies train."""
    return (
        overlap(reference.held_out.points, fake.points, params.compare.neighbours)
        | variety(fake, params.seed)
        | faithful(fake, params.seed)
        | memory(reference, fake.points)
        | looks(reference.held_out, fake, params.seed)
    )


def overlap(real: Array, fake: Array, neighbours: int) -> Values:
    """Return distances and overlaps of two clouds (n, d), in any one space."""
    clouds = {"real": real, "fake": fake}
    values = {name: attempt(metric, **clouds) for name, metric in DISTANCES.items()}
    for name, metric in MANIFOLDS.items():
        values[name] = attempt(metric, **clouds, neighbours=neighbours)
    return values


def variety(fake: Side, seed: int) -> Values:
    """Return how different the faces are from each other."""
    values = {
        "diversity": attempt(diversity, points=fake.points, label=fake.label),
        "vendi": attempt(vendi, points=fake.points),
    }
    if fake.images is not None:
        given = {"images": fake.images, "label": fake.label, "pairs": PAIRS}
        values["sameness"] = attempt(sameness, **given, rng=seeding.stream(seed, "pairs"))
    return values


def faithful(fake: Side, seed: int) -> Values:
    """Return how well the labels show, by the reader of real faces; and its inception score."""
    classes = np.array(sorted(set(fake.label)))

    def label_share() -> float:
        if fake.shares.shape[1] != len(classes):
            raise UndefinedError(f"needs faces of all {fake.shares.shape[1]} classes")
        return float(np.mean(classes[fake.shares.argmax(axis=1)] == fake.label))

    rng = seeding.stream(seed, "splits")
    return {
        "label_share": attempt(label_share),
        "inception_score": attempt(inception_score, shares=fake.shares, splits=SPLITS, rng=rng),
    }


def memory(reference: Reference, fake: Array) -> Values:
    """Return how far the points `fake` (n, d) copy the train faces."""
    held_out, train = reference.held_out.points, reference.train.points
    people = {"inside": reference.inside, "outside": reference.outside}
    return {
        "closest_share": attempt(closest_share, train=train, held_out=held_out, fake=fake),
        "authentic_share": attempt(authentic_share, train=reference.all_train, fake=fake),
        "copying_z": attempt(copying_z, train=reference.all_train, held_out=held_out, fake=fake),
        "membership_auc": attempt(membership_auc, **people, fake=fake),
    }


def looks(real: Side, fake: Side, seed: int) -> Values:
    """Return what the images themselves tell; nothing where there are none."""
    if real.images is None or fake.images is None:
        return {}
    sides = {"real": real.images, "fake": fake.images}
    near = real.images[cdist(fake.points, real.points).argmin(axis=1)]
    pair = grey(near), grey(fake.images)
    return (
        {name: attempt(metric, **sides) for name, metric in SURFACES.items()}
        | {name: attempt(metric, images=fake.images) for name, metric in LOOKS.items()}
        | {
            "ssim_nearest": attempt(lambda: float(ssim(*pair).mean())),
            "psnr_nearest": attempt(lambda: mean_psnr(*pair)),
        }
    )


def mean_psnr(real: Array, fake: Array) -> float:
    """Return the mean PSNR of grey pairs (n, S, S) in dB."""
    values = psnr(real, fake)
    if np.isinf(values).any():
        raise UndefinedError(f"{np.isinf(values).sum()} pairs are equal: infinite")
    return float(values.mean())


def beside(values: Values, floors: Values) -> dict[str, Any]:
    """Return {metric: {value, floor}}."""
    return {key: {"value": values[key].value, "floor": floors[key].value} for key in values}


def reasons(found: Mapping[str, Mapping[str, Value | Drawn]]) -> dict[str, str]:
    """Return {"set: metric": why} of what has no value."""
    return {
        f"{name}: {key}": value.reason
        for name, values in found.items()
        for key, value in values.items()
        if value.reason
    }
