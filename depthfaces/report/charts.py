"""Figures of the experiment and of the feature spaces, one function per figure."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from depthfaces.report import words
from depthfaces.report.drawing import COLOURS, INK, canvas, style
from depthfaces.report.words import arm, method_title, model, ordered_generators
from depthfaces.verdict.arm import CONTROL, REAL, SHUFFLED, TOPPED, Arm

SIDES = {"real": "real, held out", "synthetic": "synthetic"}


def seed_violins(table: dict[str, Any]) -> Figure:
    """Draw the macro-F1 of all seeds by arm, one colour per classifier, without jitter."""
    arm_names = [name for name in words.figure_arms(table) if Arm.of(name).kind != SHUFFLED]
    models = list(table[arm_names[0]])
    with style():
        figure = canvas(0.9 + 0.3 * len(arm_names))
        axis: Any = figure.subplots()
        model_offsets = np.linspace(-0.22, 0.22, len(models)) if len(models) > 1 else np.zeros(1)
        for model_name, colour, offset in zip(models, COLOURS, model_offsets, strict=False):
            arm_rows = [k for k, name in enumerate(arm_names) if model_name in table[name]]
            seed_scores = [table[arm_names[k]][model_name]["runs"] for k in arm_rows]
            dot_heights = np.array(arm_rows) + offset
            varied_rows = [k for k, values in enumerate(seed_scores) if len(set(values)) > 2]
            if varied_rows:
                bodies = axis.violinplot(
                    [seed_scores[k] for k in varied_rows],
                    dot_heights[varied_rows],
                    orientation="horizontal",
                    widths=0.42,
                    showextrema=False,
                )["bodies"]
                for body in bodies:
                    body.set(facecolor=colour, alpha=0.3)
            for values, dot_height in zip(seed_scores, dot_heights, strict=True):
                axis.plot(values, [dot_height] * len(values), "o", ms=2.6, color=colour)
            axis.plot([], [], "o", color=colour, label=model(model_name))
        axis.set_yticks(range(len(arm_names)), [arm(name) for name in arm_names])
        axis.invert_yaxis()
        axis.set_xlabel("macro-F1 on people never seen, a dot a seed")
        axis.grid(axis="x")
        figure.legend(loc="outside upper right", ncols=len(models))
    return figure


def by_people(few: dict[str, Any]) -> Figure | None:
    """Draw macro-F1 with intervals by the number of real people, one panel per classifier."""
    levels = few["levels"]
    if len(levels) < 2:
        return None
    models, line_arms = list(levels[0]["arms"]["real"]), _line_arms(levels)
    line_offsets = np.linspace(-0.3, 0.3, len(line_arms)) if len(line_arms) > 1 else np.zeros(1)
    with style():
        figure = canvas(3.2)
        axes: Any = figure.subplots(1, len(models), squeeze=False, sharey=True)
        for axis, model_name in zip(axes.flat, models, strict=True):
            for line_arm, colour, offset in zip(line_arms, COLOURS, line_offsets, strict=False):
                scores = [level["arms"].get(line_arm, {}).get(model_name) for level in levels]
                points = [(index + offset, score) for index, score in enumerate(scores) if score]
                if points:
                    _draw_intervals(axis, points, colour, arm(line_arm))
            axis.set(title=model(model_name), xlabel="real people learned from")
            axis.set_xticks(range(len(levels)), [str(level["people"]) for level in levels])
            axis.grid(axis="y")
        axes.flat[0].set_ylabel("macro-F1 on people never seen")
        handles = axes.flat[0].get_legend_handles_labels()
        figure.legend(*handles, loc="outside lower center", ncols=2, fontsize=7)
    return figure


def _line_arms(levels: list[dict[str, Any]]) -> list[str]:
    """Return the arms drawn as lines: real alone, the control, and each source on top of it.

    Where doses were chosen, those arms, else each at its largest dose.
    """
    arms = [Arm.of(name) for name in levels[0]["arms"]]
    lines = [line for line in arms if line.kind in {CONTROL, TOPPED} and not line.dose]
    if not lines:
        largest_dose = max(line.dose for line in arms)
        lines = [
            line for line in arms if line.kind in {CONTROL, TOPPED} and line.dose == largest_dose
        ]
    return [REAL, *(line.key for line in lines)]


def by_method(scores: dict[str, Any]) -> Figure | None:
    """Draw accuracy on held-out people by the source on top, one bar per classifier."""
    topped_arms = [name for name in words.ordered_arms(scores) if Arm.of(name).kind == TOPPED]
    bar_titles = {"real": "Real only"} | {
        name: method_title(Arm.of(name).source) for name in topped_arms
    }
    models = list(scores["real"])
    if len(bar_titles) < 2:
        return None
    with style():
        figure = canvas(0.8 + len(bar_titles) * (0.1 + 0.13 * len(models)))
        axis: Any = figure.subplots()
        bar_width = 0.8 / len(models)
        for k, (model_name, colour) in enumerate(zip(models, COLOURS, strict=False)):
            accuracies = [
                100 * scores[name].get(model_name, {"accuracy": 0})["accuracy"]
                for name in bar_titles
            ]
            bar_heights = np.arange(len(bar_titles)) + (k - (len(models) - 1) / 2) * bar_width
            bars = axis.barh(
                bar_heights, accuracies, 0.92 * bar_width, color=colour, label=model(model_name)
            )
            axis.bar_label(bars, fmt="%.0f", fontsize=7, padding=2)
        axis.set_yticks(range(len(bar_titles)), list(bar_titles.values()))
        axis.invert_yaxis()
        axis.set_xlabel("accuracy, %")
        figure.legend(loc="outside upper right", ncols=len(models))
    return figure


def metric_bars(metrics: dict[str, Any]) -> Figure | None:
    """Draw each metric by generator, one panel per metric, the floor as a dashed line."""
    sets = metrics["sets"]
    set_names = ordered_generators(sets)
    shown_metrics = [metric for metric in COMPARED_METRICS if metric in sets[set_names[0]]]
    with style():
        row_count = -(-len(shown_metrics) // 4)
        figure = canvas(1.5 * row_count + 0.5)
        axes: Any = figure.subplots(row_count, 4, squeeze=False)
        for axis, metric in zip(axes.flat, shown_metrics, strict=False):
            for bar_index, set_name in enumerate(set_names):
                value, sd = sets[set_name][metric]["value"], sets[set_name][metric]["sd"]
                if value is not None:
                    colour = COLOURS[bar_index % len(COLOURS)]
                    axis.bar(bar_index, value, 0.7, yerr=sd, color=colour, error_kw={"lw": 1})
            if sets[set_names[0]][metric]["floor"] is not None:
                axis.axhline(sets[set_names[0]][metric]["floor"], color=INK, lw=1, ls="--")
            axis.set_title(words.METRICS[metric][0], fontsize=8)
            axis.set_xticks([])
            axis.tick_params(labelsize=7)
        for axis in list(axes.flat)[len(shown_metrics) :]:
            axis.set_axis_off()
        handles = [
            axes.flat[0].bar(0, 0, color=COLOURS[k % len(COLOURS)]) for k in range(len(set_names))
        ]
        labels = [method_title(set_name) for set_name in set_names]
        figure.legend(handles, labels, loc="outside lower center", ncols=min(3, len(set_names)))
    return figure


COMPARED_METRICS = (
    "fd", "kid", "recall", "coverage", "vendi", "authentic_share", "label_share",
    "spectrum_distance", "normal_distance", "depth_distance", "inception_score", "ssim_nearest",
)  # fmt: skip


def emotion_densities(table: pd.DataFrame) -> Figure:
    """Draw the density of each emotion along the first discriminant of the real emotions."""
    labels = list(table["label"].unique())
    with style():
        figure = canvas(2.9)
        axes: Any = figure.subplots(2, 1, sharex=True, sharey=True)
        for axis, (side_name, title) in zip(axes, SIDES.items(), strict=True):
            for label, colour in zip(labels, COLOURS, strict=False):
                rows = table[(table["side"] == side_name) & (table["label"] == label)]
                axis.fill_between(rows["place"], rows["density"], color=colour, alpha=0.18, lw=0)
                axis.plot(rows["place"], rows["density"], color=colour, lw=1.2, label=label)
            axis.set_title(title, loc="left")
            axis.set_yticks([])
        axes[1].set_xlabel("first discriminant of the real emotions")
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def flat_map(table: pd.DataFrame) -> Figure:
    """Draw a t-SNE map of the faces, coloured by real or synthetic and by emotion."""
    with style():
        figure = canvas(3.2)
        left, right = figure.subplots(1, 2, sharex=True, sharey=True)
        for side, colour in zip(SIDES, COLOURS, strict=False):
            rows = table[table["side"] == side]
            left.scatter(rows["x"], rows["y"], s=4, color=colour, lw=0, label=SIDES[side])
        for label, colour in zip(table["label"].unique(), COLOURS, strict=False):
            rows = table[table["label"] == label]
            right.scatter(rows["x"], rows["y"], s=4, color=colour, lw=0, label=label)
        for axis in (left, right):
            axis.set_xticks([])
            axis.set_yticks([])
        handles, names = left.get_legend_handles_labels()
        left.legend(handles, names, loc="upper center", bbox_to_anchor=(0.5, 0), markerscale=2.5)
        handles, names = right.get_legend_handles_labels()
        right.legend(
            handles, names, loc="upper center", bbox_to_anchor=(0.5, 0), ncols=3, markerscale=2.5,
            fontsize=7, columnspacing=0.6, handletextpad=0.1,
        )  # fmt: skip
    return figure


def family_agreement(agreement: dict[str, Any]) -> Figure:
    """Draw the agreement (CKA) of the feature families, real beside synthetic."""
    with style():
        figure = canvas(2.7)
        axes: Any = figure.subplots(1, 2, sharey=True)
        for axis, side in zip(axes, SIDES, strict=True):
            matrix = np.array(agreement[side])
            positions = np.arange(len(matrix))
            axis.pcolormesh(
                positions, positions, matrix, cmap="magma", vmin=0, vmax=1, shading="nearest"
            )
            axis.set(aspect="equal", ylim=(len(matrix) - 0.5, -0.5))
            for (row, column), value in np.ndenumerate(matrix):
                ink = "#ffffff" if value < 0.6 else "#111111"
                axis.text(
                    column, row, f"{value:.2f}", ha="center", va="center", color=ink, fontsize=7
                )
            axis.set_title(side)
            axis.set_xticks(range(len(matrix)), agreement["names"], rotation=45, ha="right")
            axis.set_yticks(range(len(matrix)), agreement["names"])
            axis.spines[:].set_visible(False)
    return figure


def _draw_intervals(
    axis: Any, points: list[tuple[float, dict[str, Any]]], colour: str, label: str
) -> None:
    """Draw a dot and an interval, clipped to [0, 1], for each (position, score) of `points`."""
    positions = [position for position, _ in points]
    low, high = (np.clip([score[key] for _, score in points], 0, 1) for key in ("low", "high"))
    axis.vlines(positions, low, high, color=colour, lw=1.4)
    axis.plot(
        positions, [score["macro_f1"] for _, score in points], "o", ms=4, color=colour, label=label
    )
