"""Metrics: pure functions of two sides, `real` and `fake`, or of one set of faces."""

from collections.abc import Callable

from depthfaces.metrics.frechet import fd
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

# Of clouds of points (n, d): called with real= and fake=; neighbourhoods with neighbours= besides.
DISTANCES: dict[str, Callable[..., float]] = {"fd": fd, "kid": kid}
MANIFOLDS: dict[str, Callable[..., float]] = {
    "precision": precision,
    "recall": recall,
    "density": density,
    "coverage": coverage,
}
METRICS = DISTANCES | MANIFOLDS
# Of prepared faces (n, S, S): called with real= and fake=, or with images=.
SURFACES: dict[str, Callable[..., float]] = {
    "depth_distance": depth_distance,
    "normal_distance": normal_distance,
    "spectrum_distance": spectrum_distance,
}
LOOKS: dict[str, Callable[..., float]] = {
    "background_share": background_share,
    "hole_share": hole_share,
    "asymmetry": asymmetry,
}
