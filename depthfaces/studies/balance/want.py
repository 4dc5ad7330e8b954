"""A want of faces: which train faces stay, which are put away, and how many each class lacks."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from depthfaces.errors import DataError
from depthfaces.faces import FaceSet
from depthfaces.schema.studies import Balance
from depthfaces.splits import SPLITS
from depthfaces.studies.lessons import Bytes, floats, grey
from depthfaces.studies.nets import SIDE

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Data:
    """Real faces of the classes asked for, (n, 64, 64) in [-1, 1]; classes (n,); their table."""

    classes: list[str]
    table: pd.DataFrame
    images: Floats
    labels: Array

    @classmethod
    def of(cls, faces: FaceSet, wanted: Balance) -> Self:
        """Return the faces of `wanted.classes`, or of all; each must have faces in each split."""
        classes = sorted(wanted.classes or faces.classes)
        chosen = faces.pick(faces.table["label"].isin(classes).to_numpy())
        counts = chosen.table.groupby(["label", "split"]).size()
        for label in classes:
            for split in SPLITS:
                if counts.get((label, split), 0) < 2:
                    raise DataError(
                        f"studies.balance: expected faces of {label} in the split {split}, found "
                        f"none or one; known are {', '.join(faces.classes)}"
                    )
        if wanted.small and wanted.small not in classes:
            raise DataError(
                f"studies.balance.small: expected one of {', '.join(classes)}, found {wanted.small}"
            )
        return cls(classes, chosen.table, floats(chosen.images, SIDE), chosen.targets)

    def rows(self, split: str) -> Array:
        """Return the rows of a split."""
        return np.flatnonzero(self.table["split"].to_numpy(str) == split)

    def grey(self, rows: Array, side: int) -> Bytes:
        """Return the faces at `rows` as grey levels (n, side, side)."""
        return grey(self.images[rows], side)

    def owners(self) -> Array:
        """Return whose face each is: the person, or the near copies' group where none is known."""
        known = self.table["subject"] != ""
        return np.asarray(self.table["subject"].where(known, self.table["group"]).to_numpy(str))


@dataclass(frozen=True)
class Want:
    """Train rows that stay and that are put away, and how many faces each class lacks, (k,)."""

    kept: Array
    away: Array
    missing: Array

    @classmethod
    def of(cls, data: Data, small: str, share: float, rng: np.random.Generator) -> Self:
        """Keep a `share` of the train faces of the class `small`, drawn by chance; '' keeps all."""
        rows = data.rows("train")
        away = np.empty(0, np.intp)
        if small:
            mine = rows[data.labels[rows] == data.classes.index(small)]
            stay = max(2, round(share * len(mine)))
            away = np.sort(rng.permutation(mine)[stay:])
        kept = np.setdiff1d(rows, away)
        counts = np.bincount(data.labels[kept], minlength=len(data.classes))
        return cls(kept, away, counts.max() - counts)

    @property
    def lacking(self) -> list[int]:
        """Return the classes that lack faces."""
        return [int(label) for label in np.flatnonzero(self.missing)]
