"""Particle swarm optimisation (Kennedy, Eberhart 1995), all particles at once.

v' = w v + c1 r1 (own best - x) + c2 r2 (neighbours' best - x); x' = x + v', then x' is brought back
into the prior's shell: a swarm that contracts would else leave it for the middle, where all
faces are the mean face. The neighbours are those of a ring, so that the swarm does not rush to
one point.
"""

import numpy as np

from depthfaces.evolve.search import Array, Brood, Flight, Scored
from depthfaces.evolve.shell import into_shell

RING = 2  # neighbours on each side


class Swarm:
    """`ga.population` particles; generation 0 is drawn from the prior, at rest."""

    def __init__(self, dimensions: int, settings: Flight, rng: np.random.Generator) -> None:
        self.pso, self.rng = settings.pso, rng
        shape = (settings.ga.population, dimensions)
        self.z = rng.standard_normal(shape, np.float32)
        self.speed = np.zeros(shape, np.float32)
        self.own = self.z.copy()  # each particle's best place so far ...
        self.worth = np.full(len(self.z), -np.inf)
        self.born = np.full(len(self.z), -1)  # ... and its number in the order of birth
        self.count = 0

    @property
    def best(self) -> float:
        """Return the best fitness any particle has seen."""
        return float(self.worth.max())

    def ask(self) -> Brood:
        """Return the particles' next places."""
        if self.count == 0:
            return Brood.drawn(self.z)
        lead = self._leaders()
        one, two = (self.rng.random(self.z.shape, np.float32) for _ in range(2))
        pull = self.pso.own * one * (self.own - self.z)
        pull += self.pso.swarm * two * (self.own[lead] - self.z)
        self.speed = (self.pso.inertia * self.speed + pull).astype(np.float32)
        self.z = into_shell(self.z + self.speed)
        parents = np.stack([self.born, self.born[lead]], axis=1)
        return Brood(self.z, parents, np.full(len(self.z), "flight", "<U9"))

    def tell(self, scored: Scored) -> None:
        """Remember each particle's best."""
        first = self.count == 0
        better = (scored.fitness > self.worth) | first
        self.own[better], self.worth[better] = self.z[better], scored.fitness[better]
        self.born[better] = self.count + np.flatnonzero(better)
        self.count += len(self.z)

    def _leaders(self) -> Array:
        """Return for each particle the row of the best among itself and its ring neighbours."""
        count = len(self.z)
        ring = (np.arange(count)[:, None] + np.arange(-RING, RING + 1)) % count
        return np.asarray(ring[np.arange(count), self.worth[ring].argmax(axis=1)])
