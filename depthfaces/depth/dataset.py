"""Prepare a whole set: stream it, quarantine unusable frames, find copies, assign the splits."""

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

BATCH = 32  # frames per batch of the locator

RefusedFrames = list[tuple[str, str]]


class Prepared(NamedTuple):
    """A prepared set, the frames that were refused as (id, reason), and the summary."""

    faces: FaceSet
    refused: RefusedFrames
    summary: dict[str, Any]


def window(params: Preprocess) -> Window:
    """Return the extent of a prepared face."""
    return Window(params.size, params.crop, params.front, params.back)


def prepare_set(raw_folder: Path, params: Params, out_folder: Path) -> Prepared:
    """Prepare `raw_folder` into `out_folder`; memory grows by one table row per face only."""
    raw_faces = FaceSet.open(raw_folder)
    refused = _unreadable_files(raw_folder)
    frame_count = len(raw_faces) + len(refused)
    out_folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out_folder.parent, prefix=".faces.") as scratch:
        fingerprints = _first_pass(raw_faces, params.preprocess, Path(scratch), refused)
        _check_refused_share(refused, frame_count, params.preprocess.max_quarantine)
        first_set = FaceSet.open(Path(scratch))
        copy_table = copies.judge(first_set.table, fingerprints, params.preprocess.near_copies)
        face_table = first_set.table.assign(**copy_table.drop(columns="reason"))
        unique_rows = np.flatnonzero(copy_table["reason"] == "")
        refused_copies = [
            (face_table["id"][row], copy_table["reason"][row])
            for row in np.flatnonzero(copy_table["reason"])
        ]
        face_table = face_table.iloc[unique_rows].reset_index(drop=True)
        split_names, split_summary = splits.assign(
            face_table,
            params.preprocess.validation,
            params.preprocess.test,
            seeding.stream(params.seed, "splits"),
        )
        face_table["split"] = split_names
        splits.assert_disjoint(face_table)
        in_split = split_names != ""
        _write_faces(first_set.images, unique_rows[in_split], face_table[in_split], out_folder)
    faces = FaceSet.open(out_folder)
    return Prepared(
        faces,
        refused + refused_copies,
        _summary(faces, params, refused, refused_copies, split_summary),
    )


def _first_pass(
    raw_faces: FaceSet, params: Preprocess, folder: Path, refused: RefusedFrames
) -> copies.Prints:
    """Prepare all frames into `folder`, append failures to `refused`, return fingerprints."""
    face_shape = (params.size, params.size)
    fingerprints = []
    with FaceWriter(folder, face_shape, np.float32) as writer:
        for batch_faces, frame_rows in _prepared_batches(raw_faces, params):
            usable = [i for i, face in enumerate(batch_faces) if face.image is not None]
            refused += [
                (row["id"], face.reason)
                for face, row in zip(batch_faces, frame_rows, strict=True)
                if face.image is None
            ]
            if usable:
                images = np.stack([np.asarray(batch_faces[i].image) for i in usable])
                writer.append(
                    images,
                    [frame_rows[i] | _detection_columns(batch_faces[i]) for i in usable],
                )
                fingerprints.append(copies.prints(images))
    if not fingerprints:
        raise DataError(f"no usable face in {len(raw_faces)} frames, e.g. {refused[0][1]}")
    return copies.Prints.join(fingerprints)


def _prepared_batches(
    raw_faces: FaceSet, params: Preprocess
) -> Iterator[tuple[list[Face], list[dict[str, Any]]]]:
    face_window = window(params)
    with tqdm(total=len(raw_faces), desc="preprocess", unit="face") as progress:
        for batch_rows, padded_frames in raw_faces.batches(BATCH):
            frame_rows = raw_faces.table.iloc[batch_rows].to_dict("records")
            frames = [
                image[: row["height"], : row["width"]]
                for image, row in zip(padded_frames, frame_rows, strict=True)
            ]
            yield _prepare_frames(frames, frame_rows, face_window, params), frame_rows
            progress.update(len(frame_rows))


def _prepare_frames(
    frames: list[npt.NDArray[Any]],
    frame_rows: list[dict[str, Any]],
    face_window: Window,
    params: Preprocess,
) -> list[Face]:
    """Prepare one batch: depth by the locator; grey images, without a unit, are only scaled."""
    if frame_rows[0]["unit"] == "relative":
        return [photographed(frame, face_window.size, params.find_faces) for frame in frames]
    focal_lengths = [float(row["focal"]) for row in frame_rows]
    return prepare(frames, focal_lengths, face_window, params.confidence, params.frontalise)


