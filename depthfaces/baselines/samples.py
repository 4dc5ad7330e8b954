"""What a baseline gives, a sampler, and the set that is written with it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from depthfaces import generated, seeding
from depthfaces.errors import IntegrityError
from depthfaces.faces import TABLES, FaceSet, FaceWriter

Array = npt.NDArray[Any]

# Labels (n,), indices into the train faces' sorted classes, and a seed to faces (n, S, S).
Sampler = Callable[[Array, int], Array]

BATCH = 250  # faces in memory at once


@dataclass(frozen=True)
class Wanted:
    """A baseline's name, the faces that it gives of each class, and its random stream's seed."""

    method: str
    count: int
    seed: int

    def batches(self, label: str) -> Iterator[tuple[range, int]]:
        """Yield the numbers of the faces of a batch and the batch's seed."""
        for start in range(0, self.count, BATCH):
            numbers = range(start, min(self.count, start + BATCH))
            yield numbers, seeding.number(self.seed, "faces", label, start)


def write(folder: Path, sampler: Sampler, train: FaceSet, wanted: Wanted) -> None:
    """Write what `sampler` gives for each class of `train`, cut to [-1, 1]."""
    unit = str(train.table["unit"].iloc[0])
    names = generated.safe_names(train.classes)
    side = train.images.shape[1]
    with FaceWriter(folder, (side, side), np.float32, TABLES[1]) as writer:
        for target, label in enumerate(train.classes):
            for numbers, seed in wanted.batches(label):
                faces = sampler(np.full(len(numbers), target), seed).clip(-1, 1)
                if not np.isfinite(faces).all():
                    raise IntegrityError(f"{wanted.method}: expected finite faces, found NaN")
                known = [
                    generated.row(f"{names[target]}-{number:05d}", label, wanted.method, unit)
                    for number in numbers
                ]
                writer.append(faces, [{**row, "seed": seed} for row in known])
