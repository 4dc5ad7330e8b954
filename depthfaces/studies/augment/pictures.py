"""The study's figures: faces, entropies, training, arms, amounts, noise, confusions."""

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from depthfaces.report.drawing import COLOURS, INK, canvas, style
from depthfaces.studies.augment.arms import LEAKY, Pool
from depthfaces.studies.augment.prepare import entropy
from depthfaces.studies.augment.results import Results, kind
from depthfaces.studies.augment.tables import SHOWN

Array = npt.NDArray[Any]
COLUMNS = 5  # faces of a kind in a row of the sheet
CURVES = ("plain", "real", "added", "filtered")


def draw(found: Results, pool: Pool, made: Array) -> dict[str, Figure]:
    """Return the figures by name; `made` (n, S, S) are the generated faces' grey levels."""
    with style():
        return {
            "faces": faces(found, pool, made),
            "entropy": entropies(found, made),
            "curves": curves(found),
            "arms": arms(found),
            "amounts": amounts(found),
            "noise": noise(found),
            "confusion": confusion(found),
        }


def faces(found: Results, pool: Pool, made: Array) -> Figure:
    """Draw real faces, generated faces that pass both filters, and others: an emotion a row."""
    data, labels = found.data, pool.lesson.labels
    train = data.rows("train")
    kinds = {
        "real": (data.grey[train], data.labels[train], np.ones(len(train), bool)),
        "generated, pass": (made, labels, pool.passed),
        "generated, refused": (made, labels, ~pool.passed),
    }
    figure = canvas(0.35 * len(data.classes) + 0.4)
    axes: Any = figure.subplots(1, len(kinds), sharey=True)
    for axis, (title, (images, of, allowed)) in zip(axes, kinds.items(), strict=True):
        rows = [images[_spread(allowed & (of == k))] for k in range(len(data.classes))]
        axis.imshow(_sheet(rows, images.shape[1]), cmap="gray", vmin=0, vmax=255)
        if not allowed.any():
            middle = {"ha": "center", "va": "center", "transform": axis.transAxes}
            axis.text(0.5, 0.5, "none", **middle)
        axis.set_title(title)
        axis.spines[:].set_visible(False)
        axis.set_xticks([])
        axis.tick_params(length=0)
    side = made.shape[1]
    axes[0].set_yticks(side * (np.arange(len(data.classes)) + 0.5), data.classes)
    return figure


def _spread(allowed: Array) -> Array:
    """Return at most `COLUMNS` of the rows allowed, evenly spread."""
    rows = np.flatnonzero(allowed)
    count = min(COLUMNS, len(rows))
    return np.asarray(rows[((np.arange(count) + 0.5) * len(rows) / max(1, count)).astype(int)])


def _sheet(rows: list[Array], side: int) -> Array:
    """Return faces, a list of (n, S, S) a row, as one picture; missing ones are white."""
    picture = np.full((len(rows) * side, COLUMNS * side), 255, np.uint8)
    for k, row in enumerate(rows):
        for column, face in enumerate(row):
            place = np.s_[k * side : (k + 1) * side, column * side : (column + 1) * side]
            picture[place] = face
    return picture


