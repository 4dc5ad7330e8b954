"""Every metric of one side against real people: a value, or the reason why there is none."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from depthfaces import seeding
from depthfaces.metrics import DISTANCES, IMAGE_STATISTICS, MANIFOLDS, SURFACE_DISTANCES
from depthfaces.metrics.diversity import diversity, sameness, vendi_score
from depthfaces.metrics.draws import DrawnValue
from depthfaces.metrics.memory import authentic_share, closest_share, copying_z, membership_auc
from depthfaces.metrics.score import inception_score
from depthfaces.metrics.sides import Side
from depthfaces.metrics.similarity import grey, psnr, ssim
from depthfaces.metrics.undefined import UndefinedError, Value, attempt
from depthfaces.schema import Params

Array = npt.NDArray[Any]
MetricValues = dict[str, Value]
PAIRS_PER_CLASS = 60  # of faces, for MS-SSIM
SCORE_SPLITS = 10  # of the inception score


class Reference(NamedTuple):
    """Real people: `held_out`, equally many faces of `train`, and the points of `all_train`.

    `train_people` and `test_people` hold the points of each known person in train and in test.
    """

    held_out: Side
    train: Side
    all_train: Array
    train_people: list[Array]
    test_people: list[Array]


def measure_side(reference: Reference, fake: Side, params: Params) -> MetricValues:
    """Return every metric of `fake` against the held-out people, and how far it copies train."""
    return (
        overlap_metrics(reference.held_out.points, fake.points, params.compare.neighbours)
        | variety_metrics(fake, params.seed)
        | label_metrics(fake, params.seed)
        | memory_metrics(reference, fake.points)
        | image_metrics(reference.held_out, fake, params.seed)
    )


def overlap_metrics(real: Array, fake: Array, neighbours: int) -> MetricValues:
    """Return distances and overlaps of two clouds (n, d) in one space."""
    clouds = {"real": real, "fake": fake}
    values = {name: attempt(metric, **clouds) for name, metric in DISTANCES.items()}
    for name, metric in MANIFOLDS.items():
        values[name] = attempt(metric, **clouds, neighbours=neighbours)
    return values


def variety_metrics(fake: Side, seed: int) -> MetricValues:
    """Return diversity metrics: how different the faces are from each other."""
    values = {
        "diversity": attempt(diversity, points=fake.points, label=fake.label),
        "vendi": attempt(vendi_score, points=fake.points),
    }
    if fake.images is not None:
        pair_options = {"images": fake.images, "label": fake.label, "pairs": PAIRS_PER_CLASS}
        values["sameness"] = attempt(sameness, **pair_options, rng=seeding.stream(seed, "pairs"))
    return values


def label_metrics(fake: Side, seed: int) -> MetricValues:
    """Return the share of labels that the reader of real faces sees, and its inception score."""
    classes = np.array(sorted(set(fake.label)))

    def label_share() -> float:
        if fake.probabilities.shape[1] != len(classes):
            raise UndefinedError(f"needs faces of all {fake.probabilities.shape[1]} classes")
        return float(np.mean(classes[fake.probabilities.argmax(axis=1)] == fake.label))

    rng = seeding.stream(seed, "splits")
    return {
        "label_share": attempt(label_share),
        "inception_score": attempt(
            inception_score, shares=fake.probabilities, splits=SCORE_SPLITS, rng=rng
        ),
    }


def memory_metrics(reference: Reference, fake: Array) -> MetricValues:
    """Return memorisation metrics: how far the points `fake` (n, d) copy the train faces."""
    held_out, train = reference.held_out.points, reference.train.points
    people = {"inside": reference.train_people, "outside": reference.test_people}
    return {
        "closest_share": attempt(closest_share, train=train, held_out=held_out, fake=fake),
        "authentic_share": attempt(authentic_share, train=reference.all_train, fake=fake),
        "copying_z": attempt(copying_z, train=reference.all_train, held_out=held_out, fake=fake),
        "membership_auc": attempt(membership_auc, **people, fake=fake),
    }


def image_metrics(real: Side, fake: Side, seed: int) -> MetricValues:
    """Return metrics of the images themselves; empty where either side has none."""
    if real.images is None or fake.images is None:
        return {}
    images_by_side = {"real": real.images, "fake": fake.images}
    nearest_real = real.images[cdist(fake.points, real.points).argmin(axis=1)]
    grey_pair = grey(nearest_real), grey(fake.images)
    return (
        {name: attempt(metric, **images_by_side) for name, metric in SURFACE_DISTANCES.items()}
        | {name: attempt(metric, images=fake.images) for name, metric in IMAGE_STATISTICS.items()}
        | {
            "ssim_nearest": attempt(lambda: float(ssim(*grey_pair).mean())),
            "psnr_nearest": attempt(lambda: mean_psnr(*grey_pair)),
        }
    )


def mean_psnr(real: Array, fake: Array) -> float:
    """Return the mean PSNR of grey pairs (n, S, S) in dB."""
    values = psnr(real, fake)
    if np.isinf(values).any():
        raise UndefinedError(f"{np.isinf(values).sum()} pairs are equal: infinite")
    return float(values.mean())


def with_floors(values: MetricValues, floors: MetricValues) -> dict[str, Any]:
    """Return {metric: {value, floor}}."""
    return {
        metric: {"value": values[metric].value, "floor": floors[metric].value} for metric in values
    }


def undefined_reasons(
    values_by_set: Mapping[str, Mapping[str, Value | DrawnValue]],
) -> dict[str, str]:
    """Return {"set: metric": reason} of all metrics without a value."""
    return {
        f"{set_name}: {metric}": value.reason
        for set_name, values in values_by_set.items()
        for metric, value in values.items()
        if value.reason
    }
