"""Evolution in a latent space: searches ask and tell, and never see what they search for.

`SEARCHES` holds every method by its name in `ga.method`.
"""

from collections.abc import Callable

import numpy as np

from depthfaces import seeding
from depthfaces.evolve.ga import Genetic
from depthfaces.evolve.random import Random
from depthfaces.evolve.search import Record, Score, Search, run
from depthfaces.schema import Ga

CONTROL = "random"
SEARCHES: dict[str, Callable[[int, Ga, np.random.Generator], Search]] = {
    "ga": Genetic,
    CONTROL: Random,
}


def contest(score: Score, dimensions: int, settings: Ga, seed: int) -> dict[str, Record]:
    """Return what `settings.method` and the control find, each with the same evaluations."""
    found = {}
    for method in dict.fromkeys([settings.method, CONTROL]):
        search = SEARCHES[method](dimensions, settings, seeding.stream(seed, method))
        found[method] = run(search, score, settings.generations)
    return found
