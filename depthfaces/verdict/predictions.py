"""What every classifier said of every face: one long table, a row a prediction."""

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

# What a classifier was trained on, and by how many people's faces; then the classifier; then the
# face. `draw` numbers who those people are, `generator` the training of the source (-1: none).
# Probabilities follow as p_LABEL, in thousandths.
TRAINED = ("kind", "source", "dose", "weight", "people", "draw", "generator")
ASKED = ("model", "seed", "part", "id", "person", "label", "predicted")
COLUMNS = (*TRAINED, *ASKED)
NO_GENERATOR = -1
LEAKY = "leaky"  # the part of the published protocol
STEPS = 1000  # probabilities are stored in thousandths, whole numbers
_NUMBERS = {"dose", "weight", "people", "draw", "generator", "seed"}
_TEXTS = ("kind", "source", "model", "part", "id", "person", "label", "predicted")


class Run(NamedTuple):
    """A fit: its arm, the number of real people, the draw of them, the classifier and its seed."""

    arm: Arm
    people: int
    draw: int
    model: str
    seed: int


class Faces(NamedTuple):
    """Faces that are asked: the name, person and label of each, (n,)."""

    id: Array
    person: Array
    label: Array


def answers(
    run: Run, part: str, faces: Faces, classes: Sequence[str], probabilities: Array
) -> pd.DataFrame:
    """Return the rows of what `run` says of `faces`; `probabilities` (n, k)."""
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
    """Return stored predictions; names that look like numbers or like nothing stay text."""
    if not path.is_file():
        raise DataError(f"{path}: expected predictions, found none; run `dvc repro classify`")
    table = read_table(path, COLUMNS, _TEXTS)
    numbers = [name for name in table if name in _NUMBERS or name.startswith("p_")]
    for name in numbers:
        if table[name].dtype.kind not in "iuf":
            raise IntegrityError(f"{path}: expected numbers under {name}; run `dvc repro classify`")
    return table


def rows_of(arm: Arm) -> dict[str, str | float]:
    """Return the columns that say which arm a prediction belongs to."""
    return {"kind": arm.kind, "source": arm.source, "dose": arm.dose, "weight": arm.weight}


def by_arm(predictions: pd.DataFrame) -> dict[Arm, pd.DataFrame]:
    """Return the predictions of each arm, in the order of the table."""
    names = ["kind", "source", "dose", "weight"]
    return {Arm(*key): rows for key, rows in predictions.groupby(names, sort=False)}


def by_people(predictions: pd.DataFrame) -> dict[int, pd.DataFrame]:
    """Return the predictions by the number of real people learned from, all of them last."""
    return {int(key): rows for key, rows in predictions.groupby("people", sort=True)}


def known_people(predictions: pd.DataFrame) -> int:
    """Return how many known people the faces belong to; groups of unknown ones do not count."""
    people = np.unique(predictions["person"].to_numpy(str))
    return sum(not person.startswith(("group:", "face:")) for person in people)
