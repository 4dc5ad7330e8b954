"""A density for each class in the space of principal components, chosen on validation faces."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from depthfaces import seeding
from depthfaces.baselines.samples import Array, Sampler
from depthfaces.baselines.space import Space
from depthfaces.faces import FaceSet


class Density(Protocol):
    """A probability density of points (n, k)."""

    def score_samples(self, points: Array) -> Array:
        """Return the log density (n,)."""

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """Return `count` points drawn from it, (count, k)."""


def choose(
    train: Sequence[Array],
    held: Sequence[Array],
    values: Sequence[Any],
    make: Callable[[Array, Any], Density],
) -> list[Density]:
    """Return a density for each class's points in `train`, made with one of `values`.

    It is the value under which the points in `held` are likeliest: one value for all classes,
    because each has few held-out points.
    """
    found = [[make(points, value) for points in train] for value in values]
    likelihood = [
        sum(
            float(density.score_samples(points).sum())
            for density, points in zip(densities, held, strict=True)
            if len(points)
        )
        for densities in found
    ]
    return found[int(np.argmax(likelihood))]


def sampler(densities: Sequence[Density], space: Space) -> Sampler:
    """Return the sampler that draws a face of class i from `densities[i]`."""

    def draw(labels: Array, seed: int) -> Array:
        rng = seeding.stream(seed, "points")
        points = np.empty((len(labels), len(space.deviation)))
        for target in np.unique(labels):
            chosen = labels == target
            points[chosen] = densities[target].draw(int(chosen.sum()), rng)
        return space.faces(points)

    return draw


def by_class(faces: FaceSet, classes: Sequence[str], space: Space) -> list[Array]:
    """Return the points of the faces of each class; a class without faces has none."""
    points, labels = space.points(faces), faces.table["label"].to_numpy()
    return [points[labels == label] for label in classes]
