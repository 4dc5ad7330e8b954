"""Feature sets on disk: the features of many faces with the label and person of each."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from joblib import Parallel, delayed, parallel_config
from tqdm import tqdm

from depthfaces import files
from depthfaces.errors import DataError, IntegrityError, MachineError
from depthfaces.faces import people, texts
from depthfaces.features import extract
from depthfaces.features.pixels import VIEWS, reduce
from depthfaces.schema import Features

Array = npt.NDArray[Any]
FACE_COLUMNS = ("id", "label", "subject", "group", "split")
ABOUT = "about.json"
BACKENDS = {"threads": "threading", "processes": "loky"}  # joblib's names


class DescribedFaces(NamedTuple):
    """Features (n, D) and reduced faces (n, P) of a batch; names and stops of the families."""

    x: Array
    pixels: Array
    families: dict[str, Array]


@dataclass(frozen=True)
class FeatureSet:
    """`x` (N, D), float32 or uint8 pixels, and one value per face of each of `FACE_COLUMNS`.

    An unknown subject is "", and so is the group of a face that was generated.

    Columns of the family `family_names[i]` end before `family_stops[i]`.
    """

    x: Array
    id: Array
    label: Array
    subject: Array
    group: Array
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
        arrays = files.read_npz(path, *cls.__dataclass_fields__)
        lengths = {name: arrays[name].shape[:1] for name in ("x", *FACE_COLUMNS)}
        if len(set(lengths.values())) > 1:
            raise IntegrityError(
                f"{path}: expected one row a face, found {lengths}; run `dvc repro`"
            )
        return cls(**{name: arrays[name] for name in cls.__dataclass_fields__})

    def people(self) -> Array:
        """Return the person of each face, (N,): see `faces.people`."""
        return people(self.id, self.subject, self.group)

    def pick(self, rows: Array) -> Self:
        """Return the faces at `rows` (indices or a boolean mask)."""
        picked_arrays = {name: getattr(self, name)[rows] for name in ("x", *FACE_COLUMNS)}
        return type(self)(**{**vars(self), **picked_arrays})

    def part(self, split: str) -> Self:
        """Return the faces of one split."""
        return self.pick(np.flatnonzero(self.split == split))

    def join(self, other: Self) -> Self:
        """Return the faces of both sets, which have the same columns."""
        names = ("x", *FACE_COLUMNS)
        joined_arrays = {
            name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in names
        }
        return type(self)(**{**vars(self), **joined_arrays})

    def only(self, families: Sequence[str]) -> Self:
        """Return the same faces with the columns of `families` alone, in the order of the set."""
        starts = [0, *self.family_stops[:-1]]
        family_indices = [
            family_index for family_index, name in enumerate(self.family_names) if name in families
        ]
        family_columns = [
            self.x[:, starts[family_index] : self.family_stops[family_index]]
            for family_index in family_indices
        ]
        new_stops = np.cumsum([columns.shape[1] for columns in family_columns])
        family_arrays = {
            "family_names": self.family_names[family_indices],
            "family_stops": new_stops,
        }
        return type(self)(
            **{**vars(self), **family_arrays, "x": np.concatenate(family_columns, axis=1)}
        )


def view_path(set_path: Path, view: str) -> Path:
    """Return the file of one view of the set at `set_path`, whose last part is the set's name."""
    folder = set_path.parent if view == VIEWS[0] else set_path.parent / view
    return folder / f"{set_path.name}.npz"


def about(folder: Path) -> dict[str, Any]:
    """Read what all sets in `folder` share: `unit` (mm | relative) and `size`, pixels per side."""
    path = folder / ABOUT
    if not path.is_file():
        raise DataError(f"{path}: expected it beside the feature sets; run `dvc repro features`")
    return files.read_json(path, "unit", "size")


def open_all(folder: Path, view: str = VIEWS[0]) -> dict[str, FeatureSet]:
    """Return one view of every set in `folder` by name; `real` has to be among them."""
    set_names = sorted({path.stem for path in folder.glob("*.npz")} | {"real"})
    return {name: FeatureSet.open(view_path(folder / name, view)) for name in set_names}


def write(
    set_path: Path, table: pd.DataFrame, batches: Iterable[Array], params: Features, threads: int
) -> None:
    """Describe the images in `batches`, whose rows are `table`, in constant memory.

    The features go to SET_PATH.npz and the reduced faces, for classifiers that learn from images,
    to pixels/NAME.npz beside it.
    """
    with worker_pool(params, threads) as run_parallel:
        described_batches = run_parallel(delayed(describe)(images, params) for images in batches)
        first_batch = next(described_batches, None)
        if first_batch is None:
            raise DataError(f"{set_path.name}: expected faces, found an empty set")
        _write_views(set_path, table, first_batch, described_batches)


def _write_views(
    set_path: Path,
    table: pd.DataFrame,
    first_batch: DescribedFaces,
    other_batches: Iterator[DescribedFaces],
) -> None:
    face_columns = {name: texts(table, name) for name in FACE_COLUMNS}
    pixel_count = first_batch.pixels.shape[1]
    pixel_family = {"family_names": np.array(["pixels"]), "family_stops": np.array([pixel_count])}
    view_paths = (view_path(set_path, view) for view in VIEWS)
    with (
        tqdm(total=len(table), desc=f"features of {set_path.name}", unit="face") as progress,
        files.npz_rows(
            next(view_paths), len(table), **first_batch.families, **face_columns
        ) as write_features,
        files.npz_rows(
            next(view_paths), len(table), **pixel_family, **face_columns
        ) as write_pixels,
    ):
        for described in chain([first_batch], other_batches):
            write_features(described.x)
            write_pixels(described.pixels)
            progress.update(len(described.x))


@contextmanager
def worker_pool(params: Features, threads: int) -> Iterator[Parallel]:
    """Yield a joblib `Parallel` over `threads` cores, or over the dask `params.scheduler`."""
    if params.backend != "dask":
        yield Parallel(threads, backend=BACKENDS[params.backend], return_as="generator")
        return
    from distributed import Client  # noqa: PLC0415 - takes a second, and few ask for it

    local_cluster = {"n_workers": threads, "threads_per_worker": 1, "dashboard_address": None}
    client_options = {"address": params.scheduler} if params.scheduler else local_cluster
    try:
        client = Client(**client_options)  # type: ignore[no-untyped-call]  # its own
    except (OSError, ValueError) as fault:
        raise MachineError(
            f"features.scheduler: expected a dask scheduler at {params.scheduler!r}: {fault}"
        ) from None
    with client, parallel_config("dask"):
        yield Parallel(-1, return_as="generator")


def describe(images: Array, params: Features) -> DescribedFaces:
    """Return the features of prepared faces (n, S, S), and the reduced faces."""
    features, family_names, family_stops = extract(images, params)
    families = {"family_names": np.array(family_names), "family_stops": np.array(family_stops)}
    return DescribedFaces(features, reduce(images, params.pixels), families)
