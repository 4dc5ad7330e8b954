"""Figures of the study: progress of the searches, flight of the swarm, confusions, faces."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from depthfaces.report.drawing import COLOURS, canvas, style
from depthfaces.schema.studies import Ranges
from depthfaces.studies.swarm.protocol import ARM_TITLES
from depthfaces.studies.swarm.space import LOG_SCALED, SETTING_NAMES, SettingValues

Array = npt.NDArray[Any]
AXIS_LABELS = {
    "lr_generator": "rate of the generator",
    "lr_discriminator": "rate of the discriminator",
    "beta1": "beta1",
    "dropout": "dropout",
    "fake_weight": "weight of generated faces",
}


def plot_progress(best_scores: Mapping[str, Array]) -> Figure:
    """Draw the best validation macro-F1 so far, {search: (seeds, trainings)}: mean and range."""
    with style():
        figure = canvas(2.4)
        axis: Any = figure.subplots()
        for (name, scores), colour in zip(best_scores.items(), COLOURS, strict=False):
            trainings = np.arange(1, scores.shape[1] + 1)
            axis.plot(trainings, scores.mean(axis=0), color=colour, lw=1.4, label=ARM_TITLES[name])
            axis.fill_between(
                trainings, scores.min(axis=0), scores.max(axis=0), color=colour, alpha=0.15, lw=0
            )
        axis.set(xlabel="trainings", ylabel="best validation macro-F1 so far")
        axis.grid(axis="y")
        figure.legend(loc="outside upper right", ncols=2)
    return figure


def plot_flight(
    tried_settings: Sequence[SettingValues], fitness: Array, generation: Array, ranges: Ranges
) -> Figure:
    """Draw the fitness of every training of one swarm against each of its settings.

    Darker dots are later generations.
    """
    with style():
        figure = canvas(3.4)
        axes: Any = figure.subplots(2, 3, sharey=True)
        finite = np.isfinite(fitness)
        for axis, setting_name in zip(axes.flat, SETTING_NAMES, strict=False):
            values = np.array([settings[setting_name] for settings in tried_settings])
            scatter_dots = axis.scatter(
                values[finite], fitness[finite], c=generation[finite], cmap="viridis_r", s=14, lw=0
            )
            limits = getattr(ranges, setting_name)
            axis.set_xlim(limits.low, limits.high)
            if setting_name in LOG_SCALED:
                axis.set_xscale("log")
                decade_ticks = 10.0 ** np.arange(
                    np.ceil(np.log10(limits.low)), np.log10(limits.high)
                )
                axis.set_xticks(decade_ticks, [f"{tick:g}" for tick in decade_ticks])
                axis.minorticks_off()
            axis.set_xlabel(AXIS_LABELS[setting_name], fontsize=8)
            axis.tick_params(labelsize=7)
            axis.grid(axis="y")
        for axis in axes[:, 0]:
            axis.set_ylabel("macro-F1", fontsize=8)
        colorbar_axis = axes.flat[-1]
        colorbar_axis.set_axis_off()
        generation_ticks = range(int(generation.max()) + 1)
        colorbar = figure.colorbar(
            scatter_dots, ax=colorbar_axis, orientation="horizontal", ticks=list(generation_ticks)
        )
        colorbar.set_label("generation", fontsize=8)
    return figure


def plot_confusions(confusions: Mapping[str, Array], classes: Sequence[str]) -> Figure:
    """Draw confusion matrices {arm: counts (k, k)} in per cent of each true class."""
    with style():
        figure = canvas(1.2 + 0.27 * len(classes))
        axes: Any = figure.subplots(1, len(confusions), sharey=True, squeeze=False)
        for axis, (arm, counts) in zip(axes.flat, confusions.items(), strict=True):
            percentages = 100 * counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
            axis.imshow(percentages, cmap="magma_r", vmin=0, vmax=100)
            for (true_class, predicted_class), percentage in np.ndenumerate(percentages):
                text_colour = "#ffffff" if percentage > 50 else "#111111"
                axis.text(
                    predicted_class,
                    true_class,
                    f"{percentage:.0f}",
                    ha="center",
                    va="center",
                    color=text_colour,
                    fontsize=7,
                )
            axis.set_title(ARM_TITLES[arm])
            axis.set_xticks(range(len(classes)), classes, rotation=45, ha="right")
            axis.tick_params(length=0, labelsize=8)
            axis.spines[:].set_visible(False)
        axes.flat[0].set_yticks(range(len(classes)), classes)
        axes.flat[0].set_ylabel("true")
    return figure


def plot_face_sheet(class_faces: Mapping[str, Array]) -> Figure:
    """Draw faces {class: (n, S, S)}, one row per class."""
    with style():
        figure = canvas(0.2 + 0.85 * len(class_faces))
        axes: Any = figure.subplots(len(class_faces), 1, squeeze=False)
        for axis, (label, faces) in zip(axes.flat, class_faces.items(), strict=True):
            axis.imshow(np.hstack(list(faces)), cmap="gray", vmin=-1, vmax=1)
            axis.set_title(label, loc="left", fontsize=8)
            axis.set_axis_off()
    return figure
