"""A genetic algorithm whose every operator leaves latents distributed as the prior N(0, I)."""

import numpy as np

from depthfaces.evolve.search import Array, Brood
from depthfaces.schema import Ga


class Genetic:
    """Tournament selection, uniform crossover, prior-preserving mutation, elitism."""

    def __init__(self, dimensions: int, settings: Ga, rng: np.random.Generator) -> None:
        self.dimensions, self.settings, self.rng = dimensions, settings, rng
        self.z = np.empty((0, dimensions), np.float32)  # the pool: elites and newest generation
        self.fitness = np.empty(0)
        self.born = np.empty(0, np.int64)  # each one's number in the order of birth
        self.count = 0

    @property
    def best(self) -> float:
        """Return the best fitness in the pool."""
        return float(self.fitness.max())

    def ask(self) -> Brood:
        """Return `population` new latents: draws at first, then children of the pool."""
        count = self.settings.population
        if len(self.z) == 0:
            self.asked = Brood(
                self._noise(count), np.full((count, 2), -1), np.full(count, "draw", "<U9")
            )
            return self.asked
        one, two = self._select(count), self._select(count)
        mixed = self.rng.random(count) < self.settings.crossover
        mask = mixed[:, None] & (self.rng.random((count, self.dimensions)) < 0.5)
        children = mutate(crossed(self.z[one], self.z[two], mask), self.settings.mutation, self.rng)
        parents = np.stack([self.born[one], np.where(mixed, self.born[two], -1)], axis=1)
        self.asked = Brood(children, parents, np.where(mixed, "crossover", "mutation"))
        return self.asked

    def tell(self, fitness: Array) -> None:
        """Keep the elites of the pool beside the scored generation; NaN ranks worst."""
        worth = np.where(np.isnan(fitness), -np.inf, fitness)
        elite = np.argsort(-self.fitness, kind="stable")[: self.settings.elites]
        numbers = np.arange(self.count, self.count + len(worth))
        self.z = np.concatenate([self.z[elite], self.asked.z])
        self.fitness = np.concatenate([self.fitness[elite], worth])
        self.born = np.concatenate([self.born[elite], numbers])
        self.count += len(worth)

    def _select(self, count: int) -> Array:
        """Return `count` rows of the pool, each the best of `tournament` drawn."""
        drawn = self.rng.integers(len(self.z), size=(count, self.settings.tournament))
        winners = self.fitness[drawn].argmax(axis=1)
        return np.asarray(drawn[np.arange(count), winners])

    def _noise(self, count: int) -> Array:
        return self.rng.standard_normal((count, self.dimensions), np.float32)


def crossed(one: Array, two: Array, mask: Array) -> Array:
    """Return `two` where `mask` is set and `one` elsewhere, all (n, d)."""
    return np.where(mask, two, one)


def mutate(z: Array, strength: float, rng: np.random.Generator) -> Array:
    """Return sqrt(1 - b^2) z + b noise, b = `strength`: N(0, I) stays N(0, I) for every b."""
    noise = rng.standard_normal(z.shape, np.float32)
    return np.asarray(np.sqrt(1 - strength**2) * z + strength * noise, np.float32)
