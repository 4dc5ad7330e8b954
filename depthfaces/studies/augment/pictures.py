"""The study's figures: faces, entropies, training, arms, amounts, noise, confusions."""

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from depthfaces.report.drawing import COLOURS, INK, canvas, style
from depthfaces.studies.augment.arms import LEAKY_ARMS, GeneratedPool
from depthfaces.studies.augment.prepare import entropy
from depthfaces.studies.augment.results import Results, arm_title
from depthfaces.studies.augment.tables import SHOWN_ARMS

Array = npt.NDArray[Any]
FACES_PER_ROW = 5  # of each kind on the sheet
CURVE_ARMS = ("plain", "real", "added", "filtered")


def draw_figures(results: Results, pool: GeneratedPool, grey_levels: Array) -> dict[str, Figure]:
    """Return {name: figure}; `grey_levels` (n, S, S) are those of the generated faces."""
    with style():
        return {
            "faces": draw_faces(results, pool, grey_levels),
            "entropy": draw_entropies(results, grey_levels),
            "curves": draw_curves(results),
            "arms": draw_arms(results),
            "amounts": draw_amounts(results),
            "noise": draw_noise(results),
            "confusion": draw_confusions(results),
        }


def draw_faces(results: Results, pool: GeneratedPool, grey_levels: Array) -> Figure:
    """Draw real faces, generated faces that pass both filters, and others: one row per emotion."""
    data, labels = results.data, pool.faces.labels
    rows = data.rows("train")
    face_kinds = {
        "real": (data.grey_levels[rows], data.labels[rows], np.ones(len(rows), bool)),
        "generated, pass": (grey_levels, labels, pool.passes_both),
        "generated, refused": (grey_levels, labels, ~pool.passes_both),
    }
    figure = canvas(0.35 * len(data.classes) + 0.4)
    axes: Any = figure.subplots(1, len(face_kinds), sharey=True)
    for axis, (title, (images, kind_labels, is_allowed)) in zip(
        axes, face_kinds.items(), strict=True
    ):
        face_rows = [
            images[_spread_rows(is_allowed & (kind_labels == k))] for k in range(len(data.classes))
        ]
        axis.imshow(_face_sheet(face_rows, images.shape[1]), cmap="gray", vmin=0, vmax=255)
        if not is_allowed.any():
            text_options = {"ha": "center", "va": "center", "transform": axis.transAxes}
            axis.text(0.5, 0.5, "none", **text_options)
        axis.set_title(title)
        axis.spines[:].set_visible(False)
        axis.set_xticks([])
        axis.tick_params(length=0)
    side = grey_levels.shape[1]
    axes[0].set_yticks(side * (np.arange(len(data.classes)) + 0.5), data.classes)
    return figure


def _spread_rows(is_allowed: Array) -> Array:
    """Return at most `FACES_PER_ROW` of the allowed rows, evenly spread."""
    rows = np.flatnonzero(is_allowed)
    count = min(FACES_PER_ROW, len(rows))
    return np.asarray(rows[((np.arange(count) + 0.5) * len(rows) / max(1, count)).astype(int)])


def _face_sheet(face_rows: list[Array], side: int) -> Array:
    """Return rows of faces (n, S, S) as one picture; missing faces are white."""
    sheet_pixels = np.full((len(face_rows) * side, FACES_PER_ROW * side), 255, np.uint8)
    for k, face_row in enumerate(face_rows):
        for column, face in enumerate(face_row):
            cell_slice = np.s_[k * side : (k + 1) * side, column * side : (column + 1) * side]
            sheet_pixels[cell_slice] = face
    return sheet_pixels


