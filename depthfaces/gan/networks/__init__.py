"""The networks of each recipe, chosen by `Shape.recipe`."""

from depthfaces.gan.networks import modern, paper
from depthfaces.gan.networks.base import Discriminator, Generator, Shape, initialise

__all__ = ["RECIPES", "Discriminator", "Generator", "Shape", "discriminator", "generator"]
__all__ += ["initialise"]

RECIPES: dict[str, tuple[type[Generator], type[Discriminator]]] = {
    "modern": (modern.Generator, modern.Discriminator),
    "paper": (paper.Generator, paper.Discriminator),
}


def generator(shape: Shape) -> Generator:
    """Return an untrained generator of `shape`."""
    return RECIPES[shape.recipe][0](shape)


def discriminator(shape: Shape) -> Discriminator:
    """Return an untrained discriminator of `shape`."""
    return RECIPES[shape.recipe][1](shape)
