"""Figures of the study, one function per figure."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from PIL import Image

from depthfaces.report.drawing import COLOURS, INK, canvas, style
from depthfaces.studies.dfeatures.areas import RocAreas, roc_curve
from depthfaces.studies.dfeatures.collapse import share_with_twins
from depthfaces.studies.dfeatures.matrix import CrossCell
from depthfaces.studies.dfeatures.rating import face_picture

Array = npt.NDArray[Any]
FaceRows = dict[str, list[Array]]  # title: faces (S, S) side by side
FACES_PER_ROW = 10
PANELS_PER_ROW = 4


def plot_losses(histories: dict[str, list[list[dict[str, float]]]]) -> Figure:
    """Draw both losses by epoch, one panel per arm and one line per seed."""
    with style():
        figure = canvas(2.4)
        axes: Any = figure.subplots(1, len(histories), squeeze=False, sharey=True)
        for axis, (title, seed_histories) in zip(axes.flat, histories.items(), strict=True):
            for net_name, colour in zip(("generator", "critic"), COLOURS, strict=False):
                for seed_index, history in enumerate(seed_histories):
                    line_label = (
                        {"critic": "discriminator"}.get(net_name, net_name)
                        if not seed_index
                        else None
                    )
                    epochs = [record["epoch"] for record in history]
                    losses = [record[net_name] for record in history]
                    axis.plot(epochs, losses, ".-", ms=3, color=colour, lw=1, label=line_label)
            axis.set(title=title, xlabel="epoch")
            axis.xaxis.get_major_locator().set_params(integer=True)
            axis.grid(axis="y")
        axes.flat[0].set_ylabel("loss")
        figure.legend(*axes.flat[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
    return figure


def plot_faces(face_rows: FaceRows, unit: str, group_size: int = 1) -> Figure:
    """Draw rows of faces, each under its title, in groups of `group_size`."""
    with style():
        figure = canvas(0.85 * len(face_rows))
        axes: Any = figure.subplots(len(face_rows), 1, squeeze=False)
        for axis, (title, images) in zip(axes.flat, face_rows.items(), strict=True):
            axis.imshow(join_faces([face_picture(image, unit) for image in images], group_size))
            axis.set_axis_off()
            axis.set_title(title, loc="left", fontsize=8, pad=2)
    return figure


def join_faces(images: Sequence[Image.Image], group_size: int) -> Array:
    """Join images of one size side by side, RGB on white, with gaps between the groups."""
    side, gap = images[0].size[0], images[0].size[0] // 4
    gap_count = (len(images) - 1) // group_size
    total_width = len(images) * side + gap_count * gap
    joined = Image.new("RGB", (total_width, side), "white")
    for face_index, image in enumerate(images):
        left = face_index * side + face_index // group_size * gap
        joined.paste(image, (left, 0), image if image.mode == "RGBA" else None)
    return np.asarray(joined)


def plot_roc(
    panel_titles: Sequence[str], positive: Array, scores: Array, areas: RocAreas
) -> Figure:
    """Draw the ROC curve of each column of `positive` (n, u), one line per seed of `scores`."""
    column_count = min(PANELS_PER_ROW, len(panel_titles))
    row_count = -(-len(panel_titles) // column_count)
    with style():
        figure = canvas(1.45 * row_count + 0.3)
        axes: Any = figure.subplots(
            row_count, column_count, squeeze=False, sharex=True, sharey=True
        )
        for column_index, (axis, title) in enumerate(zip(axes.flat, panel_titles, strict=False)):
            axis.plot([0, 1], [0, 1], color=INK, lw=0.5, ls=":")
            axis.set_title(title, fontsize=8)
            axis.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
            axis.set_aspect("equal")
            interval = areas.by_column[column_index]
            if interval is None:
                axis.text(0.5, 0.5, "undefined", ha="center", va="center", fontsize=8)
                continue
            for score in scores:
                axis.plot(
                    *roc_curve(positive[:, column_index], score[:, column_index]),
                    color=COLOURS[0],
                    lw=0.9,
                )
            axis.text(0.98, 0.06, f"{interval[0]:.3f}", ha="right", fontsize=8)
        for axis in list(axes.flat)[len(panel_titles) :]:
            axis.set_axis_off()
        figure.supxlabel("share of the others that set off a false alarm", fontsize=8)
        figure.supylabel("share found", fontsize=8)
    return figure


def plot_confusions(matrices: dict[str, Array], classes: Sequence[str]) -> Figure:
    """Draw confusion counts as shares of each true emotion (row), one panel per matrix."""
    with style():
        figure = canvas(3.1)
        axes: Any = figure.subplots(1, len(matrices), squeeze=False, sharey=True)
        for axis, (title, counts) in zip(axes.flat, matrices.items(), strict=True):
            rates = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
            _draw_heatmap(axis, rates, list(classes), list(classes))
            axis.set(title=title, xlabel="called")
        axes.flat[0].set_ylabel("is")
    return figure


def plot_cross_sets(cells: Sequence[CrossCell], key: str, low: float) -> Figure:
    """Draw `key` of the cells, trained × tested, one panel per pretraining; colours from `low`."""
    set_names = list(dict.fromkeys(cell.pretrained for cell in cells))
    with style():
        figure = canvas(0.9 + 0.55 * len(set_names))
        axes: Any = figure.subplots(1, len(set_names), squeeze=False, sharey=True)
        for axis, pretrained in zip(axes.flat, set_names, strict=True):
            intervals = [
                [
                    getattr(cell, key)
                    for cell in cells
                    if (cell.pretrained, cell.trained) == (pretrained, trained)
                ]
                for trained in set_names
            ]
            values = np.array(
                [[interval[0] if interval else np.nan for interval in row] for row in intervals],
                float,
            )
            _draw_heatmap(axis, values, set_names, set_names, low)
            axis.set(title=pretrained, xlabel="tested on")
        axes.flat[0].set_ylabel("trained on")
        figure.suptitle("pretrained on", fontsize=9)
    return figure


def plot_birthday(first_twins: dict[str, list[Array]], count: int) -> Figure:
    """Draw how often a draw of so many faces contains twins, one line per kind of faces."""
    sizes = np.unique(np.geomspace(2, count, 60).astype(int))
    with style():
        figure = canvas(2.6)
        axis: Any = figure.subplots()
        for (title, seed_counts), colour in zip(first_twins.items(), COLOURS, strict=False):
            twin_rates = share_with_twins(np.concatenate(seed_counts), sizes)
            axis.plot(sizes, twin_rates, color=colour, lw=1.4, label=title)
        axis.axhline(0.5, color=INK, lw=0.6, ls=":")
        axis.set_xscale("log")
        ticks = [size for size in (2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000) if size <= count]
        axis.set_xticks(ticks, [str(size) for size in ticks])
        axis.minorticks_off()
        axis.set(xlabel="faces drawn", ylabel="draws with two of the same", ylim=(-0.02, 1.02))
        axis.grid(axis="y")
        figure.legend(loc="outside upper center", ncols=len(first_twins), fontsize=8)
    return figure


def _draw_heatmap(
    axis: Any, rates: Array, columns: list[str], rows: list[str], low: float = 0.0
) -> None:
    """Draw a matrix of rates with the numbers in the cells; NaN becomes a dash."""
    axis.imshow(rates, cmap="Blues", vmin=low, vmax=1)
    for (row, column), rate in np.ndenumerate(rates):
        text_colour = "white" if rate > (1 + low) / 2 + 0.1 else INK
        cell_text = "–" if np.isnan(rate) else f"{rate:.2f}".removeprefix("0")
        axis.text(column, row, cell_text, ha="center", va="center", color=text_colour, fontsize=7)
    axis.set_xticks(range(len(columns)), columns, rotation=45, ha="right", rotation_mode="anchor")
    axis.set_yticks(range(len(rows)), rows)
    axis.tick_params(length=0, labelsize=7)
    axis.spines[:].set_visible(False)
