"""The predictions of every classifier for every face: a long table, one row per prediction."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from depthfaces.errors import DataError, IntegrityError
from depthfaces.faces import read_table
from depthfaces.verdict.arm import CLASSICAL, Arm

Array = npt.NDArray[Any]

# The training set of a classifier and its number of people; then the classifier; then the face.
# `draw` numbers the draws of those people, `generator` the trainings of the source (-1: none).
# Probabilities follow as p_LABEL, in thousandths.
TRAINING_COLUMNS = ("kind", "source", "dose", "weight", "people", "draw", "generator")
PREDICTION_COLUMNS = ("model", "seed", "part", "id", "person", "label", "predicted")
COLUMNS = (*TRAINING_COLUMNS, *PREDICTION_COLUMNS)
NO_GENERATOR = -1
LEAKY = "leaky"  # the part of the published protocol
STEPS = 1000  # probabilities are stored in thousandths, whole numbers
_NUMBER_COLUMNS = {"dose", "weight", "people", "draw", "generator", "seed"}
_TEXT_COLUMNS = ("kind", "source", "model", "part", "id", "person", "label", "predicted")


class Run(NamedTuple):
    """A fit: its arm, the number of real people, the draw of them, the classifier and its seed."""

    arm: Arm
    people: int
    draw: int
    model: str
    seed: int


class Faces(NamedTuple):
    """Faces to be classified: the id, person and label of each, (n,)."""

    id: Array
    person: Array
    label: Array


def answers(
    run: Run, part: str, faces: Faces, classes: Sequence[str], probabilities: Array
) -> pd.DataFrame:
    """Return the table of what `run` predicts for `faces`; `probabilities` is (n, k)."""
    assert probabilities.shape == (len(faces.id), len(classes)), "a row a face, a column a class"
    arm, thousandths = run.arm, np.rint(probabilities * STEPS).astype(int)
    return pd.DataFrame(
        {
            "kind": arm.kind,
            "source": arm.source,
            "dose": arm.dose,
            "weight": arm.weight,
            "people": run.people,
            "draw": run.draw,
            "generator": 0 if arm.source and arm.source not in CLASSICAL else NO_GENERATOR,
            "model": run.model,
            "seed": run.seed,
            "part": part,
            **faces._asdict(),
            "predicted": np.array(classes)[probabilities.argmax(axis=1)],
            **{f"p_{label}": thousandths[:, i] for i, label in enumerate(classes)},
        }
    )


def read(path: Path) -> pd.DataFrame:
    """Read stored predictions; ids that look like numbers or are empty stay text."""
    if not path.is_file():
        raise DataError(f"{path}: expected predictions, found none; run `dvc repro classify`")
    table = read_table(path, COLUMNS, _TEXT_COLUMNS)
    number_columns = [name for name in table if name in _NUMBER_COLUMNS or name.startswith("p_")]
    for name in number_columns:
        if table[name].dtype.kind not in "iuf":
            raise IntegrityError(f"{path}: expected numbers under {name}; run `dvc repro classify`")
    return table


def columns_of_arm(arm: Arm) -> dict[str, str | float]:
    """Return the columns that identify the arm of a prediction."""
    return {"kind": arm.kind, "source": arm.source, "dose": arm.dose, "weight": arm.weight}


def by_arm(predictions: pd.DataFrame) -> dict[Arm, pd.DataFrame]:
    """Return the predictions of each arm, in the order of the table."""
    arm_columns = ["kind", "source", "dose", "weight"]
    return {Arm(*key): rows for key, rows in predictions.groupby(arm_columns, sort=False)}


def by_people(predictions: pd.DataFrame) -> dict[int, pd.DataFrame]:
    """Return the predictions by the number of real people trained on, all of them last."""
    return {int(key): rows for key, rows in predictions.groupby("people", sort=True)}


def known_people(predictions: pd.DataFrame) -> int:
    """Return the number of known people; groups and faces of unknown people do not count."""
    people = np.unique(predictions["person"].to_numpy(str))
    return sum(not person.startswith(("group:", "face:")) for person in people)
