"""An artificial class imbalance: train faces kept and removed, and how many are missing."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from depthfaces.errors import DataError
from depthfaces.faces import FaceSet
from depthfaces.schema.studies import Balance
from depthfaces.splits import SPLITS
from depthfaces.studies.lessons import Bytes, floats, to_grey_levels
from depthfaces.studies.nets import SIDE

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Data:
    """Real faces of the chosen classes, (n, 64, 64) in [-1, 1]; classes (n,); their table."""

    classes: list[str]
    table: pd.DataFrame
    images: Floats
    labels: Array

    @classmethod
    def from_faces(cls, faces: FaceSet, section: Balance) -> Self:
        """Return the faces of `section.classes`, or of all; each must have faces in each split."""
        classes = sorted(section.classes or faces.classes)
        chosen_faces = faces.pick(faces.table["label"].isin(classes).to_numpy())
        face_counts = chosen_faces.table.groupby(["label", "split"]).size()
        for label in classes:
            for split in SPLITS:
                if face_counts.get((label, split), 0) < 2:
                    raise DataError(
                        f"studies.balance: expected faces of {label} in the split {split}, found "
                        f"none or one; known are {', '.join(faces.classes)}"
                    )
        if section.small and section.small not in classes:
            raise DataError(
                f"studies.balance.small: expected one of {', '.join(classes)}, "
                f"found {section.small}"
            )
        return cls(
            classes, chosen_faces.table, floats(chosen_faces.images, SIDE), chosen_faces.targets
        )

    def rows(self, split: str) -> Array:
        """Return the row indices of a split."""
        return np.flatnonzero(self.table["split"].to_numpy(str) == split)

    def grey(self, rows: Array, side: int) -> Bytes:
        """Return the faces at `rows` as grey levels (n, side, side)."""
        return to_grey_levels(self.images[rows], side)

    def owners(self) -> Array:
        """Return the owner of each face: the person, or its group of near copies if unknown."""
        is_known = self.table["subject"] != ""
        return np.asarray(self.table["subject"].where(is_known, self.table["group"]).to_numpy(str))


@dataclass(frozen=True)
class Imbalance:
    """Train rows that are kept and removed, and how many faces each class lacks, (k,)."""

    kept_rows: Array
    removed_rows: Array
    missing_counts: Array

    @classmethod
    def draw(cls, data: Data, small: str, kept_share: float, rng: np.random.Generator) -> Self:
        """Keep a random `kept_share` of the train faces of the class `small`; '' keeps all."""
        train_rows = data.rows("train")
        removed_rows = np.empty(0, np.intp)
        if small:
            small_rows = train_rows[data.labels[train_rows] == data.classes.index(small)]
            kept_count = max(2, round(kept_share * len(small_rows)))
            removed_rows = np.sort(rng.permutation(small_rows)[kept_count:])
        kept_rows = np.setdiff1d(train_rows, removed_rows)
        class_counts = np.bincount(data.labels[kept_rows], minlength=len(data.classes))
        return cls(kept_rows, removed_rows, class_counts.max() - class_counts)

    @property
    def lacking_classes(self) -> list[int]:
        """Return the classes that lack faces."""
        return [int(label) for label in np.flatnonzero(self.missing_counts)]
