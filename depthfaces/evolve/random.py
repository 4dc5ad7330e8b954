"""Random draws from the prior: the control that every search has to beat."""

import numpy as np

from depthfaces.evolve.search import Brood, Flight, Scored


class Random:
    """`ga.population` fresh draws a generation; the best so far is kept."""

    def __init__(self, dimensions: int, settings: Flight, rng: np.random.Generator) -> None:
        self.shape, self.rng = (settings.ga.population, dimensions), rng
        self.best = -np.inf

    def ask(self) -> Brood:
        """Return fresh draws."""
        return Brood.drawn(self.rng.standard_normal(self.shape, np.float32))

    def tell(self, scored: Scored) -> None:
        """Remember the best."""
        self.best = max(self.best, float(scored.fitness.max()))
