"""A contact sheet: raw frames beside the faces made of them, and the frames put aside."""

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

COLUMNS = 10
CAPTION = "Pairs of rows: above raw frames, below the face made of each; near is bright"
ASIDE = "; last row: put aside"
SHOWN = 30  # finished faces; and of those put aside at most one row


def draw(raw: FaceSet, done: Prepared, seed: int, path: Path) -> None:
    """Draw the sheet: pairs of rows, raw above finished; below them the frames put aside."""
    place = {name: row for row, name in enumerate(raw.table["id"])}
    rng = seeding.stream(seed, "sheet")
    chosen = np.sort(rng.permutation(len(done.faces))[:SHOWN])
    aside = [(name, why) for name, why in done.refused if name in place][:COLUMNS]
    rows = 2 * -(-len(chosen) // COLUMNS) + bool(aside)
    figure, axes = plt.subplots(rows, COLUMNS, figsize=(COLUMNS * 1.1, rows * 1.25), squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for slot, row in enumerate(chosen):
        above = 2 * (slot // COLUMNS)
        told = done.faces.table.iloc[row]
        _show(axes[above, slot % COLUMNS], near(_raw(raw, place[told["id"]])), "")
        _show(axes[above + 1, slot % COLUMNS], done.faces.images[row], str(told["label"])[:16])
    for slot, (name, why) in enumerate(aside):
        _show(axes[-1, slot], near(_raw(raw, place[name])), f"aside: {why[:22]}")
    figure.suptitle(CAPTION + (ASIDE if aside else ""), fontsize=9)
    room = 0.25 / figure.get_figheight()  # inches for the caption
    figure.tight_layout(pad=0.3, rect=(0, 0, 1, 1 - room))
    with files.atomic(path) as temporary:
        figure.savefig(temporary, dpi=110, metadata={"Software": None})
    plt.close(figure)


def near(frame: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Return a raw frame for the eye: the nearest 300 mm bright, beyond and no reading dark."""
    if frame.dtype == np.uint8 or not (frame > 0).any():
        return frame.astype(np.float32) / 127.5 - 1
    front = np.percentile(frame[frame > 0], 3)
    shade = 1 - 2 * np.clip((frame.astype(np.float32) - front) / 300, 0, 1)
    return np.asarray(np.where(frame > 0, shade, -1), np.float32)


def _raw(raw: FaceSet, row: int) -> npt.NDArray[Any]:
    told = raw.table.iloc[row]
    return np.asarray(raw.images[row][: told["height"], : told["width"]])


def _show(axis: Any, image: npt.NDArray[Any], title: str) -> None:
    axis.imshow(image, cmap="gray", vmin=-1, vmax=1)
    # Dollar signs would start a formula.
    axis.set_title(title.replace("$", r"\$"), fontsize=5)
