"""Raw depth frames in a folder with a labels.csv, prepared as the pipeline prepares them."""

import csv
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from depthfaces import params
from depthfaces.depth.dataset import window
from depthfaces.depth.prepare import Face, prepare
from depthfaces.errors import DataError

Rows = list[dict[str, str]]
Images = list[npt.NDArray[np.uint16]]

FRAME_BATCH = 32  # frames per forward pass of the locator


def rows_of(folder: Path) -> Rows:
    """Return the rows of FOLDER/labels.csv."""
    path = folder / "labels.csv"
    if not path.is_file():
        raise DataError(f"{path}: expected a table with file, subject and label; found none")
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def load(folder: Path, rows: Rows) -> Images:
    """Return the frames that `rows` name, in millimetres."""
    frames = [cv2.imread(str(folder / row["file"]), cv2.IMREAD_UNCHANGED) for row in rows]
    if not frames or any(frame is None or frame.dtype != np.uint16 for frame in frames):
        raise DataError(f"{folder}: expected 16-bit PNG frames in millimetres, as labels.csv names")
    return frames


def focals(rows: Rows, settings: params.Params) -> list[float]:
    """Return each frame's focal length in pixels: its own, else that of the parameters."""
    return [float(row.get("focal") or settings.data.folder.focal) for row in rows]


def prepared(
    frames: Images, rows: Rows, settings: params.Params, *, frontalise: bool | None = None
) -> Iterator[Face]:
    """Yield the prepared face of each frame, or the reason why there is none."""
    preprocess = settings.preprocess
    turn_frontal = preprocess.frontalise if frontalise is None else frontalise
    focal_lengths = focals(rows, settings)
    for start in range(0, len(frames), FRAME_BATCH):
        batch_rows = slice(start, start + FRAME_BATCH)
        yield from prepare(
            frames[batch_rows],
            focal_lengths[batch_rows],
            window(preprocess),
            preprocess.confidence,
            turn_frontal,
        )
