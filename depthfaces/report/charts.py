"""Figures of the experiment and of the spaces, one a function: tables to matplotlib figures."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from depthfaces.report import words
from depthfaces.report.drawing import COLOURS, INK, canvas, style
from depthfaces.report.words import arm, generators, method, model
from depthfaces.verdict.arm import CONTROL, REAL, SHUFFLED, TOPPED, Arm

SIDES = {"real": "real, held out", "synthetic": "synthetic"}


def violins(table: dict[str, Any]) -> Figure:
    """Draw the seeds' macro-F1 of each arm, a colour a classifier: the scores as they came."""
    names = [name for name in words.drawn(table) if Arm.of(name).kind != SHUFFLED]
    models = list(table[names[0]])
    with style():
        figure = canvas(0.9 + 0.3 * len(names))
        axis: Any = figure.subplots()
        offsets = np.linspace(-0.22, 0.22, len(models)) if len(models) > 1 else np.zeros(1)
        for name, colour, offset in zip(models, COLOURS, offsets, strict=False):
            rows = [k for k, row in enumerate(names) if name in table[row]]
            seeds = [table[names[k]][name]["runs"] for k in rows]
            places = np.array(rows) + offset
            wide = [k for k, values in enumerate(seeds) if len(set(values)) > 2]
            if wide:
                bodies = axis.violinplot(
                    [seeds[k] for k in wide],
                    places[wide],
                    orientation="horizontal",
                    widths=0.42,
                    showextrema=False,
                )["bodies"]
                for body in bodies:
                    body.set(facecolor=colour, alpha=0.3)
            for values, place in zip(seeds, places, strict=True):
                axis.plot(values, [place] * len(values), "o", ms=2.6, color=colour)
            axis.plot([], [], "o", color=colour, label=model(name))
        axis.set_yticks(range(len(names)), [arm(name) for name in names])
        axis.invert_yaxis()
        axis.set_xlabel("macro-F1 on people never seen, a dot a seed")
        axis.grid(axis="x")
        figure.legend(loc="outside upper right", ncols=len(models))
    return figure


def by_people(few: dict[str, Any]) -> Figure | None:
    """Draw macro-F1 by the number of real people, a panel a classifier, with intervals."""
    levels = few["levels"]
    if len(levels) < 2:
        return None
    models, lines = list(levels[0]["arms"]["real"]), _lines(levels)
    beside = np.linspace(-0.3, 0.3, len(lines)) if len(lines) > 1 else np.zeros(1)
    with style():
        figure = canvas(3.2)
        axes: Any = figure.subplots(1, len(models), squeeze=False, sharey=True)
        for axis, name in zip(axes.flat, models, strict=True):
            for label, colour, offset in zip(lines, COLOURS, beside, strict=False):
                found = [level["arms"].get(label, {}).get(name) for level in levels]
                places = [(place + offset, one) for place, one in enumerate(found) if one]
                if places:
                    _intervals(axis, places, colour, arm(label))
            axis.set(title=model(name), xlabel="real people learned from")
            axis.set_xticks(range(len(levels)), [str(level["people"]) for level in levels])
            axis.grid(axis="y")
        axes.flat[0].set_ylabel("macro-F1 on people never seen")
        handles = axes.flat[0].get_legend_handles_labels()
        figure.legend(*handles, loc="outside lower center", ncols=2, fontsize=7)
    return figure


def _lines(levels: list[dict[str, Any]]) -> list[str]:
    """Return the arms that are drawn as lines: real alone, the control, and each source on top.

    Where doses were chosen those arms, else each in its largest dose.
    """
    known = [Arm.of(name) for name in levels[0]["arms"]]
    chosen = [one for one in known if one.kind in {CONTROL, TOPPED} and not one.dose]
    if not chosen:
        most = max(one.dose for one in known)
        chosen = [one for one in known if one.kind in {CONTROL, TOPPED} and one.dose == most]
    return [REAL, *(one.key for one in chosen)]


def by_method(scores: dict[str, Any]) -> Figure | None:
    """Draw accuracy on held-out people by what lies on top of augmentation, a bar a classifier."""
    chosen = [name for name in words.arms(scores) if Arm.of(name).kind == TOPPED]
    kinds = {"real": "Real only"} | {name: method(Arm.of(name).source) for name in chosen}
    models = list(scores["real"])
    if len(kinds) < 2:
        return None
    with style():
        figure = canvas(0.8 + len(kinds) * (0.1 + 0.13 * len(models)))
        axis: Any = figure.subplots()
        width = 0.8 / len(models)
        for k, (name, colour) in enumerate(zip(models, COLOURS, strict=False)):
            shown = [100 * scores[row].get(name, {"accuracy": 0})["accuracy"] for row in kinds]
            places = np.arange(len(kinds)) + (k - (len(models) - 1) / 2) * width
            bars = axis.barh(places, shown, 0.92 * width, color=colour, label=model(name))
            axis.bar_label(bars, fmt="%.0f", fontsize=7, padding=2)
        axis.set_yticks(range(len(kinds)), list(kinds.values()))
        axis.invert_yaxis()
        axis.set_xlabel("accuracy, %")
        figure.legend(loc="outside upper right", ncols=len(models))
    return figure


