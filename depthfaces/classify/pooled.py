"""A random split inside one pool of faces, as the publications have it. It leaks."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

ASKED = 0.2  # share of the faces that is held out
TUNED = 0.1  # share of the rest that stops the training early


def split(labels: Array, rng: np.random.Generator) -> list[Array]:
    """Return the rows held out, those that tune and those fitted to: shares of every class."""
    parts: list[list[Array]] = [[], [], []]
    for label in np.unique(labels):
        order = rng.permutation(np.flatnonzero(labels == label))
        held = round(ASKED * len(order))
        stops = [held, held + round(TUNED * (len(order) - held))]
        for part, rows in zip(parts, np.split(order, stops), strict=True):
            part.append(rows)
    return [np.concatenate(part) for part in parts]