def _detection_columns(face: Face) -> dict[str, float]:
    """Return the table columns that say where the nose, or a photograph's face, was found."""
    if face.box is not None:
        return {f"face_{name}": value for name, value in face.box._asdict().items()}
    if face.detection is None:
        return {}
    column, row = face.nose_position
    return {
        "found_column": round(column, 2),
        "found_row": round(row, 2),
        "found_yaw": round(face.detection.yaw, 1),
        "found_pitch": round(face.detection.pitch, 1),
        "found_roll": round(face.detection.roll, 1),
        "confidence": round(face.detection.confidence, 3),
    }


def _unreadable_files(raw_folder: Path) -> RefusedFrames:
    """Return the files that the source could not read, as (file, reason)."""
    quarantine_path = raw_folder / "quarantine.csv"
    if not quarantine_path.is_file():
        return []
    columns = ("file", "reason")
    table = read_table(quarantine_path, columns, columns)
    return list(table[list(columns)].itertuples(index=False, name=None))


def _check_refused_share(refused: RefusedFrames, total: int, max_share: float) -> None:
    if len(refused) > max_share * total:
        raise DataError(
            f"{len(refused)} of {total} frames are unusable, allowed is a share of {max_share} "
            f"(preprocess.max_quarantine); e.g. {refused[0][0]!r}: {refused[0][1]}"
        )


def _write_faces(
    images: npt.NDArray[Any], rows: npt.NDArray[np.intp], table: pd.DataFrame, folder: Path
) -> None:
    if len(rows) != len(table):
        raise IntegrityError(f"{len(rows)} images for {len(table)} rows")
    with FaceWriter(folder, images.shape[1:], np.float32) as writer:
        for start in range(0, len(rows), BATCH):
            batch_rows = slice(start, start + BATCH)
            writer.append(images[rows[batch_rows]], table.iloc[batch_rows].to_dict("records"))
            release(images)


def write_refused(refused: RefusedFrames, path: Path) -> None:
    """Write the refused frames and the reasons as a CSV table."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", "reason"])
    writer.writerows(
        [safe_cell(frame_id), safe_cell(reason)] for frame_id, reason in sorted(refused)
    )
    files.write_text(path, text.getvalue())


def _summary(
    faces: FaceSet,
    params: Params,
    refused: RefusedFrames,
    refused_copies: RefusedFrames,
    split_summary: dict[str, Any],
) -> dict[str, Any]:
    table = faces.table
    unit = str(table["unit"].iloc[0])
    class_counts = pd.crosstab(table["label"], table["split"])
    return {
        "faces": len(faces),
        "quarantined": len(refused),
        "copies_dropped": len(refused_copies),
        "reasons": dict(
            sorted(Counter(_without_particulars(reason) for _, reason in refused).items())
        ),
        "classes": {str(label): row.to_dict() for label, row in class_counts.iterrows()},
        "split": split_summary,
        "unit": unit,
        "window_mm": [params.preprocess.front, params.preprocess.back] if unit == "mm" else None,
        "crop_mm": params.preprocess.crop if unit == "mm" else None,
        **_photograph_counts(table),
        **_locator_accuracy(table),
    }


def _without_particulars(reason: str) -> str:
    """Return a reason without its particulars, so that equal reasons are counted together."""
    return re.sub(r" \(.*\)| of .*", "", reason)


def _photograph_counts(table: pd.DataFrame) -> dict[str, int]:
    """Return the number of photographs in which a face was found, {} where none was searched."""
    if "face_side" not in table.columns:
        return {}
    return {"found_in_photographs": int((table["face_side"] > 0).sum())}


def _locator_accuracy(face_table: pd.DataFrame) -> dict[str, Any]:
    """Return the locator's error, where the source knows the true nose (virtual camera)."""
    if not {"nose_column", "found_column"} <= set(face_table.columns):
        return {}
    column_errors = face_table["found_column"] - face_table["nose_column"]
    row_errors = face_table["found_row"] - face_table["nose_row"]
    errors_mm = np.hypot(column_errors, row_errors) * face_table["distance"] / face_table["focal"]
    return {
        "nose_error_mm": {
            "median": round(float(errors_mm.median()), 2),
            "p98": round(float(errors_mm.quantile(0.98)), 2),
        }
    }
