"""The action units that a face shows, from its source or else from the published rule table."""

from collections import defaultdict
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[Any]

# The fourteen units of the paper (its table IV), by their FACS numbers.
UNIT_NAMES = {
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
# Its table VI, the units of each emotion, for faces of which only the emotion is known.
EMOTION_UNITS: dict[str, tuple[int, ...]] = {
    "Happiness": (6, 12, 25),
    "Sadness": (1, 4, 15, 17),
    "Fear": (1, 2, 5, 15, 25),
    "Surprise": (1, 2, 5, 25, 27),
    "Anger": (4, 5, 7, 17, 23, 24),
    "Disgust": (9, 15, 17, 25),
    "Contempt": (12,),
    "Neutral": (),
}


class UnitLabels(NamedTuple):
    """Whether each face shows each unit, (n, 14) in the order of `UNIT_NAMES`, and the source."""

    shown: Array
    source: str  # true | rule


def unit_labels(table: pd.DataFrame, threshold: float) -> UnitLabels | None:
    """Return the units of the faces of `table`: true ones, or by rule; None if neither is known.

    A true unit counts as shown if its strength (0 to 1) reaches `threshold`.
    """
    if has_true_units(table):
        return UnitLabels(true_units(table, threshold), "true")
    labels = table["label"].to_numpy(str)
    return UnitLabels(rule_units(labels), "rule") if set(labels) <= set(EMOTION_UNITS) else None


def has_true_units(table: pd.DataFrame) -> bool:
    """Return whether the table has the true strength of every unit."""
    return {unit_column(unit) for unit in UNIT_NAMES} <= set(table.columns)


def true_units(table: pd.DataFrame, threshold: float) -> Array:
    """Return whether the strength of each unit reaches `threshold`, (n, 14)."""
    return np.asarray(
        table[[unit_column(unit) for unit in UNIT_NAMES]].to_numpy(float) >= threshold
    )


def rule_units(labels: Array) -> Array:
    """Return the units (n, 14) of emotions `labels` (n,) by the rule table."""
    emotion_rows = {
        emotion: np.isin(list(UNIT_NAMES), shown) for emotion, shown in EMOTION_UNITS.items()
    }
    return np.array([emotion_rows[emotion] for emotion in labels], bool).reshape(
        len(labels), len(UNIT_NAMES)
    )


def equal_unit_groups(shown: Array) -> list[list[int]]:
    """Return the groups of units whose columns of `shown` (n, 14) are equal.

    Detectors of such units are identical. Units that no face shows have no detector and are left
    out.
    """
    units_by_column = defaultdict(list)
    for unit, values in zip(UNIT_NAMES, shown.T, strict=True):
        if values.any():
            units_by_column[values.tobytes()].append(unit)
    return [units for units in units_by_column.values() if len(units) > 1]


def unit_column(unit: int) -> str:
    """Return the name of the column with the true strength of a unit."""
    return f"au{unit}"


def format_units(units: list[int]) -> str:
    """Format units as a text: AU7, AU23, AU24."""
    return ", ".join(f"AU{unit}" for unit in units)
