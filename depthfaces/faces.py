"""FaceSet: many images of one size beside a table of what is known about each."""

import csv
import io
import mmap
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from depthfaces import files
from depthfaces.errors import DataError, IntegrityError

IMAGES = "images.npy"
# An exported set calls its table metadata.csv, the name that image-folder loaders look for.
TABLES = ("faces.csv", "metadata.csv")
# Columns that stay text, though they look like numbers or like nothing.
TEXTS = ("id", "label", "subject", "group", "file")
_HEADER = 128  # bytes reserved for the .npy header: magic 6, version 2, length 2, text 118


@dataclass(frozen=True)
class FaceSet:
    """`images` (N, H, W), memory-mapped, and `table` with one row an image in the same order.

    Raw sets: uint16 millimetres (0 = no reading) or uint8 grey (`unit` relative).
    Prepared sets: float32 in [-1, 1], near = 1, background = -1.
    """

    images: npt.NDArray[Any]
    table: pd.DataFrame

    def __len__(self) -> int:
        """Return the number of faces."""
        return len(self.table)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open a set in constant memory, however many faces it holds."""
        tables = [folder / name for name in TABLES if (folder / name).is_file()]
        if not tables or not (folder / IMAGES).is_file():
            raise DataError(f"{folder}: expected {IMAGES} beside {TABLES[0]}; run `dvc repro`")
        images = files.read_npy(folder / IMAGES)
        table = read_table(tables[0], ("id", "label"), TEXTS)
        if images.ndim != 3 or len(images) != len(table):
            raise IntegrityError(
                f"{folder / IMAGES}: expected {len(table)} images, a row of {tables[0].name} each, "
                f"found an array {images.shape}; delete {folder} and run `dvc repro`"
            )
        return cls(images, table)

    @property
    def classes(self) -> list[str]:
        """Return the labels that occur, sorted."""
        return sorted(set(self.table["label"]))

    @property
    def targets(self) -> npt.NDArray[np.int64]:
        """Return each face's index into `classes`, (N,)."""
        places = np.searchsorted(self.classes, self.table["label"].to_numpy(str))
        return np.asarray(places, np.int64)

    def people(self) -> npt.NDArray[Any]:
        """Return whose face each is, (N,): see `people`."""
        return people(*(texts(self.table, name) for name in ("id", "subject", "group")))

    def pick(self, rows: npt.NDArray[Any]) -> Self:
        """Return the faces at `rows` (indices or a boolean mask); the chosen images are read."""
        return type(self)(self.images[rows], self.table.iloc[rows].reset_index(drop=True))

    def split(self, name: str) -> Self:
        """Return the faces of the split `name`: train, validation or test."""
        return self.pick(np.flatnonzero(self.table["split"].to_numpy() == name))

    def batches(self, size: int) -> Iterator[tuple[slice, npt.NDArray[Any]]]:
        """Yield (rows, images) pieces of at most `size` faces, in order."""
        for start in range(0, len(self), size):
            rows = slice(start, min(start + size, len(self)))
            yield rows, np.array(self.images[rows])
            release(self.images)


def people(
    identity: npt.NDArray[Any], subject: npt.NDArray[Any], group: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    """Return whose face each is, (n,): the subject, or its group of near copies, or it alone.

    The one place that says what counts as a person: splits, draws and intervals go by it.
    """
    named = np.where(group != "", np.char.add("group:", group), np.char.add("face:", identity))
    return np.where(subject != "", subject, named)


def texts(table: pd.DataFrame, name: str) -> npt.NDArray[Any]:
    """Return a column as text; one that a set does not have is empty."""
    found = table[name] if name in table else pd.Series("", index=table.index)
    return np.asarray(found.to_numpy(str))


def read_table(path: Path, needed: Sequence[str] = (), texts: Sequence[str] = ()) -> pd.DataFrame:
    """Read a CSV of ours that has the columns `needed`; the columns `texts` stay text.

    Each of ours ends with a line end: without it, it is cut.
    """
    with files.intact(path):
        if not path.read_bytes().endswith(b"\n"):
            raise ValueError("cut in its last line")
        try:
            table = pd.read_csv(path, keep_default_na=False, dtype=dict.fromkeys(texts, str))
        except pd.errors.EmptyDataError:
            table = pd.DataFrame()
        missing = [name for name in needed if name not in table]
        if missing:
            raise ValueError(f"expected the columns {', '.join(needed)}, found no {missing[0]}")
    return table


def release(images: npt.NDArray[Any]) -> None:
    """Give the pages of a memory-mapped array back; they are read again when asked for.

    Else every page once read counts as this process's memory until the system wants it.
    """
    pages = getattr(images, "_mmap", None)
    if pages is not None:
        pages.madvise(mmap.MADV_DONTNEED)


class FaceWriter:
    """Write a set piece by piece in constant memory; it appears when the `with` block ends well."""

    def __init__(
        self, folder: Path, size: tuple[int, int], dtype: npt.DTypeLike, table: str = TABLES[0]
    ) -> None:
        """Write images of `size` (H, W) and the file `table`, one of `TABLES`, into `folder`."""
        self.folder, self.size, self.dtype = folder, size, np.dtype(dtype)
        self.table = table
        self.count = 0
        self._columns: list[str] | None = None
        self._text = io.StringIO()

    def __enter__(self) -> Self:
        """Open the files."""
        self._context = files.atomic(self.folder / IMAGES)
        self._images = self._context.__enter__().open("wb")
        self._images.write(b" " * _HEADER)
        return self

    def append(self, images: npt.NDArray[Any], rows: Sequence[Mapping[str, Any]]) -> None:
        """Add `images` (n, H, W) and their n rows, which all have the same columns."""
        if images.shape != (len(rows), *self.size):
            raise ValueError(f"expected {(len(rows), *self.size)}, got {images.shape}")
        for row in rows:
            if self._columns is None:
                self._columns = list(row)
                self._writer = csv.DictWriter(self._text, self._columns, lineterminator="\n")
                self._writer.writeheader()
            self._writer.writerow({key: safe_cell(value) for key, value in row.items()})
        self._images.write(np.ascontiguousarray(images, dtype=self.dtype).tobytes())
        self.count += len(rows)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Put the header in place and give both files their names, or leave nothing."""
        if kind is None:
            self._images.seek(0)
            self._images.write(_npy_header((self.count, *self.size), self.dtype))
        self._images.close()
        self._context.__exit__(kind, error, trace)
        if kind is None:
            files.write_text(self.folder / self.table, self._text.getvalue())


def safe_cell(value: Any) -> Any:
    """Return `value` so that no spreadsheet runs it: a text starting with = + - @ gets a quote."""
    risky = isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"}
    return f"'{value}" if risky else value


def _npy_header(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    """Return the .npy version 1.0 header, padded with spaces to `_HEADER` bytes."""
    text = repr({"descr": dtype.str, "fortran_order": False, "shape": shape}).encode()
    padding = _HEADER - 10 - len(text) - 1
    body = text + b" " * padding + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(body)) + body
