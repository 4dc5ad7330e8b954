"""Evolution in a latent space: searches ask and tell, and never see what they search for.

`SEARCHES` holds every method by its name in `evolve.method`.
"""

from collections.abc import Callable, Mapping

import numpy as np

from depthfaces import seeding
from depthfaces.evolve.cmaes import Covariance
from depthfaces.evolve.elites import MapElites
from depthfaces.evolve.ga import Genetic
from depthfaces.evolve.journal import Journal
from depthfaces.evolve.pso import Swarm
from depthfaces.evolve.random import Random
from depthfaces.evolve.search import Record, Score, Search, Settings, Space, run

CONTROL = "random"
SEARCHES: dict[str, Callable[[int, Settings, np.random.Generator], Search]] = {
    "ga": Genetic,
    "pso": Swarm,
    "cmaes": Covariance,
    "map-elites": MapElites,
    CONTROL: Random,
}


def contest(score: Score, space: Space, settings: Settings, journal: Journal) -> dict[str, Record]:
    """Return what `evolve.method` and the control find, each with the same evaluations.

    What `journal` knows of a run that was cut short is not computed again.
    """
    return compete(dict.fromkeys(methods(settings), score), space, settings, journal)


def methods(settings: Settings) -> list[str]:
    """Return the names of the search that is asked for and of the control, if that is another."""
    return list(dict.fromkeys([settings.evolve.method, CONTROL]))


def compete(
    scores: Mapping[str, Score], space: Space, settings: Settings, journal: Journal
) -> dict[str, Record]:
    """Return what each method finds by its own score, as `contest` does by one for all."""
    found = {}
    for method, score in scores.items():
        search = SEARCHES[method](space.dimensions, settings, seeding.stream(space.seed, method))
        kept = journal.keep(f"{space.seed}-{method}", score)
        found[method] = run(search, kept, settings.ga.generations)
    return found
