"""Embeddings in which faces are compared, beside hand-crafted features: images to vectors."""

from collections.abc import Callable
from typing import Any

import numpy.typing as npt

from depthfaces.embed import autoencoder, efficientnet, inception
from depthfaces.schema import Params

Array = npt.NDArray[Any]
# Prepared faces (n, S, S) in [-1, 1] to vectors (n, D).
Encoder = Callable[[Array], Array]

# Each encoder is made from real train faces (n, S, S); most ignore them.
EMBEDDINGS: dict[str, Callable[[Array, Params], Encoder]] = {
    "autoencoder": autoencoder.fit,
    "efficientnet-lite0": efficientnet.load,
    "inception": inception.load,
}
# How images enter each space, stated beside its numbers.
INPUTS = {
    "handcrafted": "as prepared",
    "surface": "as prepared",
    "autoencoder": autoencoder.INPUT_NOTE,
    "efficientnet-lite0": efficientnet.INPUT_NOTE,
    "inception": inception.INPUT_NOTE,
}


def chosen(params: Params) -> list[str]:
    """Return the names of the embeddings to compare in; Inception only if its file is given."""
    extra = ["inception"] if params.compare.inception else []
    return [*params.compare.embeddings, *extra]
