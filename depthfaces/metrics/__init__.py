"""Metrics: pure functions of two clouds of points, `real` (n, d) and `fake` (m, d)."""

from collections.abc import Callable

from depthfaces.metrics.frechet import fd
from depthfaces.metrics.kernel import kid
from depthfaces.metrics.manifold import coverage, density, precision, recall

# Called with real= and fake=; those of neighbourhoods with neighbours= besides.
DISTANCES: dict[str, Callable[..., float]] = {"fd": fd, "kid": kid}
MANIFOLDS: dict[str, Callable[..., float]] = {
    "precision": precision,
    "recall": recall,
    "density": density,
    "coverage": coverage,
}
METRICS = DISTANCES | MANIFOLDS
