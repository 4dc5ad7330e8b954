"""What evolution leaves behind: the archives, their lineage, and tables beside the control."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from depthfaces import files
from depthfaces.errors import IntegrityError
from depthfaces.evolve import CONTROL
from depthfaces.evolve.archive import kept
from depthfaces.evolve.nearness import Nearness
from depthfaces.evolve.search import Array, Record, Settings, diversity
from depthfaces.evolve.shell import outside
from depthfaces.generated import safe_names

CONFIG = "config.json"


@dataclass(frozen=True)
class Outcome:
    """A search for one emotion: all that it saw, and the rows of it that the archive keeps."""

    label: str
    method: str
    record: Record
    rows: Array


def outcomes(
    label: str, records: Mapping[str, Record], count: int, nearness: Nearness
) -> list[Outcome]:
    """Return what `archived` does; raise IntegrityError where an archive is empty."""
    found = archived(label, records, count, nearness)
    check_found(found)
    return found


def archived(
    label: str, records: Mapping[str, Record], count: int, nearness: Nearness
) -> list[Outcome]:
    """Return each method's archive of up to `count` latents, chosen by one rule for all methods.

    The control's first draws, as plain as any, say where an archive should have faces.
    """
    control = records[CONTROL]
    anchors = control.places[np.isfinite(control.fitness)][:count]
    found = []
    for method, record in records.items():
        worth = np.where(allowed(record, nearness), record.fitness, -np.inf)
        rows = kept(worth, record.places, anchors, count)
        found.append(Outcome(label, method, record, rows))
    return found


def check_found(found: Sequence[Outcome]) -> None:
    """Raise IntegrityError where an archive is empty."""
    for outcome in found:
        if len(outcome.rows) == 0:
            raise IntegrityError(
                f"{outcome.label}: {outcome.method} found no latent of finite fitness that is in "
                "the prior's shell and no copy of a train face; look at "
                "reports/train/samples.png: the generator may have collapsed"
            )


def allowed(record: Record, nearness: Nearness) -> Array:
    """Return which latents may be kept, (N,): in the prior's shell, and no copy of a train face."""
    return np.asarray((outside(record.z) == 0) & (nearness(record.places) >= 1))


def write_latents(folder: Path, found: Sequence[Outcome], about: dict[str, Any]) -> None:
    """Write one archive an emotion, best first, and config.json with `about` and their names.

    Only the first method's, not the control's. Latents with fitness and lineage: `born` and
    `parents` count as `search.Brood` says.
    """
    ours = [outcome for outcome in found if outcome.method == found[0].method]
    labels = [outcome.label for outcome in ours]
    names = [f"{name}.npz" for name in safe_names(labels)]
    for name, outcome in zip(names, ours, strict=True):
        record, rows = outcome.record, outcome.rows
        files.write_npz(
            folder / name,
            z=record.z[rows],
            fitness=record.fitness[rows],
            measures=record.measures[rows],
            generation=record.generation[rows],
            born=rows,
            parents=record.parents[rows],
            operator=record.operator[rows],
        )
    named = dict(zip(labels, names, strict=True))
    files.write_json(folder / CONFIG, {**about, "files": named})


def read_settings(folder: Path) -> Settings:
    """Return the settings of the search whose latents lie in `folder`."""
    with files.intact(folder / CONFIG):
        return Settings.of(files.read_json(folder / CONFIG, "settings")["settings"])


def write_tables(folder: Path, found: Sequence[Outcome]) -> None:
    """Write curves.csv and archives.csv: every method beside the control."""
    for name, content in {"curves": curves(found), "archives": archives(found)}.items():
        text = content.to_csv(index=False, lineterminator="\n", float_format="%.6g")
        files.write_text(folder / f"{name}.csv", text)


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
    return pd.DataFrame([_archive(outcome) for outcome in found])


def _archive(outcome: Outcome) -> dict[str, Any]:
    record, rows = outcome.record, outcome.rows
    return {
        "emotion": outcome.label,
        "method": outcome.method,
        "evaluations": len(record.z),
        "kept": len(rows),
        "fitness_best": record.fitness[rows].max(),
        "fitness_mean": record.fitness[rows].mean(),
        "generation_mean": record.generation[rows].mean(),
        "latent_norm": np.linalg.norm(record.z[rows], axis=1).mean(),
        "diversity": diversity(record.places[rows]),
    }