def entropies(found: Results, made: Array) -> Figure:
    """Draw the entropies of real train and generated faces, and the flagged faces."""
    data = found.data
    train = data.entropies[data.rows("train")]
    figure = canvas(3.6)
    above, below = figure.subplots(2, 1, height_ratios=[2, 1])
    sides = {"real, train people": train, "generated": entropy(made)}
    edges = np.histogram_bin_edges(np.concatenate(list(sides.values())), 50)
    for (name, bits), colour in zip(sides.items(), COLOURS, strict=False):
        above.hist(bits, edges, density=True, color=colour, alpha=0.5, label=name)
    for bound in data.bounds:
        above.axvline(bound, color=INK, lw=1, ls="--")
    above.set(xlabel="entropy, bits", ylabel="density")
    above.legend(loc="upper left")
    flagged = np.flatnonzero(data.bounds.flags(data.entropies))
    order = flagged[np.argsort(data.entropies[flagged])]
    half = min(5, len(order) // 2)
    shown = np.concatenate([order[:half], order[len(order) - half :]])
    if len(shown):
        below.imshow(np.concatenate(list(data.grey[shown]), axis=1), cmap="gray", vmin=0, vmax=255)
    side = data.grey.shape[1]
    texts = [f"{bits:.2f}" for bits in data.entropies[shown]]
    below.set_xticks(side * (np.arange(len(shown)) + 0.5), texts)
    below.set_yticks([])
    below.tick_params(length=0)
    below.spines[:].set_visible(False)
    return figure


def curves(found: Results) -> Figure:
    """Draw losses and validation accuracy by pass, a colour an arm."""
    figure = canvas(2.5)
    left, right = figure.subplots(1, 2)
    for name, colour in zip(CURVES, COLOURS, strict=False):
        runs = found.answers[name].curves
        passes = np.arange(1, len(runs[0]) + 1)
        mean = {
            key: np.mean([[row[key] for row in run] for run in runs], axis=0) for key in runs[0][0]
        }
        left.plot(passes, mean["train"], ":", color=colour, lw=1.2)
        left.plot(passes, mean["validation"], "-o", ms=3, color=colour, label=kind(name))
        right.plot(passes, mean["accuracy"], "-o", ms=3, color=colour)
    left.set(xlabel="pass", ylabel="loss (dotted: in training)")
    right.set(xlabel="pass", ylabel="validation accuracy")
    for axis in (left, right):
        axis.grid(axis="y")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.legend(loc="outside upper center", ncols=2)
    return figure


def arms(found: Results) -> Figure:
    """Draw each arm's accuracy on people never seen, with its interval."""
    names = [name for name in found.arms if name not in LEAKY]
    figure = canvas(0.6 + 0.27 * len(names))
    axis: Any = figure.subplots()
    for place, name in enumerate(names):
        colour = COLOURS[0] if found.arms[name].made else COLOURS[2]
        _dot(axis, found.test(name), place, colour)
    axis.axvline(found.test("real")[0], color=INK, lw=0.8, ls=":")
    axis.set_yticks(range(len(names)), [kind(name) for name in names])
    axis.invert_yaxis()
    axis.set_xlabel("accuracy on people never seen")
    axis.grid(axis="x")
    return figure


def _dot(axis: Any, interval: list[float], place: float, colour: str, **more: Any) -> None:
    """Draw [value, low, high] as a dot with whiskers at the height `place`."""
    value, low, high = interval
    spread = [[max(0, value - low)], [max(0, high - value)]]
    axis.errorbar([value], [place], xerr=spread, fmt="o", ms=4, lw=1.2, color=colour, **more)


def amounts(found: Results) -> Figure:
    """Draw accuracy by how many generated faces were added for each real one."""
    names = ["real", *found.tried]
    real = len(found.arms["real"].train.labels)
    x = [found.arms[name].made / real for name in names]
    test = np.array([found.test(name) for name in names])
    figure = canvas(2.5)
    axis: Any = figure.subplots()
    axis.plot(x, test[:, 0], "-o", ms=4, color=COLOURS[0], label="accuracy, test people")
    axis.fill_between(x, test[:, 1], test[:, 2], color=COLOURS[0], alpha=0.15, lw=0)
    chosen = [found.validation(name) for name in names]
    axis.plot(x, chosen, ":s", ms=3, color=COLOURS[1], label="macro-F1, validation people")
    axis.set_xlabel("generated faces for each real one")
    axis.grid(axis="y")
    figure.legend(loc="outside upper right", ncols=2)
    return figure


def noise(found: Results) -> Figure:
    """Draw accuracy on noisy faces, by nature and on purpose, a colour an arm."""
    figure = canvas(2.9)
    axes: Any = figure.subplots(1, 2, sharey=True)
    kinds = list(found.parts)
    for shift, (name, colour) in enumerate(zip(SHOWN, COLOURS, strict=False)):
        for place, noise in enumerate(kinds):
            height = place + 0.22 * (shift - 1)
            label = kind(name) if place == 0 else None
            if (by_nature := found.part(name, found.parts[noise])) is not None:
                _dot(axes[0], by_nature, height, colour)
            _dot(axes[1], found.planted(name, noise), height, colour, label=label)
    counts = [int(found.parts[noise].sum()) for noise in kinds]
    axes[0].set_yticks(
        range(len(kinds)), [f"{n} ({c})" for n, c in zip(kinds, counts, strict=True)]
    )
    axes[0].invert_yaxis()
    for axis, title in zip(axes, ("noisy by nature (faces)", "made noisy"), strict=True):
        axis.set(title=title, xlabel="accuracy")
        axis.grid(axis="x")
    figure.legend(*axes[1].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def confusion(found: Results) -> Figure:
    """Draw the confusion matrices before and after generated faces were added."""
    classes = found.data.classes
    figure = canvas(3.1)
    axes: Any = figure.subplots(1, 2, sharey=True)
    for axis, arm in zip(axes, SHOWN[:2], strict=True):
        counts = found.matrices(arm).sum(axis=0)
        shares = 100 * counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
        axis.imshow(shares, cmap="magma_r", vmin=0, vmax=100)
        for (row, column), share in np.ndenumerate(shares):
            ink = "#ffffff" if share > 50 else "#111111"
            axis.text(column, row, f"{share:.0f}", ha="center", va="center", color=ink, fontsize=7)
        axis.set_title(kind(arm))
        axis.set_xticks(range(len(classes)), classes, rotation=45, ha="right")
        axis.tick_params(length=0)
        axis.spines[:].set_visible(False)
    axes[0].set_yticks(range(len(classes)), classes)
    return figure
