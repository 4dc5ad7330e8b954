"""Figures of the study: how arms learn, what they reach, and what the DCGANs make."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from depthfaces.report.drawing import COLOURS, INK, canvas, style
from depthfaces.studies.balance.arms import WORDS

Array = npt.NDArray[Any]
# What of a look is drawn: its key, in words.
LOOKS = {"train": "train loss", "validation": "validation loss", "accuracy": "validation accuracy"}
FACES = 8  # in a row of the sheet


def curves(found: Mapping[float, Mapping[str, Array]]) -> Figure:
    """Draw every arm's looks, {share: {arm: (seeds, looks, 4)}}: mean and range of the seeds.

    The columns of a look are step, and those of `LOOKS`.
    """
    with style():
        figure = canvas(1.7 * len(found) + 0.7)
        axes: Any = figure.subplots(len(found), len(LOOKS), squeeze=False, sharex="row")
        for line, (share, arms) in zip(axes, found.items(), strict=True):
            for column, axis in enumerate(line):
                for (arm, looks), colour in zip(arms.items(), COLOURS, strict=False):
                    step, value = looks[0, :, 0], looks[:, :, column + 1]
                    axis.plot(step, value.mean(axis=0), lw=1.1, color=colour, label=arm)
                    ends = value.min(axis=0), value.max(axis=0)
                    axis.fill_between(step, *ends, color=colour, alpha=0.1, lw=0)
                axis.tick_params(labelsize=7)
                axis.grid(axis="y")
            line[0].set_ylabel(f"{share:.3g} stay", fontsize=8)
        for axis, name in zip(axes[0], LOOKS.values(), strict=True):
            axis.set_title(name, fontsize=8)
        for axis in axes[-1]:
            axis.set_xlabel("step", fontsize=8)
        handles, names = axes[0, 0].get_legend_handles_labels()
        words = [WORDS[name] for name in names]
        figure.legend(handles, words, loc="outside lower center", ncols=3, fontsize=8)
    return figure


def reached(found: Mapping[float, Mapping[str, Sequence[float]]]) -> Figure:
    """Draw each arm's accuracy {share: {arm: (value, low, high)}} on people never seen."""
    names = list(dict.fromkeys(arm for arms in found.values() for arm in arms))
    with style():
        figure = canvas(0.9 + 0.34 * len(names))
        axis: Any = figure.subplots()
        for k, ((share, arms), colour) in enumerate(zip(found.items(), COLOURS, strict=False)):
            places = np.array([names.index(arm) for arm in arms]) + 0.18 * (
                k - (len(found) - 1) / 2
            )
            value, low, high = 100 * np.array(list(arms.values())).T
            spread = np.maximum([value - low, high - value], 0)
            axis.errorbar(
                value, places, xerr=spread, fmt="o", ms=4, color=colour, label=f"{share:.3g} stay"
            )
        axis.set_yticks(range(len(names)), [WORDS[name] for name in names])
        axis.invert_yaxis()
        axis.set_xlabel("accuracy on people never seen, %")
        axis.grid(axis="x")
        figure.legend(loc="outside upper right", ncols=len(found))
    return figure


def losses(found: Mapping[float, Sequence[Sequence[Mapping[str, float]]]]) -> Figure:
    """Draw the DCGANs' losses {share: a curve each}, critic beside generator."""
    with style():
        figure = canvas(2.1)
        axes: Any = figure.subplots(1, 2)
        for axis, name in zip(axes, ("critic", "generator"), strict=True):
            for (share, nets), colour in zip(found.items(), COLOURS, strict=False):
                for k, rows in enumerate(nets):
                    label = f"{share:.3g} stay" if k == 0 else None
                    place = [row["epoch"] for row in rows]
                    loss = [row[name] for row in rows]
                    axis.plot(place, loss, lw=0.9, alpha=0.8, color=colour, label=label)
            axis.set(title=name, xlabel="epoch", ylabel="loss")
            axis.grid(axis="y")
        axes[0].axhline(2 * np.log(2), color=INK, lw=0.8, ls=":")  # a critic that cannot tell
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
    return figure


def sheet(real: Array, made: Array, nearest: Array) -> Figure:
    """Draw rows of faces (n, S, S): real ones, generated ones, and the real one nearest to each."""
    rows = {"real train faces": real, "generated": made, "the real train face nearest": nearest}
    with style():
        figure = canvas(2.9)
        axes: Any = figure.subplots(len(rows), 1)
        for axis, (title, faces) in zip(axes, rows.items(), strict=True):
            strip = np.hstack(list(faces[:FACES]))
            axis.imshow(strip, cmap="gray", vmin=-1, vmax=1, interpolation="nearest")
            axis.set_title(title, loc="left", fontsize=8)
            axis.set_axis_off()
    return figure
