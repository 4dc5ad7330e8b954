"""What a latent is worth: the right emotion, inside the prior, and nobody's copy."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist
from scipy.stats import chi

from depthfaces.evolve.judge import Judge
from depthfaces.evolve.search import Array, Score
from depthfaces.faces import FaceSet

SHELL = (0.005, 0.995)  # quantiles of the prior's norm between which a latent may lie
PLACE = 16  # side of the pooled face whose pixels are its place
NEAR = 0.05  # quantile of real distances below which a face counts as too near to a real one
# Weights, in nats of log p: one unit of norm outside the shell; a pixel-true copy of a face.
OUTSIDE, COPY = 1.0, 5.0


def places(faces: Array) -> Array:
    """Return each face's place (n, 256): its 16 x 16 means over 16.

    So the distance of two places is the root mean square difference of a pixel.
    """
    count, size, _ = faces.shape
    step = size // PLACE
    pooled = faces.reshape(count, PLACE, step, PLACE, step).mean(axis=(2, 4))
    return np.asarray(pooled.reshape(count, -1) / PLACE, np.float32)


def outside(z: Array) -> Array:
    """Return how far the norms of `z` (n, d) lie outside the prior's shell, (n,); inside it is 0.

    The norm of N(0, I) in d dimensions is chi-distributed with d degrees of freedom.
    """
    low, high = chi.ppf(SHELL, z.shape[1])
    norm = np.linalg.norm(z, axis=1)
    return np.asarray(np.maximum(0, np.maximum(low - norm, norm - high)))


class Nearness:
    """How near a face comes to a train face, or to its mirror image.

    The unit is the distance that only one in twenty real faces goes below, to the nearest face of
    another person: 0 is a copy, 1 and more is as good as new.
    """

    def __init__(self, train: FaceSet) -> None:
        parts = [(places(images), places(images[:, :, ::-1])) for _, images in train.batches(256)]
        straight = np.concatenate([part for part, _ in parts])
        self.real = np.concatenate([straight, *(mirrored for _, mirrored in parts)])
        group = train.table["group"].to_numpy()
        owners = np.tile(group, 2)
        nearest = np.array([np.inf] * len(group))
        for start in range(0, len(group), 256):  # a full matrix would grow with the square
            rows = slice(start, start + 256)
            gaps = cdist(straight[rows], self.real)
            gaps[group[rows, None] == owners] = np.inf
            nearest[rows] = gaps.min(axis=1)
        known = nearest[np.isfinite(nearest)]
        self.unit = float(np.quantile(known, NEAR)) if len(known) else 0.0

    def __call__(self, place: Array) -> Array:
        """Return the nearness (n,) of the faces at `place` (n, 256)."""
        nearest = cdist(place, self.real).min(axis=1)
        return np.asarray(nearest / self.unit if self.unit > 0 else np.ones(len(place)))


@dataclass(frozen=True)
class Fitness:
    """min(log p(emotion), typical) - distance outside the shell - 5 · max(0, 1 - nearness).

    A face need not convince the judge more than half of the real ones do: beyond that, evolution
    breeds the judge's caricature of an emotion and loses variety.
    """

    judge: Judge
    nearness: Nearness

    def of(self, render: Callable[[Array], Array], target: int) -> Score:
        """Return the score of latents that `render` turns into faces of the emotion `target`."""
        return lambda z: self(z, render(z), target)

    def __call__(self, z: Array, faces: Array, target: int) -> tuple[Array, Array]:
        """Return the fitness (n,) of latents `z` whose `faces` should show `target`; and places."""
        place = places(faces)
        right = np.minimum(self.judge.log_probability(faces)[:, target], self.judge.typical[target])
        copied = np.maximum(0, 1 - self.nearness(place))
        return right - OUTSIDE * outside(z) - COPY * copied, place
