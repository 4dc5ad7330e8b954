"""Feature sets on disk: numbers of many faces beside what is known of each."""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from joblib import Parallel, delayed
from tqdm import tqdm

from depthfaces import files
from depthfaces.errors import DataError
from depthfaces.features import extract
from depthfaces.schema import Features

Array = npt.NDArray[Any]
KNOWN = ("id", "label", "subject", "split")


@dataclass(frozen=True)
class FeatureSet:
    """`x` (N, D) float32 and per row `id`, `label`, `subject` ("" if unknown) and `split`.

    Columns of the family `family_names[i]` end before `family_stops[i]`.
    """

    x: Array
    id: Array
    label: Array
    subject: Array
    split: Array
    family_names: Array
    family_stops: Array

    def __len__(self) -> int:
        """Return the number of faces."""
        return len(self.x)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read a set into memory."""
        if not path.is_file():
            raise DataError(f"{path}: expected a feature set, found none; run `dvc repro features`")
        with np.load(path, allow_pickle=False) as content:
            return cls(**{name: content[name] for name in cls.__dataclass_fields__})

    def pick(self, rows: Array) -> Self:
        """Return the faces at `rows` (indices or a boolean mask)."""
        chosen = {name: getattr(self, name)[rows] for name in ("x", *KNOWN)}
        return type(self)(**{**vars(self), **chosen})

    def part(self, split: str) -> Self:
        """Return the faces of one split."""
        return self.pick(np.flatnonzero(self.split == split))


def open_all(folder: Path) -> dict[str, FeatureSet]:
    """Return every feature set in `folder` by its name; `real` has to be there."""
    names = sorted({path.stem for path in folder.glob("*.npz")} | {"real"})
    return {name: FeatureSet.open(folder / f"{name}.npz") for name in names}


def write(
    path: Path, table: pd.DataFrame, batches: Iterable[Array], params: Features, threads: int
) -> None:
    """Write the features of the images in `batches`, whose rows are `table`, in constant memory."""
    known = {name: _column(table, name) for name in KNOWN}
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}.") as scratch:
        work = Parallel(n_jobs=threads, prefer="threads", return_as="generator")
        done = work(delayed(extract)(images, params) for images in batches)
        x, names, stops = _gather(done, Path(scratch) / "x.npy", len(table), path.stem)
        families = {"family_names": np.array(names), "family_stops": np.array(stops)}
        files.write_npz(path, x=x, **families, **known)


def _gather(
    done: Iterator[tuple[Array, list[str], list[int]]], scratch: Path, count: int, name: str
) -> tuple[Array, list[str], list[int]]:
    """Return all batches in one memory-mapped (count, D) array, with the families of the first."""
    first = next(done, None)
    if first is None:
        raise DataError(f"{name}: expected faces, found an empty set")
    part, names, stops = first
    x = np.lib.format.open_memmap(scratch, "w+", np.float32, (count, part.shape[1]))
    start = 0
    with tqdm(total=count, desc=f"features of {name}", unit="face") as bar:
        for part, *_ in chain([first], done):
            x[start : start + len(part)] = part
            start += len(part)
            bar.update(len(part))
    assert start == count, "each row of the table has one image"
    return x, names, stops


def _column(table: pd.DataFrame, name: str) -> Array:
    """Return a column as text; one that a set does not have is empty."""
    found = table[name] if name in table else pd.Series("", index=table.index)
    return np.asarray(found.to_numpy(str))
