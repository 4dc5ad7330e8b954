"""One figure a function, from tables to matplotlib figures."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from depthfaces.report import words
from depthfaces.report.drawing import COLOURS, INK, canvas, style
from depthfaces.report.words import METRICS, arm, generators, method, model

LOSSES = {"g": "generator", "d": "discriminator", "g_kd": "generator", "d_kd": "discriminator"}


def losses(table: pd.DataFrame) -> Figure:
    """Draw losses by training step: adversarial, and where there is one, of distillation."""
    panels = {
        "Adversarial loss": [name for name in ("g", "d") if name in table],
        "Distance to the teachers": [name for name in ("g_kd", "d_kd") if name in table],
    }
    panels = {
        title: names for title, names in panels.items() if names and table[names].any(axis=None)
    }
    with style():
        figure = canvas(2.4)
        axes: Any = figure.subplots(1, len(panels), squeeze=False)
        window = max(1, len(table) // 60)
        for axis, (title, names) in zip(axes.flat, panels.items(), strict=True):
            for name, colour in zip(names, COLOURS, strict=False):
                smooth = table[name].rolling(window, center=True, min_periods=1).mean()
                axis.plot(table["step"], table[name], color=colour, lw=0.5, alpha=0.3)
                axis.plot(table["step"], smooth, color=colour, lw=1.4, label=LOSSES[name])
            axis.set(title=title, xlabel="step")
            axis.grid(axis="y")
        axes.flat[-1].legend(loc="upper right")  # where curves fall
    return figure


def evolution(table: pd.DataFrame) -> Figure:
    """Draw best and mean fitness by generation, a panel an emotion, a colour a search."""
    emotions, methods = list(table["emotion"].unique()), list(table["method"].unique())
    columns = min(3, len(emotions))
    lines = -(-len(emotions) // columns)
    with style():
        figure = canvas(1.55 * lines + 0.3)
        axes: Any = figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=True)
        for axis, emotion in zip(axes.flat, emotions, strict=False):
            for name, colour in zip(methods, COLOURS, strict=False):
                rows = table[(table["emotion"] == emotion) & (table["method"] == name)]
                axis.plot(
                    rows["generation"], rows["best"], color=colour, lw=1.4, label=f"{name}, best"
                )
                axis.plot(
                    rows["generation"],
                    rows["mean"],
                    color=colour,
                    lw=1,
                    ls=":",
                    label=f"{name}, mean",
                )
            axis.set_title(emotion)
            axis.grid(axis="y")
        for axis in list(axes.flat)[len(emotions) :]:
            axis.set_axis_off()
        handles, labels = axes.flat[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=2 * len(methods))
        figure.supxlabel("generation", fontsize=9)
        figure.supylabel("fitness", fontsize=9)
    return figure


def arms(table: dict[str, Any]) -> Figure:
    """Draw macro-F1 on held-out people with its interval, a row an arm, a colour a classifier."""
    names = words.drawn(table)
    models = list(table[names[0]])
    with style():
        figure = canvas(0.9 + 0.16 * len(names) * (1 + len(models)) ** 0.75)
        axis: Any = figure.subplots()
        offsets = np.linspace(-0.2, 0.2, len(models)) if len(models) > 1 else np.zeros(1)
        for name, colour, offset in zip(models, COLOURS, offsets, strict=False):
            found = [table[row][name] for row in names]
            value = np.array([part["macro_f1"] for part in found])
            spread = [value - [p["low"] for p in found], [p["high"] for p in found] - value]
            places = np.arange(len(names)) + offset
            axis.errorbar(
                value,
                places,
                xerr=np.maximum(spread, 0),
                fmt="o",
                ms=4,
                lw=1.2,
                color=colour,
                label=model(name),
            )
            axis.axvline(table["real"][name]["macro_f1"], color=colour, lw=0.7, ls=":")
        axis.set_yticks(range(len(names)), [arm(name) for name in names])
        axis.invert_yaxis()
        axis.set_xlabel("macro-F1 on people never seen")
        axis.grid(axis="x")
        figure.legend(loc="outside upper right", ncols=len(models))
    return figure


def overlap(sets: dict[str, Any]) -> Figure:
    """Draw the four shares of overlap, a panel each, a row a generator, the floor as a line."""
    shown = ("precision", "recall", "density", "coverage")
    names = generators(sets)
    with style():
        figure = canvas(1.3 + 0.36 * len(names))
        axes: Any = figure.subplots(2, 2, sharey=True)
        for axis, key in zip(axes.flat, shown, strict=True):
            floor = sets[names[0]][key]["floor"]
            if floor is not None:
                axis.axvline(floor, color=INK, lw=1, ls="--")
            for place, name in enumerate(names):
                value = sets[name][key]["value"]
                if value is not None:
                    axis.barh(place, value, 0.6, color=COLOURS[place % len(COLOURS)])
            axis.set_title(METRICS[key][0])
            axis.set_yticks(range(len(names)), [method(name) for name in names])
            axis.set_xlim(left=0)
        axes.flat[0].invert_yaxis()
        figure.supxlabel("dashed: floor, real train faces in the generator's place", fontsize=8)
    return figure
