"""Figures of the study: learning curves, accuracies, losses and faces of the DCGANs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from depthfaces.report.drawing import COLOURS, INK, canvas, style
from depthfaces.studies.balance.arms import ARM_TITLES

Array = npt.NDArray[Any]
# The columns of a learning curve that are drawn: key and title.
CURVE_TITLES = {
    "train": "train loss",
    "validation": "validation loss",
    "accuracy": "validation accuracy",
}
FACES_PER_ROW = 8  # in a row of the sheet


def draw_curves(curves_by_share: Mapping[float, Mapping[str, Array]]) -> Figure:
    """Draw learning curves {share: {arm: (seeds, evaluations, 4)}}: mean and range of the seeds.

    The last axis holds the step, and the columns of `CURVE_TITLES`.
    """
    with style():
        figure = canvas(1.7 * len(curves_by_share) + 0.7)
        axes: Any = figure.subplots(
            len(curves_by_share), len(CURVE_TITLES), squeeze=False, sharex="row"
        )
        for axes_row, (share, arm_curves) in zip(axes, curves_by_share.items(), strict=True):
            for column, axis in enumerate(axes_row):
                for (arm, seed_curves), colour in zip(arm_curves.items(), COLOURS, strict=False):
                    step_numbers, value = seed_curves[0, :, 0], seed_curves[:, :, column + 1]
                    axis.plot(step_numbers, value.mean(axis=0), lw=1.1, color=colour, label=arm)
                    value_range = value.min(axis=0), value.max(axis=0)
                    axis.fill_between(step_numbers, *value_range, color=colour, alpha=0.1, lw=0)
                axis.tick_params(labelsize=7)
                axis.grid(axis="y")
            axes_row[0].set_ylabel(f"{share:.3g} stay", fontsize=8)
        for axis, curve_title in zip(axes[0], CURVE_TITLES.values(), strict=True):
            axis.set_title(curve_title, fontsize=8)
        for axis in axes[-1]:
            axis.set_xlabel("step", fontsize=8)
        handles, arm_names = axes[0, 0].get_legend_handles_labels()
        arm_titles = [ARM_TITLES[arm_name] for arm_name in arm_names]
        figure.legend(handles, arm_titles, loc="outside lower center", ncols=3, fontsize=8)
    return figure


def draw_accuracies(accuracy_by_share: Mapping[float, Mapping[str, Sequence[float]]]) -> Figure:
    """Draw each arm's accuracy {share: {arm: (value, low, high)}} on held-out people."""
    arm_names = list(dict.fromkeys(arm for arms in accuracy_by_share.values() for arm in arms))
    with style():
        figure = canvas(0.9 + 0.34 * len(arm_names))
        axis: Any = figure.subplots()
        for k, ((share, arms), colour) in enumerate(
            zip(accuracy_by_share.items(), COLOURS, strict=False)
        ):
            heights = np.array([arm_names.index(arm) for arm in arms]) + 0.18 * (
                k - (len(accuracy_by_share) - 1) / 2
            )
            point_estimates, low, high = 100 * np.array(list(arms.values())).T
            error_bars = np.maximum([point_estimates - low, high - point_estimates], 0)
            axis.errorbar(
                point_estimates,
                heights,
                xerr=error_bars,
                fmt="o",
                ms=4,
                color=colour,
                label=f"{share:.3g} stay",
            )
        axis.set_yticks(range(len(arm_names)), [ARM_TITLES[arm_name] for arm_name in arm_names])
        axis.invert_yaxis()
        axis.set_xlabel("accuracy on people never seen, %")
        axis.grid(axis="x")
        figure.legend(loc="outside upper right", ncols=len(accuracy_by_share))
    return figure


def draw_losses(curves_by_share: Mapping[float, Sequence[Sequence[Mapping[str, float]]]]) -> Figure:
    """Draw the DCGANs' losses {share: list of curves}, critic beside generator."""
    with style():
        figure = canvas(2.1)
        axes: Any = figure.subplots(1, 2)
        for axis, net_name in zip(axes, ("critic", "generator"), strict=True):
            for (share, loss_curves), colour in zip(curves_by_share.items(), COLOURS, strict=False):
                for k, curve_rows in enumerate(loss_curves):
                    label = f"{share:.3g} stay" if k == 0 else None
                    epoch_numbers = [row["epoch"] for row in curve_rows]
                    epoch_losses = [row[net_name] for row in curve_rows]
                    axis.plot(
                        epoch_numbers, epoch_losses, lw=0.9, alpha=0.8, color=colour, label=label
                    )
            axis.set(title=net_name, xlabel="epoch", ylabel="loss")
            axis.grid(axis="y")
        axes[0].axhline(
            2 * np.log(2), color=INK, lw=0.8, ls=":"
        )  # the loss of a critic that guesses
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
    return figure


def draw_sheet(real: Array, generated: Array, nearest: Array) -> Figure:
    """Draw rows of faces (n, S, S): real ones, generated ones, and the real one nearest to each."""
    face_rows = {
        "real train faces": real,
        "generated": generated,
        "the real train face nearest": nearest,
    }
    with style():
        figure = canvas(2.9)
        axes: Any = figure.subplots(len(face_rows), 1)
        for axis, (title, row_faces) in zip(axes, face_rows.items(), strict=True):
            face_strip = np.hstack(list(row_faces[:FACES_PER_ROW]))
            axis.imshow(face_strip, cmap="gray", vmin=-1, vmax=1, interpolation="nearest")
            axis.set_title(title, loc="left", fontsize=8)
            axis.set_axis_off()
    return figure
