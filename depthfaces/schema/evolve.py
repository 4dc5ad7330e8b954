"""The sections ga and export: the search in the latent space, and the set made from it."""

from typing import Annotated, Literal

from pydantic import Field

from depthfaces.schema.base import Count, Section, Share


class Ga(Section):
    """The search in the latent space."""

    method: Literal["ga", "random"]
    generations: Count
    population: Annotated[int, Field(ge=4)]
    crossover: Share
    mutation: Share
    tournament: Count
    elites: Annotated[int, Field(ge=0)]


class Export(Section):
    """The synthetic set."""

    per_class: Count
    evolved_share: Share
    onnx: bool
