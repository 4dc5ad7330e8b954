"""Spaces in which faces are compared, beside the hand-made features: images in, vectors out."""

from collections.abc import Callable
from typing import Any

import numpy.typing as npt

from depthfaces.embed import autoencoder, efficientnet, inception
from depthfaces.schema import Params

Array = npt.NDArray[Any]
# Prepared faces (n, S, S) in [-1, 1] to vectors (n, D).
Encoder = Callable[[Array], Array]

# Each is made from real train faces (n, S, S); most ignore them.
EMBEDDINGS: dict[str, Callable[[Array, Params], Encoder]] = {
    "autoencoder": autoencoder.fit,
    "efficientnet-lite0": efficientnet.load,
    "inception": inception.load,
}
# How an image gets into each, said beside each number.
INPUTS = {
    "handcrafted": "as prepared",
    "surface": "as prepared",
    "autoencoder": autoencoder.INPUT,
    "efficientnet-lite0": efficientnet.INPUT,
    "inception": inception.INPUT,
}


def chosen(params: Params) -> list[str]:
    """Return the embeddings to measure in; Inception where its file is given."""
    extra = ["inception"] if params.compare.inception else []
    return [*params.compare.embeddings, *extra]
