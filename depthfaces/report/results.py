"""What the other stages left on disk; what is not there is left out of the page."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from depthfaces import files
from depthfaces.faces import FaceSet, read_table
from depthfaces.report import template
from depthfaces.report.words import generators


@dataclass(frozen=True)
class Results:
    """Real faces, generated `sets` by name (synthetic first), and each stage's results or None."""

    faces: FaceSet
    sets: dict[str, FaceSet]
    preparation: dict[str, Any] | None
    quarantine: pd.DataFrame | None
    sheet: bytes | None
    losses: pd.DataFrame | None
    curves: pd.DataFrame | None
    scores: dict[str, Any] | None
    metrics: dict[str, Any] | None
    verdict: dict[str, Any] | None
    few: dict[str, Any] | None
    few_sheet: bytes | None
    densities: pd.DataFrame | None
    map: pd.DataFrame | None
    grid: bytes | None
    plain: dict[str, Any] | None  # how the plain GAN was trained
    studies: bool  # whether the companion studies' page is there, made from these faces


def load(reports: Path, faces: Path, synthetic: Path, baselines: Path) -> Results:
    """Read all results; only the real faces have to be there."""
    folders = {folder.name: folder for folder in baselines.glob("*")} | {"synthetic": synthetic}
    return Results(
        faces=FaceSet.open(faces),
        sets={
            name: FaceSet.open(folders[name])
            for name in generators(folders)
            if folders[name].is_dir()
        },
        preparation=_json(reports / "preprocess.json"),
        quarantine=_table(reports / "preprocess" / "quarantine.csv"),
        sheet=_bytes(reports / "preprocess" / "sheet.png"),
        losses=_table(reports / "train" / "history.csv"),
        curves=_table(reports / "evolve" / "curves.csv"),
        scores=_json(reports / "classify.json"),
        metrics=_json(reports / "metrics.json"),
        verdict=_json(reports / "verdict.json"),
        few=_json(reports / "few" / "few.json"),
        few_sheet=_bytes(reports / "few" / "sheet.png"),
        densities=_table(reports / "compare" / "densities.csv"),
        map=_table(reports / "compare" / "map.csv"),
        grid=_bytes(reports / "train" / "samples.png"),
        plain=_json(baselines / "gan" / "about.json"),
        studies=template.made_from(reports / "studies" / "index.html", faces),
    )


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _json(path: Path, *needed: str) -> dict[str, Any] | None:
    return files.read_json(path, *needed) if path.is_file() else None


def _table(path: Path) -> pd.DataFrame | None:
    """Return a table, or None where there is none or it has no rows."""
    if not path.is_file():
        return None
    table = read_table(path)
    return table if len(table) else None
