"""What every search speaks (ask, tell), and the loop that runs one and keeps all it saw."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

# Latents (n, d) to their fitness (n,), more is better, and their places (n, k): distances
# between places say how different the faces look.
Score = Callable[[Array], tuple[Array, Array]]


@dataclass(frozen=True)
class Brood:
    """One generation: latents (n, d) and where each comes from.

    `parents` (n, 2) numbers latents in the order of their birth, from 0; -1 stands for none.
    """

    z: Array
    parents: Array
    operator: Array


class Search(Protocol):
    """A method of search; it owns its random generator."""

    @property
    def best(self) -> float:
        """Return the best fitness among the latents it holds now."""

    def ask(self) -> Brood:
        """Return the next generation to score."""

    def tell(self, fitness: Array) -> None:
        """Take the fitness (n,) of the generation asked for; NaN ranks worst."""


@dataclass(frozen=True)
class Record:
    """All that a search saw, in order of birth (N rows), and one curve row a generation."""

    z: Array
    fitness: Array
    places: Array
    generation: Array
    parents: Array
    operator: Array
    curve: list[dict[str, float]]


def run(search: Search, score: Score, generations: int) -> Record:
    """Run `search` for `generations` generations, each scored as one batch."""
    broods, fitness, places, curve = [], [], [], []
    for generation in range(generations):
        brood = search.ask()
        worth, place = score(brood.z)
        worth = np.where(np.isnan(worth), -np.inf, worth)
        search.tell(worth)
        broods.append(brood)
        fitness.append(worth)
        places.append(place)
        found = worth[np.isfinite(worth)]
        mean = float(found.mean()) if len(found) else -np.inf
        row = {"generation": generation, "best": search.best, "mean": mean}
        curve.append({**row, "diversity": diversity(place)})
    return Record(
        np.concatenate([brood.z for brood in broods]),
        np.concatenate(fitness),
        np.concatenate(places),
        np.repeat(np.arange(generations), [len(brood.z) for brood in broods]),
        np.concatenate([brood.parents for brood in broods]),
        np.concatenate([brood.operator for brood in broods]),
        curve,
    )


def diversity(places: Array) -> float:
    """Return the root mean square distance of two different rows of `places` (n, k).

    The mean of |a - b|^2 over all pairs is 2 n / (n - 1) times the summed variance.
    """
    count = len(places)
    return float(np.sqrt(2 * count / max(1, count - 1) * places.var(axis=0).sum()))
