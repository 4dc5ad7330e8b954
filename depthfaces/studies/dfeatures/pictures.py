"""Figures of the study, one a function: what was found to a matplotlib figure."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from PIL import Image

from depthfaces.report.drawing import COLOURS, INK, canvas, style
from depthfaces.studies.dfeatures.areas import Areas, curve
from depthfaces.studies.dfeatures.collapse import share_with_twins
from depthfaces.studies.dfeatures.matrix import Cell
from depthfaces.studies.dfeatures.rating import picture

Array = npt.NDArray[Any]
Rows = dict[str, list[Array]]  # a title: faces (S, S) side by side
ACROSS = 10  # faces in a row
PANELS = 4  # in a row


def curves(histories: dict[str, list[list[dict[str, float]]]]) -> Figure:
    """Draw both losses by epoch, a panel an arm, a line a seed."""
    with style():
        figure = canvas(2.4)
        axes: Any = figure.subplots(1, len(histories), squeeze=False, sharey=True)
        for axis, (title, seeds) in zip(axes.flat, histories.items(), strict=True):
            for net, colour in zip(("generator", "critic"), COLOURS, strict=False):
                for number, rows in enumerate(seeds):
                    name = {"critic": "discriminator"}.get(net, net) if not number else None
                    epochs = [row["epoch"] for row in rows]
                    losses = [row[net] for row in rows]
                    axis.plot(epochs, losses, ".-", ms=3, color=colour, lw=1, label=name)
            axis.set(title=title, xlabel="epoch")
            axis.xaxis.get_major_locator().set_params(integer=True)
            axis.grid(axis="y")
        axes.flat[0].set_ylabel("loss")
        figure.legend(*axes.flat[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
    return figure


def faces(rows: Rows, unit: str, together: int = 1) -> Figure:
    """Draw rows of faces, each under its title; `together` of them stand close."""
    with style():
        figure = canvas(0.85 * len(rows))
        axes: Any = figure.subplots(len(rows), 1, squeeze=False)
        for axis, (title, images) in zip(axes.flat, rows.items(), strict=True):
            axis.imshow(strip([picture(image, unit) for image in images], together))
            axis.set_axis_off()
            axis.set_title(title, loc="left", fontsize=8, pad=2)
    return figure


def strip(images: Sequence[Image.Image], together: int) -> Array:
    """Return pictures of one size side by side, RGB on white; a gap after each `together`."""
    side, gap = images[0].size[0], images[0].size[0] // 4
    groups = (len(images) - 1) // together
    wide = len(images) * side + groups * gap
    found = Image.new("RGB", (wide, side), "white")
    for place, image in enumerate(images):
        left = place * side + place // together * gap
        found.paste(image, (left, 0), image if image.mode == "RGBA" else None)
    return np.asarray(found)


def roc(titles: Sequence[str], positive: Array, scores: Array, found: Areas) -> Figure:
    """Draw the ROC curve of each column of `positive` (n, u), a line a seed of `scores`."""
    columns = min(PANELS, len(titles))
    lines = -(-len(titles) // columns)
    with style():
        figure = canvas(1.45 * lines + 0.3)
        axes: Any = figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=True)
        for place, (axis, title) in enumerate(zip(axes.flat, titles, strict=False)):
            axis.plot([0, 1], [0, 1], color=INK, lw=0.5, ls=":")
            axis.set_title(title, fontsize=8)
            axis.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
            axis.set_aspect("equal")
            value = found.each[place]
            if value is None:
                axis.text(0.5, 0.5, "undefined", ha="center", va="center", fontsize=8)
                continue
            for score in scores:
                axis.plot(*curve(positive[:, place], score[:, place]), color=COLOURS[0], lw=0.9)
            axis.text(0.98, 0.06, f"{value[0]:.3f}", ha="right", fontsize=8)
        for axis in list(axes.flat)[len(titles) :]:
            axis.set_axis_off()
        figure.supxlabel("share of the others that set off a false alarm", fontsize=8)
        figure.supylabel("share found", fontsize=8)
    return figure


def confusions(matrices: dict[str, Array], classes: Sequence[str]) -> Figure:
    """Draw shares of each true emotion (row) by the emotion called, a panel a matrix."""
    with style():
        figure = canvas(3.1)
        axes: Any = figure.subplots(1, len(matrices), squeeze=False, sharey=True)
        for axis, (title, counts) in zip(axes.flat, matrices.items(), strict=True):
            shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
            _heat(axis, shares, list(classes), list(classes))
            axis.set(title=title, xlabel="called")
        axes.flat[0].set_ylabel("is")
    return figure


def matrix(cells: Sequence[Cell], key: str, low: float) -> Figure:
    """Draw trained × tested, a panel a pretraining; the value under `key`, colour from `low`."""
    sets = list(dict.fromkeys(cell.pretrained for cell in cells))
    with style():
        figure = canvas(0.9 + 0.55 * len(sets))
        axes: Any = figure.subplots(1, len(sets), squeeze=False, sharey=True)
        for axis, name in zip(axes.flat, sets, strict=True):
            values = [
                [
                    getattr(cell, key)
                    for cell in cells
                    if (cell.pretrained, cell.trained) == (name, one)
                ]
                for one in sets
            ]
            shares = np.array([[v[0] if v else np.nan for v in row] for row in values], float)
            _heat(axis, shares, sets, sets, low)
            axis.set(title=name, xlabel="tested on")
        axes.flat[0].set_ylabel("trained on")
        figure.suptitle("pretrained on", fontsize=9)
    return figure


def birthday(firsts: dict[str, list[Array]], count: int) -> Figure:
    """Draw how often a draw of so many faces holds two of the same, a line a set of faces."""
    sizes = np.unique(np.geomspace(2, count, 60).astype(int))
    with style():
        figure = canvas(2.6)
        axis: Any = figure.subplots()
        for (title, seeds), colour in zip(firsts.items(), COLOURS, strict=False):
            shares = share_with_twins(np.concatenate(seeds), sizes)
            axis.plot(sizes, shares, color=colour, lw=1.4, label=title)
        axis.axhline(0.5, color=INK, lw=0.6, ls=":")
        axis.set_xscale("log")
        ticks = [size for size in (2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000) if size <= count]
        axis.set_xticks(ticks, [str(size) for size in ticks])
        axis.minorticks_off()
        axis.set(xlabel="faces drawn", ylabel="draws with two of the same", ylim=(-0.02, 1.02))
        axis.grid(axis="y")
        figure.legend(loc="outside upper center", ncols=len(firsts), fontsize=8)
    return figure


def _heat(axis: Any, shares: Array, columns: list[str], rows: list[str], low: float = 0.0) -> None:
    """Draw a matrix of shares with their numbers in them; an empty one stays blank."""
    axis.imshow(shares, cmap="Blues", vmin=low, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        colour = "white" if share > (1 + low) / 2 + 0.1 else INK
        text = "–" if np.isnan(share) else f"{share:.2f}".removeprefix("0")
        axis.text(column, row, text, ha="center", va="center", color=colour, fontsize=7)
    axis.set_xticks(range(len(columns)), columns, rotation=45, ha="right", rotation_mode="anchor")
    axis.set_yticks(range(len(rows)), rows)
    axis.tick_params(length=0, labelsize=7)
    axis.spines[:].set_visible(False)
