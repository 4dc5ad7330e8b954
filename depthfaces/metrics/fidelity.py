"""Every metric of every generated set, each beside its floor."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.features.store import FeatureSet
from depthfaces.metrics import DISTANCES, MANIFOLDS
from depthfaces.metrics.diversity import diversity
from depthfaces.metrics.embedding import Embedding
from depthfaces.metrics.memory import authentic_share, closest_share
from depthfaces.metrics.undefined import Value, attempt
from depthfaces.schema import Params

Array = npt.NDArray[Any]
NO_GENERATORS = ("real", "augmented")


class Cloud(NamedTuple):
    """Embedded faces `points` (n, d) and their `label` (n,)."""

    points: Array
    label: Array


class Reference(NamedTuple):
    """Real people: `held_out`, equally many faces of `train`, and `all_train`."""

    held_out: Cloud
    train: Cloud
    all_train: Cloud


def fidelity(sets: dict[str, FeatureSet], params: Params) -> dict[str, Any]:
    """Return `embedding`, `sets` {set: {metric: {value, floor}}} and `undefined` {what: why}.

    Sets are compared with held-out people, so that copying the train faces wins nothing. The
    floor is what equally many real train faces score in a set's place.
    """
    real, k = sets["real"], params.compare.neighbours
    space = Embedding.fit(real.part("train").x, params.compare.dimensions)
    train, validation, test = (
        _cloud(space, real.part(split)) for split in ("train", "validation", "test")
    )
    fakes = {name: _cloud(space, sets[name]) for name in sorted(set(sets) - set(NO_GENERATORS))}
    rng = seeding.stream(params.seed, "compare")
    held_out, as_many, *chosen = match([test, train, *fakes.values()], rng)
    reference = Reference(held_out, as_many, train)
    # Train faces are their own nearest; the honest level is that of people never trained on.
    floors = measure(reference, as_many, k) | memory(reference, validation)
    values = {name: measure(reference, fake, k) for name, fake in zip(fakes, chosen, strict=True)}
    faces, dimensions = held_out.points.shape
    return {
        "embedding": {"features": "handcrafted", "dimensions": dimensions, "faces": faces},
        "sets": {name: _beside(found, floors) for name, found in values.items()},
        "undefined": {
            f"{name}: {key}": value.reason
            for name, found in (values | {"floor": floors}).items()
            for key, value in found.items()
            if value.reason
        },
    }


def measure(reference: Reference, fake: Cloud, neighbours: int) -> dict[str, Value]:
    """Return each metric of `fake` against the held-out people."""
    clouds = {"real": reference.held_out.points, "fake": fake.points}
    values = {name: attempt(metric, **clouds) for name, metric in DISTANCES.items()}
    for name, metric in MANIFOLDS.items():
        values[name] = attempt(metric, **clouds, neighbours=neighbours)
    values["diversity"] = attempt(diversity, points=fake.points, label=fake.label)
    return values | memory(reference, fake)


def memory(reference: Reference, fake: Cloud) -> dict[str, Value]:
    """Return how far `fake` copies the train faces."""
    held_out, train, all_train = (cloud.points for cloud in reference)
    share = attempt(closest_share, train=train, held_out=held_out, fake=fake.points)
    authentic = attempt(authentic_share, train=all_train, fake=fake.points)
    return {"closest_share": share, "authentic_share": authentic}


def _beside(values: dict[str, Value], floors: dict[str, Value]) -> dict[str, Any]:
    return {key: {"value": values[key].value, "floor": floors[key].value} for key in values}


def match(clouds: list[Cloud], rng: np.random.Generator) -> list[Cloud]:
    """Return the clouds drawn to one size and one mix of classes: the first's, as far as faces go.

    Distances between samples depend on their size, and a different mix of classes is a distance.
    """
    classes = sorted(set(clouds[0].label))
    counts = np.array([[np.sum(cloud.label == name) for name in classes] for cloud in clouds])
    share = min(1.0, float((counts / counts[0]).min()))
    wanted = dict(zip(classes, np.floor(counts[0] * share).astype(int), strict=True))
    return [_draw(cloud, wanted, rng) for cloud in clouds]


def _draw(cloud: Cloud, counts: dict[str, int], rng: np.random.Generator) -> Cloud:
    rows = [
        rng.permutation(np.flatnonzero(cloud.label == name))[:count]
        for name, count in counts.items()
    ]
    chosen = np.sort(np.concatenate(rows))
    return Cloud(cloud.points[chosen], cloud.label[chosen])


def _cloud(space: Embedding, found: FeatureSet) -> Cloud:
    return Cloud(space(found.x), found.label)
