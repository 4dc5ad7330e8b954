"""Figures of training, search and the experiment, one function per figure."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from depthfaces.report import words
from depthfaces.report.drawing import COLOURS, INK, canvas, style
from depthfaces.report.words import METRICS, arm, method_title, model, ordered_generators

LOSSES = {"g": "generator", "d": "discriminator", "g_kd": "generator", "d_kd": "discriminator"}


def training_losses(table: pd.DataFrame) -> Figure:
    """Draw losses by training step: adversarial and, if there is one, of distillation."""
    panels = {
        "Adversarial loss": [name for name in ("g", "d") if name in table],
        "Distance to the teachers": [name for name in ("g_kd", "d_kd") if name in table],
    }
    panels = {
        title: loss_names
        for title, loss_names in panels.items()
        if loss_names and table[loss_names].any(axis=None)
    }
    with style():
        figure = canvas(2.4)
        axes: Any = figure.subplots(1, len(panels), squeeze=False)
        window = max(1, len(table) // 60)
        for axis, (title, loss_names) in zip(axes.flat, panels.items(), strict=True):
            for name, colour in zip(loss_names, COLOURS, strict=False):
                running_mean = table[name].rolling(window, center=True, min_periods=1).mean()
                axis.plot(table["step"], table[name], color=colour, lw=0.5, alpha=0.3)
                axis.plot(table["step"], running_mean, color=colour, lw=1.4, label=LOSSES[name])
            axis.set(title=title, xlabel="step")
            axis.grid(axis="y")
        axes.flat[-1].legend(loc="upper right")  # where curves fall
    return figure


def search_progress(table: pd.DataFrame) -> Figure:
    """Draw best and mean fitness by generation, one panel per emotion, one colour per search."""
    emotions, search_names = list(table["emotion"].unique()), list(table["method"].unique())
    column_count = min(3, len(emotions))
    row_count = -(-len(emotions) // column_count)
    with style():
        figure = canvas(1.55 * row_count + 0.3)
        axes: Any = figure.subplots(
            row_count, column_count, squeeze=False, sharex=True, sharey=True
        )
        for axis, emotion in zip(axes.flat, emotions, strict=False):
            for search, colour in zip(search_names, COLOURS, strict=False):
                search_rows = table[(table["emotion"] == emotion) & (table["method"] == search)]
                axis.plot(
                    search_rows["generation"],
                    search_rows["best"],
                    color=colour,
                    lw=1.4,
                    label=f"{search}, best",
                )
                axis.plot(
                    search_rows["generation"],
                    search_rows["mean"],
                    color=colour,
                    lw=1,
                    ls=":",
                    label=f"{search}, mean",
                )
            axis.set_title(emotion)
            axis.grid(axis="y")
        for axis in list(axes.flat)[len(emotions) :]:
            axis.set_axis_off()
        handles, labels = axes.flat[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=2 * len(search_names))
        figure.supxlabel("generation", fontsize=9)
        figure.supylabel("fitness", fontsize=9)
    return figure


def arms(table: dict[str, Any]) -> Figure:
    """Draw macro-F1 with intervals on held-out people, by arm and, in colour, by classifier."""
    arm_names = words.figure_arms(table)
    models = list(table[arm_names[0]])
    with style():
        figure = canvas(0.9 + 0.16 * len(arm_names) * (1 + len(models)) ** 0.75)
        axis: Any = figure.subplots()
        model_offsets = np.linspace(-0.2, 0.2, len(models)) if len(models) > 1 else np.zeros(1)
        for model_name, colour, offset in zip(models, COLOURS, model_offsets, strict=False):
            scores = [table[arm_name][model_name] for arm_name in arm_names]
            macro_f1 = np.array([score["macro_f1"] for score in scores])
            error_bars = [
                macro_f1 - [score["low"] for score in scores],
                [score["high"] for score in scores] - macro_f1,
            ]
            heights = np.arange(len(arm_names)) + offset
            axis.errorbar(
                macro_f1,
                heights,
                xerr=np.maximum(error_bars, 0),
                fmt="o",
                ms=4,
                lw=1.2,
                color=colour,
                label=model(model_name),
            )
            axis.axvline(table["real"][model_name]["macro_f1"], color=colour, lw=0.7, ls=":")
        axis.set_yticks(range(len(arm_names)), [arm(arm_name) for arm_name in arm_names])
        axis.invert_yaxis()
        axis.set_xlabel("macro-F1 on people never seen")
        axis.grid(axis="x")
        figure.legend(loc="outside upper right", ncols=len(models))
    return figure


def overlap_bars(sets: dict[str, Any]) -> Figure:
    """Draw the four overlap metrics, one panel each, one bar per generator, the floor as a line."""
    shown_metrics = ("precision", "recall", "density", "coverage")
    set_names = ordered_generators(sets)
    with style():
        figure = canvas(1.3 + 0.36 * len(set_names))
        axes: Any = figure.subplots(2, 2, sharey=True)
        for axis, metric_name in zip(axes.flat, shown_metrics, strict=True):
            floor = sets[set_names[0]][metric_name]["floor"]
            if floor is not None:
                axis.axvline(floor, color=INK, lw=1, ls="--")
            for bar_index, set_name in enumerate(set_names):
                value = sets[set_name][metric_name]["value"]
                if value is not None:
                    axis.barh(bar_index, value, 0.6, color=COLOURS[bar_index % len(COLOURS)])
            axis.set_title(METRICS[metric_name][0])
            axis.set_yticks(
                range(len(set_names)), [method_title(set_name) for set_name in set_names]
            )
            axis.set_xlim(left=0)
        axes.flat[0].invert_yaxis()
        figure.supxlabel("dashed: floor, real train faces in the generator's place", fontsize=8)
    return figure
