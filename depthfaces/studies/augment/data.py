"""The study's real faces, prepared, with the entropy bounds of the train faces."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from depthfaces.faces import FaceSet
from depthfaces.schema.studies import Augment
from depthfaces.splits import SPLITS
from depthfaces.studies.augment.filters import EntropyBounds, list_flagged
from depthfaces.studies.augment.prepare import entropy, equalise_faces
from depthfaces.studies.lessons import Bytes, LabelledImages, to_grey_levels

Array = npt.NDArray[Any]
READ_BATCH = 512  # faces read at once


@dataclass(frozen=True)
class Data:
    """Real faces of all splits: table, grey levels (n, S, S), classes (n,), entropies in bits (n,).

    `entropy_bounds` are the entropies between which a face is used for training.
    """

    classes: list[str]
    table: pd.DataFrame
    grey_levels: Bytes
    labels: Array
    entropies: Array
    entropy_bounds: EntropyBounds
    equalise_method: str

    @classmethod
    def from_faces(cls, faces: FaceSet, section: Augment) -> Self:
        """Prepare the faces of a set as the parameters in `section` say."""
        grey_levels = np.concatenate(
            [to_grey_levels(images, section.size) for _, images in faces.batches(READ_BATCH)]
        )
        entropies = entropy(grey_levels)
        is_train = faces.table["split"].to_numpy() == "train"
        entropy_bounds = EntropyBounds.from_quantiles(
            entropies[is_train], section.entropy.low, section.entropy.high
        )
        return cls(
            faces.classes,
            faces.table,
            grey_levels,
            faces.targets,
            entropies,
            entropy_bounds,
            section.equalise,
        )

    def rows(self, split: str, *, usable: bool = False) -> Array:
        """Return the row indices of a split; if `usable`, those that pass the entropy filter."""
        in_split = self.table["split"].to_numpy() == split
        return np.flatnonzero(in_split & ~(usable & self.entropy_bounds.is_outside(self.entropies)))

    def labelled(self, rows: Array) -> LabelledImages:
        """Return the faces at `rows` as net input, with their labels."""
        return LabelledImages(self.as_net_input(self.grey_levels[rows]), self.labels[rows])

    def as_net_input(self, grey_levels: Bytes) -> Bytes:
        """Return grey faces as net input: equalised."""
        return equalise_faces(grey_levels, self.equalise_method)

    def flagged_faces(self) -> pd.DataFrame:
        """Return the table of flagged faces of all splits."""
        has_split = self.table["split"].isin(SPLITS).to_numpy()
        return list_flagged(self.table[has_split], self.entropies[has_split], self.entropy_bounds)

    def without_flagged(self, faces: FaceSet) -> FaceSet:
        """Return `faces` with the flagged train faces in no split, for the GAN."""
        split_names = self.table["split"].to_numpy(str)
        is_left_out = (split_names == "train") & self.entropy_bounds.is_outside(self.entropies)
        return FaceSet(
            faces.images, self.table.assign(split=np.where(is_left_out, "", split_names))
        )
