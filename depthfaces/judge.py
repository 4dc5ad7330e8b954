"""Judge anybody's synthetic faces: two folders in, the report's own page and numbers out.

The folders become what the stages read, and the stages themselves do the rest: features, classify,
compare, report. So the figures are those of the pipeline, whoever made the faces.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from depthfaces.depth import dataset
from depthfaces.errors import DataError
from depthfaces.faces import TABLES, FaceSet, FaceWriter, texts
from depthfaces.schema import Params
from depthfaces.sources import folder as folders

BATCH = 256  # faces copied at once
COLUMNS = ("id", "label", "subject", "group", "split", "source", "unit")


@dataclass(frozen=True)
class Folders:
    """The folders to judge; `test` holds the held-out people, else `real` is split by people."""

    real: Path
    synthetic: Path
    test: Path | None = None


def judge(compared: Folders, out: Path, params: Params) -> int:
    """Write page, JSON and figures to `out` and what they rest on to OUT/data; 0 if all is well."""
    data = out / "data"
    prepare(compared, data, params)
    sets = [str(data / name) for name in ("faces", "synthetic", "baselines")]
    (data / "baselines").mkdir(exist_ok=True)
    outputs = [str(data / "predictions.csv"), str(out / "classify.json"), str(data / "models")]
    for arguments in (
        ["features", *sets, str(data / "features")],
        ["classify", str(data / "features"), *outputs],
        ["compare", str(data), str(out)],
        ["report", str(out), *sets, str(out / "index.html")],
    ):
        command = [sys.executable, "-m", f"stages.{arguments[0]}", *arguments[1:]]
        if code := subprocess.run(command, check=False).returncode:
            return code
    return 0


def prepare(compared: Folders, data: Path, params: Params) -> None:
    """Write the prepared sets DATA/faces and DATA/synthetic."""
    data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=data, prefix=".judge.") as scratch:
        real = prepared(compared.real, Path(scratch) / "real", params)
        generated = prepared(compared.synthetic, Path(scratch) / "synthetic", params)
        sources = [(real, rows(real))]
        if compared.test:
            test = prepared(compared.test, Path(scratch) / "test", params)
            sources = held_out(real, test, compared)
        write(sources, data / "faces")
        check(FaceSet.open(data / "faces"), generated, compared.synthetic)
        anonymous = {"subject": "", "group": "", "split": "synthetic"}
        write([(generated, rows(generated).assign(**anonymous))], data / "synthetic")


def prepared(folder: Path, scratch: Path, params: Params) -> FaceSet:
    """Return the prepared set in `folder`; a folder of images is read and prepared first."""
    if any((folder / name).is_file() for name in TABLES):
        return FaceSet.open(folder)
    if not folder.is_dir():
        raise DataError(f"{folder}: expected a folder of images or a prepared set, found none")
    folders.read(folder, params.data, scratch / "raw", "folder")
    return dataset.prepare_set(scratch / "raw", params, scratch / "faces").faces


def rows(faces: FaceSet) -> pd.DataFrame:
    """Return what the stages read of a table; a column that a set does not have is empty."""
    return pd.DataFrame({name: texts(faces.table, name) for name in COLUMNS})


def held_out(real: FaceSet, test: FaceSet, compared: Folders) -> list[tuple[FaceSet, pd.DataFrame]]:
    """Return both sets with all people of `test` held out, and none of `real`."""
    own_rows, test_rows = rows(real), rows(test).assign(split="test")
    both_sides = set(own_rows["subject"]) & set(test_rows["subject"])
    shared = sorted(both_sides - {""})
    if shared:
        raise DataError(
            f"{compared.test}: expected other people than in {compared.real}, found subject "
            f"{shared[0]} in both; if they are two people, give one of them another name"
        )
    own_rows["split"] = own_rows["split"].replace("test", "train")
    return [(real, own_rows), (test, test_rows)]


def write(sources: Sequence[tuple[FaceSet, pd.DataFrame]], out: Path) -> None:
    """Write sets, each with the table it gets, as one prepared set."""
    shapes = {faces.images.shape[1:] for faces, _ in sources}
    if len(shapes) > 1:
        raise DataError(f"{out.name}: expected faces of one size, found {sorted(shapes)}")
    with FaceWriter(out, shapes.pop(), np.float32) as writer:
        for images, table in batches(sources):
            writer.append(images, table.to_dict("records"))


def batches(
    sources: Sequence[tuple[FaceSet, pd.DataFrame]],
) -> Iterator[tuple[npt.NDArray[np.float32], pd.DataFrame]]:
    """Yield the images and rows of all sets, a batch at a time."""
    for faces, table in sources:
        for part, images in faces.batches(BATCH):
            yield np.asarray(images, np.float32), table.iloc[part]


def check(real: FaceSet, generated: FaceSet, folder: Path) -> None:
    """Refuse synthetic faces that cannot be compared with the real ones."""
    size, other = real.images.shape[1:], generated.images.shape[1:]
    if size != other:
        raise DataError(f"{folder}: expected {size} pixels as the real ones, found {other}")
    if real.classes != generated.classes:
        raise DataError(
            f"{folder}: expected the labels {', '.join(real.classes)}, found "
            f"{', '.join(generated.classes)}"
        )
    units = {name: set(texts(one.table, "unit")) - {""} for name, one in
             (("real", real), ("synthetic", generated))}  # fmt: skip
    if units["synthetic"] and units["real"] != units["synthetic"]:
        raise DataError(f"{folder}: expected the unit of the real faces, found {units}")
