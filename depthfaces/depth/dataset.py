"""Prepare a whole set: stream it, put the unusable aside, find copies, decide the splits."""

import csv
import io
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from tqdm import tqdm

from depthfaces import copies, files, seeding, splits
from depthfaces.depth.crop import Window
from depthfaces.depth.prepare import Face, photographed, prepare
from depthfaces.errors import DataError, IntegrityError
from depthfaces.faces import FaceSet, FaceWriter, read_table, release, safe_cell
from depthfaces.schema import Params, Preprocess

BATCH = 32  # frames that go through the locator at once

Refused = list[tuple[str, str]]


class Prepared(NamedTuple):
    """What became of a raw set: the finished one, what was put aside, and the summary."""

    faces: FaceSet
    refused: Refused
    summary: dict[str, Any]


def window(params: Preprocess) -> Window:
    """Return what a finished face spans."""
    return Window(params.size, params.crop, params.front, params.back)


def prepare_set(raw: Path, params: Params, out: Path) -> Prepared:
    """Write the prepared set of `raw` to `out`, in constant memory but for a row a face."""
    source = FaceSet.open(raw)
    refused = _refused_before(raw)
    total = len(source) + len(refused)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".faces.") as scratch:
        marks = _first_pass(source, params.preprocess, Path(scratch), refused)
        _check_refused(refused, total, params.preprocess.max_quarantine)
        first = FaceSet.open(Path(scratch))
        known = copies.judge(first.table, marks, params.preprocess.near_copies)
        table = first.table.assign(**known.drop(columns="reason"))
        rows = np.flatnonzero(known["reason"] == "")
        copied = [(table["id"][i], known["reason"][i]) for i in np.flatnonzero(known["reason"])]
        table = table.iloc[rows].reset_index(drop=True)
        split, told = splits.assign(
            table,
            params.preprocess.validation,
            params.preprocess.test,
            seeding.stream(params.seed, "splits"),
        )
        table["split"] = split
        splits.assert_disjoint(table)
        kept = split != ""
        _write(first.images, rows[kept], table[kept], out)
    faces = FaceSet.open(out)
    return Prepared(faces, refused + copied, _summary(faces, params, refused, copied, told))


def _first_pass(source: FaceSet, params: Preprocess, out: Path, refused: Refused) -> copies.Prints:
    """Prepare all frames into `out`; add those that fail to `refused`; return fingerprints."""
    side = (params.size, params.size)
    marks = []
    with FaceWriter(out, side, np.float32) as writer:
        for faces, rows in _batches(source, params):
            good = [i for i, face in enumerate(faces) if face.image is not None]
            refused += [
                (row["id"], face.reason)
                for face, row in zip(faces, rows, strict=True)
                if face.image is None
            ]
            if good:
                images = np.stack([np.asarray(faces[i].image) for i in good])
                writer.append(images, [rows[i] | _found(faces[i]) for i in good])
                marks.append(copies.prints(images))
    if not marks:
        raise DataError(f"no usable face in {len(source)} frames, e.g. {refused[0][1]}")
    return copies.Prints.join(marks)


def _batches(
    source: FaceSet, params: Preprocess
) -> Iterator[tuple[list[Face], list[dict[str, Any]]]]:
    span = window(params)
    with tqdm(total=len(source), desc="preprocess", unit="face") as bar:
        for part, padded in source.batches(BATCH):
            rows = source.table.iloc[part].to_dict("records")
            frames = [
                image[: row["height"], : row["width"]]
                for image, row in zip(padded, rows, strict=True)
            ]
            yield _faces(frames, rows, span, params), rows
            bar.update(len(rows))


def _faces(
    frames: list[npt.NDArray[Any]], rows: list[dict[str, Any]], span: Window, params: Preprocess
) -> list[Face]:
    """Depth goes through the locator; grey images, which have no unit, are only scaled."""
    if rows[0]["unit"] == "relative":
        return [photographed(frame, span.size, params.find_faces) for frame in frames]
    focals = [float(row["focal"]) for row in rows]
    return prepare(frames, focals, span, params.confidence, params.frontalise)


