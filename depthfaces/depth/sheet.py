"""A contact sheet: raw frames above the faces prepared from them, and the refused frames."""

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt

from depthfaces import files, seeding
from depthfaces.depth.dataset import Prepared
from depthfaces.faces import FaceSet

SHEET_COLUMNS = 10
CAPTION = "Pairs of rows: above raw frames, below the face made of each; near is bright"
REFUSED_CAPTION = "; last row: put aside"
MAX_FACES = 30  # prepared faces; refused frames get at most one row


def draw(raw_faces: FaceSet, prepared: Prepared, seed: int, path: Path) -> None:
    """Draw the sheet: pairs of rows, raw above prepared; the last row shows refused frames."""
    raw_row_of = {frame_id: face_row for face_row, frame_id in enumerate(raw_faces.table["id"])}
    rng = seeding.stream(seed, "sheet")
    chosen_faces = np.sort(rng.permutation(len(prepared.faces))[:MAX_FACES])
    refused_frames = [
        (frame_id, reason) for frame_id, reason in prepared.refused if frame_id in raw_row_of
    ][:SHEET_COLUMNS]
    row_count = 2 * -(-len(chosen_faces) // SHEET_COLUMNS) + bool(refused_frames)
    figure, axes = plt.subplots(
        row_count, SHEET_COLUMNS, figsize=(SHEET_COLUMNS * 1.1, row_count * 1.25), squeeze=False
    )
    for cell in axes.flat:
        cell.axis("off")
    for cell_index, face_row in enumerate(chosen_faces):
        raw_row = 2 * (cell_index // SHEET_COLUMNS)
        table_row = prepared.faces.table.iloc[face_row]
        _show_image(
            axes[raw_row, cell_index % SHEET_COLUMNS],
            near_is_bright(_raw_frame(raw_faces, raw_row_of[table_row["id"]])),
            "",
        )
        _show_image(
            axes[raw_row + 1, cell_index % SHEET_COLUMNS],
            prepared.faces.images[face_row],
            str(table_row["label"])[:16],
        )
    for cell_index, (frame_id, reason) in enumerate(refused_frames):
        _show_image(
            axes[-1, cell_index],
            near_is_bright(_raw_frame(raw_faces, raw_row_of[frame_id])),
            f"aside: {reason[:22]}",
        )
    figure.suptitle(CAPTION + (REFUSED_CAPTION if refused_frames else ""), fontsize=9)
    caption_share = 0.25 / figure.get_figheight()  # inches for the caption
    figure.tight_layout(pad=0.3, rect=(0, 0, 1, 1 - caption_share))
    with files.atomic(path) as temporary:
        figure.savefig(temporary, dpi=110, metadata={"Software": None})
    plt.close(figure)


def near_is_bright(frame: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Return a raw frame for display: the nearest 300 mm bright, all beyond and holes dark."""
    if frame.dtype == np.uint8 or not (frame > 0).any():
        return frame.astype(np.float32) / 127.5 - 1
    front_depth = np.percentile(frame[frame > 0], 3)
    brightness = 1 - 2 * np.clip((frame.astype(np.float32) - front_depth) / 300, 0, 1)
    return np.asarray(np.where(frame > 0, brightness, -1), np.float32)


def _raw_frame(raw_faces: FaceSet, row: int) -> npt.NDArray[Any]:
    table_row = raw_faces.table.iloc[row]
    return np.asarray(raw_faces.images[row][: table_row["height"], : table_row["width"]])


def _show_image(axis: Any, image: npt.NDArray[Any], title: str) -> None:
    axis.imshow(image, cmap="gray", vmin=-1, vmax=1)
    # Dollar signs would start a formula.
    axis.set_title(title.replace("$", r"\$"), fontsize=5)
