"""The sections of the search in the latent space, and export: the set made from it."""

from typing import Annotated, Literal

from pydantic import Field

from depthfaces.schema.base import Count, NotNegative, Positive, Section, Share


class Evolve(Section):
    """Which search runs, and who judges its faces."""

    method: Literal["ga", "pso", "cmaes", "map-elites", "random"]
    judges: Annotated[int, Field(ge=2, le=20)]


class Ga(Section):
    """The budget of every search, its fitness, and the genetic algorithm."""

    generations: Count
    population: Annotated[int, Field(ge=4)]
    fitness: Literal["quality", "useful", "paper"]
    crossover: Share
    mutation: Share
    tournament: Count
    elites: Annotated[int, Field(ge=0)]


class Useful(Section):
    """What `ga.fitness: useful` needs beside: how often students learn anew, and their teacher."""

    rounds: Annotated[int, Field(ge=1, le=20)]
    teacher: Literal["package", "judges"]


class Pso(Section):
    """Particle swarm optimisation."""

    inertia: Annotated[float, Field(ge=0, lt=1)]
    own: NotNegative
    swarm: NotNegative


class Cmaes(Section):
    """CMA-ES."""

    sigma: Positive


class Qd(Section):
    """MAP-Elites (quality diversity)."""

    cells: Annotated[int, Field(ge=2, le=100)]
    mutation: Share
    draws: Share


class Export(Section):
    """The synthetic set."""

    per_class: Count
    evolved_share: Share
    onnx: bool
    median: bool
    contrast: bool
    nlm: bool
    npz: bool
    shard: Annotated[int, Field(ge=0)]
    meshes: Annotated[int, Field(ge=0)]
    collapsed: bool
