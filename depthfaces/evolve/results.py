"""What evolution leaves behind: the archives, their lineage, and the curves beside the control."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from depthfaces import files
from depthfaces.errors import IntegrityError
from depthfaces.evolve import CONTROL
from depthfaces.evolve.archive import distinct, spacing
from depthfaces.evolve.fitness import outside
from depthfaces.evolve.search import Array, Record, diversity
from depthfaces.generated import safe_names

# Kept faces are as far apart as all but one in twenty plain draws are from their nearest one.
QUANTILE = 0.05


@dataclass(frozen=True)
class Outcome:
    """A search for one emotion: all that it saw, and the rows of it that the archive keeps."""

    label: str
    method: str
    record: Record
    rows: Array


def outcomes(label: str, records: Mapping[str, Record], count: int) -> list[Outcome]:
    """Return each method's archive of up to `count` latents, chosen by one rule for all methods."""
    control = records[CONTROL]
    apart = spacing(control.places[control.generation == 0], QUANTILE)
    found = []
    for method, record in records.items():
        allowed = np.where(outside(record.z) == 0, record.fitness, -np.inf)
        rows = distinct(allowed, record.places, count, apart)
        if len(rows) == 0:
            raise IntegrityError(
                f"{label}: {method} found no latent of finite fitness inside the prior's shell; "
                "look at reports/train/samples.png: the generator may have collapsed"
            )
        found.append(Outcome(label, method, record, rows))
    return found


def write_latents(folder: Path, found: Sequence[Outcome]) -> dict[str, str]:
    """Write one archive an emotion, best first; return the file of each.

    Latents with fitness and lineage: `born` and `parents` count as `search.Brood` says.
    """
    names = safe_names([outcome.label for outcome in found])
    for name, outcome in zip(names, found, strict=True):
        record, rows = outcome.record, outcome.rows
        files.write_npz(
            folder / f"{name}.npz",
            z=record.z[rows],
            fitness=record.fitness[rows],
            generation=record.generation[rows],
            born=rows,
            parents=record.parents[rows],
            operator=record.operator[rows],
        )
    return {outcome.label: f"{name}.npz" for name, outcome in zip(names, found, strict=True)}


def write_report(folder: Path, found: Sequence[Outcome]) -> None:
    """Write curves.csv, archives.csv and curves.png: every method beside the control."""
    table = curves(found)
    for name, content in {"curves": table, "archives": archives(found)}.items():
        text = content.to_csv(index=False, lineterminator="\n", float_format="%.6g")
        files.write_text(folder / f"{name}.csv", text)
    plot(folder / "curves.png", table)


def curves(found: Sequence[Outcome]) -> pd.DataFrame:
    """Return one row a generation, emotion and method."""
    rows = [
        {"emotion": outcome.label, "method": outcome.method, **row}
        for outcome in found
        for row in outcome.record.curve
    ]
    return pd.DataFrame(rows)


def archives(found: Sequence[Outcome]) -> pd.DataFrame:
    """Return what each archive holds: one row an emotion and method, from equal evaluations."""
    rows = []
    for outcome in found:
        record, kept = outcome.record, outcome.rows
        rows.append(
            {
                "emotion": outcome.label,
                "method": outcome.method,
                "evaluations": len(record.z),
                "kept": len(kept),
                "fitness_best": record.fitness[kept].max(),
                "fitness_mean": record.fitness[kept].mean(),
                "latent_norm": np.linalg.norm(record.z[kept], axis=1).mean(),
                "diversity": diversity(record.places[kept]),
            }
        )
    return pd.DataFrame(rows)


def plot(path: Path, table: pd.DataFrame) -> None:
    """Draw best (line) and mean (dashed) fitness by generation, one panel an emotion."""
    labels = list(dict.fromkeys(table["emotion"]))
    columns = min(4, len(labels))
    lines = -(-len(labels) // columns)
    figure = Figure(figsize=(3 * columns, 2.4 * lines), layout="constrained")
    axes: Any = figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=True)
    for axis, label in zip(axes.flat, labels, strict=False):
        for place, method in enumerate(dict.fromkeys(table["method"])):
            part = table[(table["emotion"] == label) & (table["method"] == method)]
            part = part.replace(-np.inf, np.nan)
            axis.plot(part["generation"], part["best"], f"C{place}", label=f"{method} best")
            axis.plot(part["generation"], part["mean"], f"C{place}--", label=f"{method} mean")
        axis.set_title(label, fontsize=9, parse_math=False)
    for axis in axes.flat[len(labels) :]:
        axis.set_axis_off()
    axes[0, 0].legend(fontsize=7)
    figure.supxlabel("generation")
    figure.supylabel("fitness")
    with files.atomic(path) as temporary:
        figure.savefig(temporary, dpi=110, metadata={"Software": None})
