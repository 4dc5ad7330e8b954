"""Figures of the study: how the searches rise, where the swarm flies, and what came out."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from depthfaces.report.drawing import COLOURS, canvas, style
from depthfaces.schema.studies import Ranges
from depthfaces.studies.swarm.protocol import WORDS
from depthfaces.studies.swarm.space import BY_LOGARITHM, NAMES, Values

Array = npt.NDArray[Any]
AXES = {
    "lr_generator": "rate of the generator",
    "lr_discriminator": "rate of the discriminator",
    "beta1": "beta1",
    "dropout": "dropout",
    "fake_weight": "weight of generated faces",
}


def rising(found: Mapping[str, Array]) -> Figure:
    """Draw the best validation macro-F1 so far, {search: (seeds, trainings)}: mean and range."""
    with style():
        figure = canvas(2.4)
        axis: Any = figure.subplots()
        for (name, best), colour in zip(found.items(), COLOURS, strict=False):
            steps = np.arange(1, best.shape[1] + 1)
            axis.plot(steps, best.mean(axis=0), color=colour, lw=1.4, label=WORDS[name])
            axis.fill_between(
                steps, best.min(axis=0), best.max(axis=0), color=colour, alpha=0.15, lw=0
            )
        axis.set(xlabel="trainings", ylabel="best validation macro-F1 so far")
        axis.grid(axis="y")
        figure.legend(loc="outside upper right", ncols=2)
    return figure


def flight(tried: Sequence[Values], worth: Array, generation: Array, ranges: Ranges) -> Figure:
    """Draw each setting of the trainings that one swarm saw against what it was worth.

    Darker dots are later generations.
    """
    with style():
        figure = canvas(3.4)
        axes: Any = figure.subplots(2, 3, sharey=True)
        known = np.isfinite(worth)
        for axis, name in zip(axes.flat, NAMES, strict=False):
            value = np.array([one[name] for one in tried])
            dots = axis.scatter(
                value[known], worth[known], c=generation[known], cmap="viridis_r", s=14, lw=0
            )
            box = getattr(ranges, name)
            axis.set_xlim(box.low, box.high)
            if name in BY_LOGARITHM:
                axis.set_xscale("log")
                tens = 10.0 ** np.arange(np.ceil(np.log10(box.low)), np.log10(box.high))
                axis.set_xticks(tens, [f"{ten:g}" for ten in tens])
                axis.minorticks_off()
            axis.set_xlabel(AXES[name], fontsize=8)
            axis.tick_params(labelsize=7)
            axis.grid(axis="y")
        for axis in axes[:, 0]:
            axis.set_ylabel("macro-F1", fontsize=8)
        last = axes.flat[-1]
        last.set_axis_off()
        steps = range(int(generation.max()) + 1)
        bar = figure.colorbar(dots, ax=last, orientation="horizontal", ticks=list(steps))
        bar.set_label("generation", fontsize=8)
    return figure


def confusions(found: Mapping[str, Array], classes: Sequence[str]) -> Figure:
    """Draw confusion matrices {arm: counts (k, k)} as shares of each true class, in per cent."""
    with style():
        figure = canvas(1.2 + 0.27 * len(classes))
        axes: Any = figure.subplots(1, len(found), sharey=True, squeeze=False)
        for axis, (arm, counts) in zip(axes.flat, found.items(), strict=True):
            shares = 100 * counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
            axis.imshow(shares, cmap="magma_r", vmin=0, vmax=100)
            for (row, column), share in np.ndenumerate(shares):
                ink = "#ffffff" if share > 50 else "#111111"
                axis.text(
                    column, row, f"{share:.0f}", ha="center", va="center", color=ink, fontsize=7
                )
            axis.set_title(WORDS[arm])
            axis.set_xticks(range(len(classes)), classes, rotation=45, ha="right")
            axis.tick_params(length=0, labelsize=8)
            axis.spines[:].set_visible(False)
        axes.flat[0].set_yticks(range(len(classes)), classes)
        axes.flat[0].set_ylabel("true")
    return figure


def sheet(rows: Mapping[str, Array]) -> Figure:
    """Draw faces {class: (n, S, S)}, a row a class."""
    with style():
        figure = canvas(0.2 + 0.85 * len(rows))
        axes: Any = figure.subplots(len(rows), 1, squeeze=False)
        for axis, (label, faces) in zip(axes.flat, rows.items(), strict=True):
            axis.imshow(np.hstack(list(faces)), cmap="gray", vmin=-1, vmax=1)
            axis.set_title(label, loc="left", fontsize=8)
            axis.set_axis_off()
    return figure
