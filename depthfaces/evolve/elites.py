"""MAP-Elites (Mouret, Clune 2015) over what a depth face shows: mouth opening and face width.

The archive is that of the `ribs` package; parents are drawn evenly from it, whatever their
fitness, and children step as the prior allows.
"""

import numpy as np
from ribs.archives import GridArchive

from depthfaces.evolve.ga import crossed, mutate
from depthfaces.evolve.search import Brood, Scored, Settings

REACH = (0.01, 0.99)  # quantiles of the first generation's measures that the grid spans


class MapElites:
    """A grid of `qd.cells` x `qd.cells`, the best latent in each; each generation is one batch."""

    def __init__(self, dimensions: int, settings: Settings, rng: np.random.Generator) -> None:
        self.dimensions, self.settings, self.rng = dimensions, settings, rng
        self.archive: GridArchive | None = None
        self.count = 0

    @property
    def best(self) -> float:
        """Return the best fitness in the archive."""
        found = None if self.archive is None else self.archive.stats.obj_max
        return -np.inf if found is None else float(found)

    def ask(self) -> Brood:
        """Return draws at first, then children of the archive and `qd.draws` fresh ones."""
        count = self.settings.ga.population
        fresh = self.rng.standard_normal((count, self.dimensions), np.float32)
        if self.archive is None or self.archive.empty:
            self.asked = Brood.drawn(fresh)
            return self.asked
        kept = self.archive.data(["solution", "born"])
        one, two = self.rng.integers(len(kept["born"]), size=(2, count))
        mixed = self.rng.random(count) < self.settings.ga.crossover
        mask = mixed[:, None] & (self.rng.random(fresh.shape) < 0.5)
        z = crossed(kept["solution"][one], kept["solution"][two], mask)
        z = mutate(z, self.settings.qd.mutation, self.rng)
        draws = np.arange(count) < round(self.settings.qd.draws * count)
        parents = np.stack([kept["born"][one], np.where(mixed, kept["born"][two], -1)], axis=1)
        operator = np.where(draws, "draw", np.where(mixed, "crossover", "mutation"))
        self.asked = Brood(
            np.where(draws[:, None], fresh, z), np.where(draws[:, None], -1, parents), operator
        )
        return self.asked

    def tell(self, scored: Scored) -> None:
        """Put what has a fitness into its cell, if it is the best there."""
        if self.archive is None:
            self.archive = self._grid(scored)
        numbers = np.arange(self.count, self.count + len(scored.fitness))
        self.count += len(numbers)
        rows = np.isfinite(scored.fitness) & np.isfinite(scored.measures).all(axis=1)
        if rows.any():
            self.archive.add(
                self.asked.z[rows], scored.fitness[rows], scored.measures[rows], born=numbers[rows]
            )

    def _grid(self, scored: Scored) -> GridArchive:
        measures = scored.measures[np.isfinite(scored.measures).all(axis=1)]
        measures = measures if len(measures) else np.zeros((1, scored.measures.shape[1]))
        low, high = np.quantile(measures, REACH, axis=0)
        high = np.maximum(high, low + 1e-6)
        cells = self.settings.qd.cells
        return GridArchive(
            solution_dim=self.dimensions,
            dims=[cells] * len(low),
            ranges=list(zip(low, high, strict=True)),
            solution_dtype=np.float32,
            objective_dtype=np.float64,
            measures_dtype=np.float64,
            extra_fields={"born": ((), np.int64)},
        )
