"""Feature sets on disk: numbers of many faces beside what is known of each."""

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
KNOWN = ("id", "label", "subject", "group", "split")
ABOUT = "about.json"
BACKENDS = {"threads": "threading", "processes": "loky"}  # joblib's names


class Described(NamedTuple):
    """Features (n, D) and small faces (n, P) of a batch; names and stops of the families."""

    x: Array
    pixels: Array
    families: dict[str, Array]


@dataclass(frozen=True)
class FeatureSet:
    """`x` (N, D), float32 or uint8 pixels, and per row what `KNOWN` names.

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
        content = files.read_npz(path, *cls.__dataclass_fields__)
        lengths = {name: content[name].shape[:1] for name in ("x", *KNOWN)}
        if len(set(lengths.values())) > 1:
            raise IntegrityError(
                f"{path}: expected one row a face, found {lengths}; run `dvc repro`"
            )
        return cls(**{name: content[name] for name in cls.__dataclass_fields__})

    def people(self) -> Array:
        """Return whose face each is, (N,): see `faces.people`."""
        return people(self.id, self.subject, self.group)

    def pick(self, rows: Array) -> Self:
        """Return the faces at `rows` (indices or a boolean mask)."""
        chosen = {name: getattr(self, name)[rows] for name in ("x", *KNOWN)}
        return type(self)(**{**vars(self), **chosen})

    def part(self, split: str) -> Self:
        """Return the faces of one split."""
        return self.pick(np.flatnonzero(self.split == split))

    def join(self, other: Self) -> Self:
        """Return the faces of both, which have the same columns."""
        names = ("x", *KNOWN)
        both = {name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in names}
        return type(self)(**{**vars(self), **both})

    def only(self, families: Sequence[str]) -> Self:
        """Return the same faces with the columns of some `families` alone, in their order here."""
        starts = [0, *self.family_stops[:-1]]
        kept = [place for place, name in enumerate(self.family_names) if name in families]
        parts = [self.x[:, starts[place] : self.family_stops[place]] for place in kept]
        stops = np.cumsum([part.shape[1] for part in parts])
        named = {"family_names": self.family_names[kept], "family_stops": stops}
        return type(self)(**{**vars(self), **named, "x": np.concatenate(parts, axis=1)})


def path_of(place: Path, view: str) -> Path:
    """Return the file of one view of the set named as `place`."""
    folder = place.parent if view == VIEWS[0] else place.parent / view
    return folder / f"{place.name}.npz"


def about(folder: Path) -> dict[str, Any]:
    """Return what all sets in `folder` share: `unit` (mm | relative) and `size`, pixels a side."""
    path = folder / ABOUT
    if not path.is_file():
        raise DataError(f"{path}: expected it beside the feature sets; run `dvc repro features`")
    return files.read_json(path, "unit", "size")


def open_all(folder: Path, view: str = VIEWS[0]) -> dict[str, FeatureSet]:
    """Return one view of every set in `folder` by its name; `real` has to be there."""
    names = sorted({path.stem for path in folder.glob("*.npz")} | {"real"})
    return {name: FeatureSet.open(path_of(folder / name, view)) for name in names}


def write(
    place: Path, table: pd.DataFrame, batches: Iterable[Array], params: Features, threads: int
) -> None:
    """Describe the images in `batches`, whose rows are `table`, in constant memory.

    `place` has the set's name: PLACE.npz gets the features, and beside it pixels/NAME.npz the faces
    made small, for those who learn from images.
    """
    with workers(params, threads) as work:
        done = work(delayed(describe)(images, params) for images in batches)
        first = next(done, None)
        if first is None:
            raise DataError(f"{place.name}: expected faces, found an empty set")
        _write(place, table, first, done)


def _write(place: Path, table: pd.DataFrame, first: Described, rest: Iterator[Described]) -> None:
    known = {name: texts(table, name) for name in KNOWN}
    count = first.pixels.shape[1]
    small = {"family_names": np.array(["pixels"]), "family_stops": np.array([count])}
    paths = (path_of(place, view) for view in VIEWS)
    with (
        tqdm(total=len(table), desc=f"features of {place.name}", unit="face") as bar,
        files.npz_rows(next(paths), len(table), **first.families, **known) as add,
        files.npz_rows(next(paths), len(table), **small, **known) as add_small,
    ):
        for part in chain([first], rest):
            add(part.x)
            add_small(part.pixels)
            bar.update(len(part.x))


@contextmanager
def workers(params: Features, threads: int) -> Iterator[Parallel]:
    """Yield what shares calls among `threads` cores, or the machines of `params.scheduler`."""
    if params.backend != "dask":
        yield Parallel(threads, backend=BACKENDS[params.backend], return_as="generator")
        return
    from distributed import Client  # noqa: PLC0415 - takes a second, and few ask for it

    here = {"n_workers": threads, "threads_per_worker": 1, "dashboard_address": None}
    place = {"address": params.scheduler} if params.scheduler else here
    try:
        client = Client(**place)  # type: ignore[no-untyped-call]  # its own
    except (OSError, ValueError) as fault:
        raise MachineError(
            f"features.scheduler: expected a dask scheduler at {params.scheduler!r}: {fault}"
        ) from None
    with client, parallel_config("dask"):
        yield Parallel(-1, return_as="generator")


def describe(images: Array, params: Features) -> Described:
    """Return the features of prepared faces (n, S, S), and the faces made small."""
    x, names, stops = extract(images, params)
    families = {"family_names": np.array(names), "family_stops": np.array(stops)}
    return Described(x, reduce(images, params.pixels), families)