def draw_entropies(results: Results, grey_levels: Array) -> Figure:
    """Draw the entropies of real train and generated faces, and the flagged faces."""
    data = results.data
    train_entropies = data.entropies[data.rows("train")]
    figure = canvas(3.6)
    upper_axis, lower_axis = figure.subplots(2, 1, height_ratios=[2, 1])
    by_kind = {"real, train people": train_entropies, "generated": entropy(grey_levels)}
    bin_edges = np.histogram_bin_edges(np.concatenate(list(by_kind.values())), 50)
    for (name, bits), colour in zip(by_kind.items(), COLOURS, strict=False):
        upper_axis.hist(bits, bin_edges, density=True, color=colour, alpha=0.5, label=name)
    for bound in data.entropy_bounds:
        upper_axis.axvline(bound, color=INK, lw=1, ls="--")
    upper_axis.set(xlabel="entropy, bits", ylabel="density")
    upper_axis.legend(loc="upper left")
    flagged_rows = np.flatnonzero(data.entropy_bounds.is_outside(data.entropies))
    sorted_rows = flagged_rows[np.argsort(data.entropies[flagged_rows])]
    half = min(5, len(sorted_rows) // 2)
    shown_rows = np.concatenate([sorted_rows[:half], sorted_rows[len(sorted_rows) - half :]])
    if len(shown_rows):
        lower_axis.imshow(
            np.concatenate(list(data.grey_levels[shown_rows]), axis=1),
            cmap="gray",
            vmin=0,
            vmax=255,
        )
    side = data.grey_levels.shape[1]
    entropy_texts = [f"{bits:.2f}" for bits in data.entropies[shown_rows]]
    lower_axis.set_xticks(side * (np.arange(len(shown_rows)) + 0.5), entropy_texts)
    lower_axis.set_yticks([])
    lower_axis.tick_params(length=0)
    lower_axis.spines[:].set_visible(False)
    return figure


def draw_curves(results: Results) -> Figure:
    """Draw losses and validation accuracy by epoch, one colour per arm."""
    figure = canvas(2.5)
    loss_axis, accuracy_axis = figure.subplots(1, 2)
    for arm, colour in zip(CURVE_ARMS, COLOURS, strict=False):
        seed_curves = results.answers[arm].learning_curves
        epochs = np.arange(1, len(seed_curves[0]) + 1)
        mean_curve = {
            key: np.mean([[row[key] for row in seed_curve] for seed_curve in seed_curves], axis=0)
            for key in seed_curves[0][0]
        }
        loss_axis.plot(epochs, mean_curve["train"], ":", color=colour, lw=1.2)
        loss_axis.plot(
            epochs, mean_curve["validation"], "-o", ms=3, color=colour, label=arm_title(arm)
        )
        accuracy_axis.plot(epochs, mean_curve["accuracy"], "-o", ms=3, color=colour)
    loss_axis.set(xlabel="pass", ylabel="loss (dotted: in training)")
    accuracy_axis.set(xlabel="pass", ylabel="validation accuracy")
    for axis in (loss_axis, accuracy_axis):
        axis.grid(axis="y")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.legend(loc="outside upper center", ncols=2)
    return figure


def draw_arms(results: Results) -> Figure:
    """Draw each arm's accuracy on held-out people, with its interval."""
    arm_names = [arm for arm in results.arms if arm not in LEAKY_ARMS]
    figure = canvas(0.6 + 0.27 * len(arm_names))
    axis: Any = figure.subplots()
    for height, arm in enumerate(arm_names):
        colour = COLOURS[0] if results.arms[arm].generated_count else COLOURS[2]
        _draw_interval(axis, results.test_score(arm), height, colour)
    axis.axvline(results.test_score("real")[0], color=INK, lw=0.8, ls=":")
    axis.set_yticks(range(len(arm_names)), [arm_title(arm) for arm in arm_names])
    axis.invert_yaxis()
    axis.set_xlabel("accuracy on people never seen")
    axis.grid(axis="x")
    return figure


def _draw_interval(
    axis: Any, interval: list[float], height: float, colour: str, **options: Any
) -> None:
    """Draw [value, low, high] as a dot with whiskers at `height`."""
    value, low, high = interval
    error_bars = [[max(0, value - low)], [max(0, high - value)]]
    axis.errorbar(
        [value], [height], xerr=error_bars, fmt="o", ms=4, lw=1.2, color=colour, **options
    )


def draw_amounts(results: Results) -> Figure:
    """Draw accuracy by how many generated faces were added for each real one."""
    arm_names = ["real", *results.amount_arms]
    real_count = len(results.arms["real"].train.labels)
    added_ratios = [results.arms[arm].generated_count / real_count for arm in arm_names]
    test_scores = np.array([results.test_score(arm) for arm in arm_names])
    figure = canvas(2.5)
    axis: Any = figure.subplots()
    axis.plot(
        added_ratios, test_scores[:, 0], "-o", ms=4, color=COLOURS[0], label="accuracy, test people"
    )
    axis.fill_between(
        added_ratios, test_scores[:, 1], test_scores[:, 2], color=COLOURS[0], alpha=0.15, lw=0
    )
    validation_scores = [results.validation_f1(arm) for arm in arm_names]
    axis.plot(
        added_ratios,
        validation_scores,
        ":s",
        ms=3,
        color=COLOURS[1],
        label="macro-F1, validation people",
    )
    axis.set_xlabel("generated faces for each real one")
    axis.grid(axis="y")
    figure.legend(loc="outside upper right", ncols=2)
    return figure


def draw_noise(results: Results) -> Figure:
    """Draw accuracy on naturally noisy faces and on planted noise, one colour per arm."""
    figure = canvas(2.9)
    axes: Any = figure.subplots(1, 2, sharey=True)
    noise_kinds = list(results.noisy_parts)
    for arm_index, (arm, colour) in enumerate(zip(SHOWN_ARMS, COLOURS, strict=False)):
        for kind_index, kind in enumerate(noise_kinds):
            height = kind_index + 0.22 * (arm_index - 1)
            legend_label = arm_title(arm) if kind_index == 0 else None
            if (by_nature := results.part_accuracy(arm, results.noisy_parts[kind])) is not None:
                _draw_interval(axes[0], by_nature, height, colour)
            _draw_interval(
                axes[1], results.planted_accuracy(arm, kind), height, colour, label=legend_label
            )
    face_counts = [int(results.noisy_parts[kind].sum()) for kind in noise_kinds]
    axes[0].set_yticks(
        range(len(noise_kinds)),
        [f"{n} ({c})" for n, c in zip(noise_kinds, face_counts, strict=True)],
    )
    axes[0].invert_yaxis()
    for axis, title in zip(axes, ("noisy by nature (faces)", "made noisy"), strict=True):
        axis.set(title=title, xlabel="accuracy")
        axis.grid(axis="x")
    figure.legend(*axes[1].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def draw_confusions(results: Results) -> Figure:
    """Draw the confusion matrices before and after generated faces were added."""
    classes = results.data.classes
    figure = canvas(3.1)
    axes: Any = figure.subplots(1, 2, sharey=True)
    for axis, arm in zip(axes, SHOWN_ARMS[:2], strict=True):
        counts = results.confusion_matrices(arm).sum(axis=0)
        percents = 100 * counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
        axis.imshow(percents, cmap="magma_r", vmin=0, vmax=100)
        for (row, column), percent in np.ndenumerate(percents):
            text_colour = "#ffffff" if percent > 50 else "#111111"
            axis.text(
                column,
                row,
                f"{percent:.0f}",
                ha="center",
                va="center",
                color=text_colour,
                fontsize=7,
            )
        axis.set_title(arm_title(arm))
        axis.set_xticks(range(len(classes)), classes, rotation=45, ha="right")
        axis.tick_params(length=0)
        axis.spines[:].set_visible(False)
    axes[0].set_yticks(range(len(classes)), classes)
    return figure
