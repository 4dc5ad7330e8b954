"""Which action units a face shows: told by the source, or else by the published rule table."""

from collections import defaultdict
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[Any]

# The fourteen units of the paper (its table IV), by their FACS numbers.
UNITS = {
    1: "inner brow raiser",
    2: "outer brow raiser",
    4: "brow lowerer",
    5: "upper lid raiser",
    6: "cheek raiser",
    7: "lid tightener",
    9: "nose wrinkler",
    12: "lip corner puller",
    15: "lip corner depressor",
    17: "chin raiser",
    23: "lip tightener",
    24: "lip pressor",
    25: "lips part",
    27: "mouth stretch",
}
# Its table VI, which gives units to faces of which only the emotion is known.
RULES: dict[str, tuple[int, ...]] = {
    "Happiness": (6, 12, 25),
    "Sadness": (1, 4, 15, 17),
    "Fear": (1, 2, 5, 15, 25),
    "Surprise": (1, 2, 5, 25, 27),
    "Anger": (4, 5, 7, 17, 23, 24),
    "Disgust": (9, 15, 17, 25),
    "Contempt": (12,),
    "Neutral": (),
}


class Marks(NamedTuple):
    """Which faces show which unit, (n, 14) in the order of `UNITS`, and who says so."""

    shown: Array
    source: str  # true | rule


def marks(table: pd.DataFrame, least: float) -> Marks | None:
    """Return the units of the faces of `table`: true ones where it has them; None where neither.

    A true unit counts as shown from the strength `least` on (0 to 1).
    """
    if knows(table):
        return Marks(true(table, least), "true")
    label = table["label"].to_numpy(str)
    return Marks(by_rule(label), "rule") if set(label) <= set(RULES) else None


def knows(table: pd.DataFrame) -> bool:
    """Tell whether the source knew every unit."""
    return {column(unit) for unit in UNITS} <= set(table.columns)


def true(table: pd.DataFrame, least: float) -> Array:
    """Return whether the strength of each unit reaches `least`, (n, 14)."""
    return np.asarray(table[[column(unit) for unit in UNITS]].to_numpy(float) >= least)


def by_rule(label: Array) -> Array:
    """Return the units (n, 14) that the rule table gives to emotions `label` (n,)."""
    rows = {name: np.isin(list(UNITS), shown) for name, shown in RULES.items()}
    return np.array([rows[name] for name in label], bool).reshape(len(label), len(UNITS))


def twins(shown: Array) -> list[list[int]]:
    """Return the groups of units whose columns of `shown` (n, 14) are equal.

    Detectors of such units learn the same thing under several names. Units that nobody shows have
    no detector and are left out.
    """
    groups = defaultdict(list)
    for unit, values in zip(UNITS, shown.T, strict=True):
        if values.any():
            groups[values.tobytes()].append(unit)
    return [units for units in groups.values() if len(units) > 1]


def column(unit: int) -> str:
    """Return what the column of a unit's true strength is called."""
    return f"au{unit}"


def names(units: list[int]) -> str:
    """Return units as a text: AU7, AU23, AU24."""
    return ", ".join(f"AU{unit}" for unit in units)