def _found(face: Face) -> dict[str, float]:
    """Return what the locator saw, for the table."""
    if face.box is not None:
        return {f"face_{name}": value for name, value in face.box._asdict().items()}
    if face.found is None:
        return {}
    column, row = face.place
    return {
        "found_column": round(column, 2),
        "found_row": round(row, 2),
        "found_yaw": round(face.found.yaw, 1),
        "found_pitch": round(face.found.pitch, 1),
        "found_roll": round(face.found.roll, 1),
        "confidence": round(face.found.confidence, 3),
    }


def _refused_before(raw: Path) -> Refused:
    """Return the files that already the source could not read."""
    listed = raw / "quarantine.csv"
    if not listed.is_file():
        return []
    columns = ("file", "reason")
    table = read_table(listed, columns, columns)
    return list(table[list(columns)].itertuples(index=False, name=None))


def _check_refused(refused: Refused, total: int, most: float) -> None:
    if len(refused) > most * total:
        raise DataError(
            f"{len(refused)} of {total} frames are unusable, allowed is a share of {most} "
            f"(preprocess.max_quarantine); e.g. {refused[0][0]!r}: {refused[0][1]}"
        )


def _write(
    images: npt.NDArray[Any], rows: npt.NDArray[np.intp], table: pd.DataFrame, out: Path
) -> None:
    if len(rows) != len(table):
        raise IntegrityError(f"{len(rows)} images for {len(table)} rows")
    with FaceWriter(out, images.shape[1:], np.float32) as writer:
        for start in range(0, len(rows), BATCH):
            part = slice(start, start + BATCH)
            writer.append(images[rows[part]], table.iloc[part].to_dict("records"))
            release(images)


def write_refused(refused: Refused, path: Path) -> None:
    """Write what was put aside, and why, as a table."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", "reason"])
    writer.writerows([safe_cell(name), safe_cell(reason)] for name, reason in sorted(refused))
    files.write_text(path, text.getvalue())


def _summary(
    faces: FaceSet, params: Params, refused: Refused, copied: Refused, told: dict[str, Any]
) -> dict[str, Any]:
    table = faces.table
    unit = str(table["unit"].iloc[0])
    counts = pd.crosstab(table["label"], table["split"])
    return {
        "faces": len(faces),
        "quarantined": len(refused),
        "copies_dropped": len(copied),
        "reasons": dict(sorted(Counter(_plain(reason) for _, reason in refused).items())),
        "classes": {str(label): row.to_dict() for label, row in counts.iterrows()},
        "split": told,
        "unit": unit,
        "window_mm": [params.preprocess.front, params.preprocess.back] if unit == "mm" else None,
        "crop_mm": params.preprocess.crop if unit == "mm" else None,
        **_photographs(table),
        **_accuracy(table),
    }


def _plain(reason: str) -> str:
    """Return a reason without its particulars, so that equal ones are counted together."""
    return re.sub(r" \(.*\)| of .*", "", reason)


def _photographs(table: pd.DataFrame) -> dict[str, int]:
    """Return in how many photographs a face was found, where one was looked for."""
    if "face_side" not in table.columns:
        return {}
    return {"found_in_photographs": int((table["face_side"] > 0).sum())}


def _accuracy(table: pd.DataFrame) -> dict[str, Any]:
    """Return how well the locator did, where the source knows the true nose (virtual)."""
    if not {"nose_column", "found_column"} <= set(table.columns):
        return {}
    columns = table["found_column"] - table["nose_column"]
    rows = table["found_row"] - table["nose_row"]
    off = np.hypot(columns, rows) * table["distance"] / table["focal"]
    return {
        "nose_error_mm": {
            "median": round(float(off.median()), 2),
            "p98": round(float(off.quantile(0.98)), 2),
        }
    }
