"""What every search speaks (ask, tell), and the loop that runs one and keeps all it saw."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, get_type_hints

import numpy as np
import numpy.typing as npt

from depthfaces.schema import Cmaes, Evolve, Ga, Pso, Qd

Array = npt.NDArray[Any]


class Settings(NamedTuple):
    """The sections of params.yaml that a search may read."""

    evolve: Evolve
    ga: Ga
    pso: Pso
    cmaes: Cmaes
    qd: Qd

    @classmethod
    def of(cls, told: dict[str, Any]) -> "Settings":
        """Return what `told` was told of."""
        kinds = get_type_hints(cls)
        return cls(**{name: kind.model_validate(told[name]) for name, kind in kinds.items()})

    def told(self) -> dict[str, Any]:
        """Return every value by section and name."""
        return {name: section.model_dump() for name, section in self._asdict().items()}


class Budget(Protocol):
    """How many latents a generation has."""

    @property
    def population(self) -> int:
        """Return the latents of a generation."""


class Flight(Protocol):
    """What a swarm and its control read of `Settings`; another search may bring its own."""

    @property
    def ga(self) -> Budget:
        """Return the budget."""

    @property
    def pso(self) -> Pso:
        """Return the forces of the swarm."""


class Space(NamedTuple):
    """Where a search looks: latents of so many `dimensions`; `seed` is that of its streams."""

    dimensions: int
    seed: int


class Scored(NamedTuple):
    """What is known of n latents once their faces are made.

    `fitness` (n,), more is better; `places` (n, k), whose distances say how different the faces
    look; `measures` (n, 2), what MAP-Elites spreads its archive over.
    """

    fitness: Array
    places: Array
    measures: Array


# Latents (n, d) to what they are worth.
Score = Callable[[Array], Scored]


@dataclass(frozen=True)
class Brood:
    """One generation: latents (n, d) and where each comes from.

    `parents` (n, 2) numbers latents in the order of their birth, from 0; -1 stands for none.
    """

    z: Array
    parents: Array
    operator: Array

    @classmethod
    def drawn(cls, z: Array, operator: str = "draw") -> "Brood":
        """Return latents without parents."""
        return cls(z, np.full((len(z), 2), -1), np.full(len(z), operator, "<U9"))


class Search(Protocol):
    """A method of search; it owns its random generator."""

    @property
    def best(self) -> float:
        """Return the best fitness among the latents it holds now."""

    def ask(self) -> Brood:
        """Return the next generation to score."""

    def tell(self, scored: Scored) -> None:
        """Take what the generation asked for is worth; its fitness is a number or -infinity."""


@dataclass(frozen=True)
class Record:
    """All that a search saw, in order of birth (N rows), and one curve row a generation."""

    z: Array
    fitness: Array
    places: Array
    measures: Array
    generation: Array
    parents: Array
    operator: Array
    curve: list[dict[str, float]]


def run(search: Search, score: Score, generations: int) -> Record:
    """Run `search` for `generations` generations, each scored as one batch; NaN ranks worst."""
    broods, seen, curve = [], [], []
    for generation in range(generations):
        brood = search.ask()
        scored = score(brood.z)
        worth = np.nan_to_num(scored.fitness, nan=-np.inf, posinf=-np.inf, neginf=-np.inf)
        scored = scored._replace(fitness=worth)
        search.tell(scored)
        broods.append(brood)
        seen.append(scored)
        found = worth[np.isfinite(worth)]
        mean = float(found.mean()) if len(found) else -np.inf
        row = {"generation": generation, "best": search.best, "mean": mean}
        curve.append({**row, "diversity": diversity(scored.places)})
    return Record(
        z=np.concatenate([brood.z for brood in broods]),
        fitness=np.concatenate([scored.fitness for scored in seen]),
        places=np.concatenate([scored.places for scored in seen]),
        measures=np.concatenate([scored.measures for scored in seen]),
        generation=np.repeat(np.arange(generations), [len(brood.z) for brood in broods]),
        parents=np.concatenate([brood.parents for brood in broods]),
        operator=np.concatenate([brood.operator for brood in broods]),
        curve=curve,
    )


def diversity(places: Array) -> float:
    """Return the root mean square distance of two different rows of `places` (n, k).

    The mean of |a - b|^2 over all pairs is 2 n / (n - 1) times the summed variance.
    """
    count = len(places)
    return float(np.sqrt(2 * count / max(1, count - 1) * places.var(axis=0).sum()))
