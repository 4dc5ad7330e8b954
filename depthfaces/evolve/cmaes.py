"""CMA-ES (Hansen, Ostermeier 2001) from the `cma` package, behind ask and tell.

It starts at the prior: mean 0, covariance `cmaes.sigma`^2 I. What it asks for is brought back into
the prior's shell before anyone sees it, and told as such.
"""

import cma
import numpy as np

from depthfaces.evolve.search import Brood, Scored, Settings
from depthfaces.evolve.shell import into_shell

NOTHING = 1e9  # the loss of a latent without a finite fitness: the largest, and still a number


class Covariance:
    """`ga.population` samples a generation; the covariance follows the better half."""

    def __init__(self, dimensions: int, settings: Settings, rng: np.random.Generator) -> None:
        options = {
            "popsize": settings.ga.population,
            "randn": lambda *shape: rng.standard_normal(shape),
            "seed": np.nan,  # leaves numpy's global stream alone
            "verbose": -9,
            "verb_log": 0,
            "CMA_diagonal": True,
        }
        self.strategy = cma.CMAEvolutionStrategy(
            np.zeros(dimensions), settings.cmaes.sigma, options
        )
        self.best = -np.inf

    def ask(self) -> Brood:
        """Return samples around the mean."""
        self.z = into_shell(np.stack(self.strategy.ask()))
        return Brood.drawn(self.z, "sample")

    def tell(self, scored: Scored) -> None:
        """Move mean and covariance towards the better samples."""
        self.best = max(self.best, float(scored.fitness.max()))
        loss = np.where(np.isfinite(scored.fitness), -scored.fitness, NOTHING)
        self.strategy.tell(list(self.z.astype(float)), loss.tolist())