def comparison(metrics: dict[str, Any]) -> Figure | None:
    """Draw each measure by generator, a panel a measure, the floor as a dashed line."""
    sets = metrics["sets"]
    names = generators(sets)
    shown = [key for key in COMPARED if key in sets[names[0]]]
    with style():
        lines = -(-len(shown) // 4)
        figure = canvas(1.5 * lines + 0.5)
        axes: Any = figure.subplots(lines, 4, squeeze=False)
        for axis, key in zip(axes.flat, shown, strict=False):
            for place, name in enumerate(names):
                value, sd = sets[name][key]["value"], sets[name][key]["sd"]
                if value is not None:
                    colour = COLOURS[place % len(COLOURS)]
                    axis.bar(place, value, 0.7, yerr=sd, color=colour, error_kw={"lw": 1})
            if sets[names[0]][key]["floor"] is not None:
                axis.axhline(sets[names[0]][key]["floor"], color=INK, lw=1, ls="--")
            axis.set_title(words.METRICS[key][0], fontsize=8)
            axis.set_xticks([])
            axis.tick_params(labelsize=7)
        for axis in list(axes.flat)[len(shown) :]:
            axis.set_axis_off()
        handles = [
            axes.flat[0].bar(0, 0, color=COLOURS[k % len(COLOURS)]) for k in range(len(names))
        ]
        labels = [method(name) for name in names]
        figure.legend(handles, labels, loc="outside lower center", ncols=min(3, len(names)))
    return figure


COMPARED = ("fd", "kid", "recall", "coverage", "vendi", "authentic_share", "label_share",
            "spectrum_distance", "normal_distance", "depth_distance", "inception_score",
            "ssim_nearest")  # fmt: skip


def densities(table: pd.DataFrame) -> Figure:
    """Draw each emotion along the direction that tells real emotions best apart."""
    labels = list(table["label"].unique())
    with style():
        figure = canvas(2.9)
        axes: Any = figure.subplots(2, 1, sharex=True, sharey=True)
        for axis, (side, title) in zip(axes, SIDES.items(), strict=True):
            for label, colour in zip(labels, COLOURS, strict=False):
                rows = table[(table["side"] == side) & (table["label"] == label)]
                axis.fill_between(rows["place"], rows["density"], color=colour, alpha=0.18, lw=0)
                axis.plot(rows["place"], rows["density"], color=colour, lw=1.2, label=label)
            axis.set_title(title, loc="left")
            axis.set_yticks([])
        axes[1].set_xlabel("first discriminant of the real emotions")
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def flat_map(table: pd.DataFrame) -> Figure:
    """Draw faces as dots (t-SNE): once by real or synthetic, once by emotion."""
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


def families(found: dict[str, Any]) -> Figure:
    """Draw how alike the feature families order the faces, real beside synthetic."""
    with style():
        figure = canvas(2.7)
        axes: Any = figure.subplots(1, 2, sharey=True)
        for axis, side in zip(axes, SIDES, strict=True):
            matrix = np.array(found[side])
            places = np.arange(len(matrix))
            axis.pcolormesh(places, places, matrix, cmap="magma", vmin=0, vmax=1, shading="nearest")
            axis.set(aspect="equal", ylim=(len(matrix) - 0.5, -0.5))
            for (row, column), value in np.ndenumerate(matrix):
                ink = "#ffffff" if value < 0.6 else "#111111"
                axis.text(
                    column, row, f"{value:.2f}", ha="center", va="center", color=ink, fontsize=7
                )
            axis.set_title(side)
            axis.set_xticks(range(len(matrix)), found["names"], rotation=45, ha="right")
            axis.set_yticks(range(len(matrix)), found["names"])
            axis.spines[:].set_visible(False)
    return figure


def _intervals(
    axis: Any, places: list[tuple[float, dict[str, Any]]], colour: str, label: str
) -> None:
    """Draw a dot and an interval, cut at 0 and 1, at each place."""
    x = [place for place, _ in places]
    low, high = (np.clip([found[key] for _, found in places], 0, 1) for key in ("low", "high"))
    axis.vlines(x, low, high, color=colour, lw=1.4)
    axis.plot(x, [found["macro_f1"] for _, found in places], "o", ms=4, color=colour, label=label)
