"""A random split inside one pool of faces, as in the publications. It leaks."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

HELD_OUT_SHARE = 0.2  # of the faces
TUNING_SHARE = 0.1  # of the rest, for early stopping


def split(labels: Array, rng: np.random.Generator) -> list[Array]:
    """Return held-out, tuning and train rows, stratified by class."""
    split_rows: list[list[Array]] = [[], [], []]
    for label in np.unique(labels):
        class_rows = rng.permutation(np.flatnonzero(labels == label))
        held_out_count = round(HELD_OUT_SHARE * len(class_rows))
        split_stops = [
            held_out_count,
            held_out_count + round(TUNING_SHARE * (len(class_rows) - held_out_count)),
        ]
        for chosen_rows, rows in zip(split_rows, np.split(class_rows, split_stops), strict=True):
            chosen_rows.append(rows)
    return [np.concatenate(chosen_rows) for chosen_rows in split_rows]
