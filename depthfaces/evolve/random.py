"""Random draws from the prior: the control that every search has to beat."""

import numpy as np

from depthfaces.evolve.search import Array, Brood
from depthfaces.schema import Ga


class Random:
    """`population` fresh draws a generation; the best so far is kept."""

    def __init__(self, dimensions: int, settings: Ga, rng: np.random.Generator) -> None:
        self.dimensions, self.count, self.rng = dimensions, settings.population, rng
        self.best = -np.inf

    def ask(self) -> Brood:
        """Return fresh draws."""
        z = self.rng.standard_normal((self.count, self.dimensions), np.float32)
        return Brood(z, np.full((self.count, 2), -1), np.full(self.count, "draw", "<U9"))

    def tell(self, fitness: Array) -> None:
        """Remember the best."""
        self.best = max(self.best, float(np.nan_to_num(fitness, nan=-np.inf).max()))
