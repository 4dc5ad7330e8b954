"""Metrics: pure functions of two sides, `real` and `fake`, or of one set of faces."""

from collections.abc import Callable

from depthfaces.metrics.frechet import frechet_distance
from depthfaces.metrics.kernel import kid
from depthfaces.metrics.manifold import coverage, density, precision, recall
from depthfaces.metrics.surface import (
    asymmetry,
    background_share,
    depth_distance,
    hole_share,
    normal_distance,
    spectrum_distance,
)

# On clouds of points (n, d), called with real= and fake=; manifold metrics also take neighbours=.
DISTANCES: dict[str, Callable[..., float]] = {"fd": frechet_distance, "kid": kid}
MANIFOLDS: dict[str, Callable[..., float]] = {
    "precision": precision,
    "recall": recall,
    "density": density,
    "coverage": coverage,
}
CLOUD_METRICS = DISTANCES | MANIFOLDS
# On prepared faces (n, S, S), called with real= and fake=, or with images= alone.
SURFACE_DISTANCES: dict[str, Callable[..., float]] = {
    "depth_distance": depth_distance,
    "normal_distance": normal_distance,
    "spectrum_distance": spectrum_distance,
}
IMAGE_STATISTICS: dict[str, Callable[..., float]] = {
    "background_share": background_share,
    "hole_share": hole_share,
    "asymmetry": asymmetry,
}
