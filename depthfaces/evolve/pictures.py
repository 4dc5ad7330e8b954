"""Pictures of a search: curves, the best faces by generation, latent norms, what was reached."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from scipy.stats import chi

from depthfaces import files
from depthfaces.evolve.measures import NAMES
from depthfaces.evolve.results import Outcome
from depthfaces.evolve.search import Array, Record
from depthfaces.evolve.shell import bounds

COLUMNS = 8  # generations on the contact sheet
CELLS = 12  # a side of the heat map
MOST = 4  # panels in a row
COLOURS = ("#0072b2", "#d55e00")  # the method, the control: told apart by every eye

# For each class in turn: latents (n, d) to faces (n, S, S).
Renders = Sequence[Callable[[Array], Array]]


def write(folder: Path, found: Sequence[Outcome], renders: Renders) -> None:
    """Write curves.png, diversity.png, sheet.png, norms.png and reached.png."""
    figures = {
        "curves": curves(found),
        "diversity": diversities(found),
        "sheet": sheet(found, renders),
        "norms": norms(found),
        "reached": reached(found),
    }
    for name, figure in figures.items():
        with files.atomic(folder / f"{name}.png") as path:
            figure.savefig(path, dpi=110, metadata={"Software": None})


def curves(found: Sequence[Outcome]) -> Figure:
    """Draw best (line) and mean (dashed) fitness by generation, one panel an emotion."""
    figure, panels = _panels(found)
    for place, outcome in _by_emotion(found):
        axis, table = panels[outcome.label], outcome.record.curve
        for key, dashes in (("best", "-"), ("mean", "--")):
            values = np.array([row[key] for row in table])
            values[~np.isfinite(values)] = np.nan
            name = f"{outcome.method}, {key}"
            axis.plot(values, dashes, color=COLOURS[place], lw=1.4, label=name)
    return _labelled(figure, "generation", "fitness")


def diversities(found: Sequence[Outcome]) -> Figure:
    """Draw how different the faces of each generation are, one panel an emotion."""
    figure, panels = _panels(found)
    for place, outcome in _by_emotion(found):
        values = [row["diversity"] for row in outcome.record.curve]
        panels[outcome.label].plot(values, color=COLOURS[place], lw=1.4, label=outcome.method)
    figure.axes[0].set_ylim(bottom=0)  # shared by all panels
    return _labelled(figure, "generation", "difference of two faces (root mean square)")


def norms(found: Sequence[Outcome]) -> Figure:
    """Draw the norms of the kept latents against those that the prior gives."""
    methods = list(dict.fromkeys(outcome.method for outcome in found))
    length = found[0].record.z.shape[1]
    low, high = bounds(length)
    edges = np.linspace(low - 0.2 * (high - low), high + 0.2 * (high - low), 41)
    figure = Figure(figsize=(6.4, 3.2), layout="constrained")
    axis: Any = figure.subplots()
    for method, colour in zip(methods, COLOURS, strict=False):
        kept = [outcome for outcome in found if outcome.method == method]
        norm = np.linalg.norm(np.concatenate([o.record.z[o.rows] for o in kept]), axis=1)
        axis.hist(norm, edges, density=True, color=colour, alpha=0.4, label=f"{method}, kept")
    fine = np.linspace(edges[0], edges[-1], 200)
    axis.plot(fine, chi.pdf(fine, length), color="black", lw=1.2, label="the prior")
    for edge in (low, high):
        axis.axvline(edge, color="black", lw=0.8, ls=":")
    axis.set_xlabel("norm of the latent (dotted: the shell, outside of which nothing is kept)")
    axis.set_ylabel("density")
    axis.legend(frameon=False, fontsize=8, loc="upper right")
    return figure


def sheet(found: Sequence[Outcome], renders: Renders) -> Figure:
    """Draw the best face of some generations: a row an emotion, of the method, not the control."""
    ours = [outcome for outcome in found if outcome.method == found[0].method]
    count = len(ours[0].record.curve)
    shown = np.unique(np.linspace(0, count - 1, min(COLUMNS, count)).round().astype(int))
    figure = Figure(
        figsize=(1.05 * len(shown) + 0.8, 1.08 * len(ours) + 0.55), layout="constrained"
    )
    axes: Any = figure.subplots(len(ours), len(shown), squeeze=False)
    for outcome, line, render in zip(ours, axes, renders, strict=True):
        faces = render(_best(outcome.record, shown))
        for axis, face in zip(line, faces, strict=True):
            axis.imshow(face, cmap="gray", vmin=-1, vmax=1, interpolation="bilinear")
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
        line[0].set_ylabel(outcome.label, fontsize=9, parse_math=False)
    for axis, generation in zip(axes[0], shown, strict=True):
        axis.set_title(f"generation {generation}", fontsize=8)
    caption = f"The best face of a generation ({found[0].method}), a row for each emotion"
    figure.suptitle(caption, fontsize=9, parse_math=False)
    return figure


def reached(found: Sequence[Outcome]) -> Figure:
    """Draw the best fitness by mouth opening and face width: a row a method, one column an emotion.

    Each emotion has its own range of openings. Grey stands for cells that no face reached.
    """
    labels = list(dict.fromkeys(outcome.label for outcome in found))
    methods = list(dict.fromkeys(outcome.method for outcome in found))
    edges = {label: _edges([o for o in found if o.label == label]) for label in labels}
    grids = {(o.method, o.label): _grid(o.record, edges[o.label]) for o in found}
    shown = np.concatenate([grid[np.isfinite(grid)] for grid in grids.values()])
    low, high = np.quantile(shown, (0.05, 1.0)) if len(shown) else (0.0, 1.0)
    size = (1.5 * len(labels) + 1.4, 1.6 * len(methods) + 0.7)
    figure = Figure(figsize=size, layout="constrained")
    axes: Any = figure.subplots(len(methods), len(labels), squeeze=False)
    for (method, label), grid in grids.items():
        axis = axes[methods.index(method), labels.index(label)]
        axis.set_facecolor("0.8")
        picture = axis.pcolormesh(*edges[label], grid.T, vmin=low, vmax=high, cmap="viridis")
        axis.tick_params(labelsize=6)
        axis.xaxis.set_major_locator(MaxNLocator(3))
        if method == methods[0]:
            axis.set_title(label, fontsize=9, parse_math=False)
        if label == labels[0]:
            axis.set_ylabel(method, fontsize=9)
    figure.colorbar(picture, ax=axes, label="best fitness", shrink=0.8)
    figure.supxlabel(NAMES[0], fontsize=9)
    figure.supylabel(NAMES[1], fontsize=9)
    return figure


def _edges(found: Sequence[Outcome]) -> list[Array]:
    """Return the edges of the cells along each measure, those of what was seen."""
    seen = np.concatenate([outcome.record.measures for outcome in found])
    ends = [np.quantile(part, (0.005, 0.995)) for part in seen.T]
    return [np.linspace(low, max(high, low + 1e-6), CELLS + 1) for low, high in ends]


def _grid(record: Record, edges: list[Array]) -> Array:
    """Return the best fitness in each cell (CELLS, CELLS) between `edges`; NaN where none lies."""
    cells = [
        np.clip(np.digitize(part, edge) - 1, 0, CELLS - 1)
        for part, edge in zip(record.measures.T, edges, strict=True)
    ]
    grid = np.full((CELLS, CELLS), -np.inf)
    np.maximum.at(grid, tuple(cells), record.fitness)
    return np.where(np.isfinite(grid), grid, np.nan)


def _best(record: Record, generations: Array) -> Array:
    """Return the best latent of each of `generations`."""
    rows = []
    for generation in generations:
        mine = np.flatnonzero(record.generation == generation)
        rows.append(mine[record.fitness[mine].argmax()])
    return np.asarray(record.z[np.array(rows)])


def _by_emotion(found: Sequence[Outcome]) -> list[tuple[int, Outcome]]:
    """Return each outcome behind its method's place in the order of methods."""
    methods = list(dict.fromkeys(outcome.method for outcome in found))
    return [(methods.index(outcome.method), outcome) for outcome in found]


def _panels(found: Sequence[Outcome]) -> tuple[Figure, dict[str, Any]]:
    labels = list(dict.fromkeys(outcome.label for outcome in found))
    columns = min(MOST, len(labels))
    lines = -(-len(labels) // columns)
    figure = Figure(figsize=(2.4 * columns, 1.9 * lines + 0.6), layout="constrained")
    axes: Any = figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=True)
    for axis, label in zip(axes.flat, labels, strict=False):
        axis.set_title(label, fontsize=9, parse_math=False)
        axis.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelbottom=True, labelsize=8)
    for axis in axes.flat[len(labels) :]:
        axis.set_axis_off()
    return figure, dict(zip(labels, axes.flat, strict=False))


def _labelled(figure: Figure, along: str, up: str) -> Figure:
    """Put the first panel's legend and the axes' names around the panels."""
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside upper center", ncols=len(labels), frameon=False, fontsize=8
    )
    figure.supxlabel(along, fontsize=9)
    figure.supylabel(up, fontsize=9)
    return figure
