"""The study's faces: every real one prepared, its entropy judged by the real train faces."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from depthfaces.faces import FaceSet
from depthfaces.schema.studies import Augment
from depthfaces.splits import SPLITS
from depthfaces.studies.augment.filters import Bounds, flagged
from depthfaces.studies.augment.prepare import entropy, equalised
from depthfaces.studies.lessons import Bytes, Lesson, grey

Array = npt.NDArray[Any]
BATCH = 512  # faces read at once


@dataclass(frozen=True)
class Data:
    """Real faces of all splits: table, grey levels (n, S, S), classes (n,), entropies in bits (n,).

    `bounds` are the entropies of real train faces between which a face is trained on.
    """

    classes: list[str]
    table: pd.DataFrame
    grey: Bytes
    labels: Array
    entropies: Array
    bounds: Bounds
    equalise: str

    @classmethod
    def of(cls, faces: FaceSet, wanted: Augment) -> Self:
        """Return the faces of a prepared set, as `wanted`."""
        levels = np.concatenate([grey(part, wanted.size) for _, part in faces.batches(BATCH)])
        bits = entropy(levels)
        train = faces.table["split"].to_numpy() == "train"
        bounds = Bounds.of(bits[train], wanted.entropy.low, wanted.entropy.high)
        return cls(faces.classes, faces.table, levels, faces.targets, bits, bounds, wanted.equalise)

    def rows(self, split: str, *, usable: bool = False) -> Array:
        """Return the rows of a split; if `usable` those alone that the entropy filter lets pass."""
        inside = self.table["split"].to_numpy() == split
        return np.flatnonzero(inside & ~(usable & self.bounds.flags(self.entropies)))

    def lesson(self, rows: Array) -> Lesson:
        """Return the faces at `rows` as a net sees them."""
        return Lesson(self.ready(self.grey[rows]), self.labels[rows])

    def ready(self, levels: Bytes) -> Bytes:
        """Return grey faces as a net sees them."""
        return equalised(levels, self.equalise)

    def flags(self) -> pd.DataFrame:
        """Return the list of flagged faces of all splits."""
        known = self.table["split"].isin(SPLITS).to_numpy()
        return flagged(self.table[known], self.entropies[known], self.bounds)

    def without_flagged(self, faces: FaceSet) -> FaceSet:
        """Return `faces` with the flagged train faces in no split, for the GAN."""
        split = self.table["split"].to_numpy(str)
        out = (split == "train") & self.bounds.flags(self.entropies)
        return FaceSet(faces.images, self.table.assign(split=np.where(out, "", split)))
