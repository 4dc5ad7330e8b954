"""A genetic algorithm of many lineages, whose every operator keeps latents distributed as N(0, I).

Each lineage begins with a draw and gives way only to its own child (crowding): a lineage climbs
from where it began, so a hundred of them stay as varied as a hundred draws. A pool from which the
best are drawn again and again ends with one face.
"""

import numpy as np

from depthfaces.evolve.search import Array, Brood, Scored, Settings

# Share of the coordinates that a crossover takes from the other parent: enough to try what helped
# there, and the child stays nearer to its own lineage.
TAKEN = 0.2


class Genetic:
    """`ga.population` lineages; the `ga.elites` best of them never fall."""

    def __init__(self, dimensions: int, settings: Settings, rng: np.random.Generator) -> None:
        self.ga, self.rng = settings.ga, rng
        self.z = np.empty((settings.ga.population, dimensions), np.float32)
        self.fitness = np.full(len(self.z), -np.inf)
        self.born = np.full(len(self.z), -1)  # each one's number in the order of birth
        self.count = 0

    @property
    def best(self) -> float:
        """Return the best fitness of a lineage."""
        return float(self.fitness.max())

    def ask(self) -> Brood:
        """Return a draw for each lineage at first, then a child of each."""
        if self.count == 0:
            self.asked = Brood.drawn(self.rng.standard_normal(self.z.shape, np.float32))
            return self.asked
        mate = self._select()
        mixed = self.rng.random(len(self.z)) < self.ga.crossover
        mask = mixed[:, None] & (self.rng.random(self.z.shape) < TAKEN)
        children = mutate(crossed(self.z, self.z[mate], mask), self.ga.mutation, self.rng)
        parents = np.stack([self.born, np.where(mixed, self.born[mate], -1)], axis=1)
        self.asked = Brood(children, parents, np.where(mixed, "crossover", "mutation"))
        return self.asked

    def tell(self, scored: Scored) -> None:
        """Let the child follow where it is no worse, or where its parent is no elite."""
        elite = np.argsort(-self.fitness, kind="stable")[: self.ga.elites]
        follows = scored.fitness >= self.fitness
        follows |= ~np.isin(np.arange(len(self.z)), elite)
        self.z[follows], self.fitness[follows] = self.asked.z[follows], scored.fitness[follows]
        self.born[follows] = self.count + np.flatnonzero(follows)
        self.count += len(self.z)

    def _select(self) -> Array:
        """Return one mate a lineage: the best of `ga.tournament` drawn."""
        count = len(self.z)
        drawn = self.rng.integers(count, size=(count, self.ga.tournament))
        return np.asarray(drawn[np.arange(count), self.fitness[drawn].argmax(axis=1)])


def crossed(one: Array, two: Array, mask: Array) -> Array:
    """Return `two` where `mask` is set and `one` elsewhere, all (n, d)."""
    return np.where(mask, two, one)


def mutate(z: Array, strength: float, rng: np.random.Generator) -> Array:
    """Return sqrt(1 - b^2) z + b noise, b = `strength`: N(0, I) stays N(0, I) for every b."""
    noise = rng.standard_normal(z.shape, np.float32)
    return np.asarray(np.sqrt(1 - strength**2) * z + strength * noise, np.float32)
