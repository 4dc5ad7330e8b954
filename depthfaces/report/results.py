"""The results of the other stages on disk; the page omits those that are missing."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from depthfaces import files
from depthfaces.faces import FaceSet, read_table
from depthfaces.report import template
from depthfaces.report.words import ordered_generators


@dataclass(frozen=True)
class Results:
    """Real faces, generated `sets` by name (synthetic first), and each stage's results or None."""

    faces: FaceSet
    sets: dict[str, FaceSet]
    preparation: dict[str, Any] | None
    quarantine: pd.DataFrame | None
    contact_sheet: bytes | None
    train_losses: pd.DataFrame | None
    search_curves: pd.DataFrame | None
    scores: dict[str, Any] | None
    metrics: dict[str, Any] | None
    verdict: dict[str, Any] | None
    few_people: dict[str, Any] | None
    few_sheet: bytes | None
    densities: pd.DataFrame | None
    face_map: pd.DataFrame | None
    sample_grid: bytes | None
    plain_gan: dict[str, Any] | None  # its training settings
    studies: bool  # whether the companion studies' page exists for these faces


def load(reports: Path, faces: Path, synthetic: Path, baselines: Path) -> Results:
    """Read all results; only the real faces are required."""
    set_folders = {folder.name: folder for folder in baselines.glob("*")} | {"synthetic": synthetic}
    return Results(
        faces=FaceSet.open(faces),
        sets={
            set_name: FaceSet.open(set_folders[set_name])
            for set_name in ordered_generators(set_folders)
            if set_folders[set_name].is_dir()
        },
        preparation=_optional_json(reports / "preprocess.json"),
        quarantine=_optional_table(reports / "preprocess" / "quarantine.csv"),
        contact_sheet=_optional_bytes(reports / "preprocess" / "sheet.png"),
        train_losses=_optional_table(reports / "train" / "history.csv"),
        search_curves=_optional_table(reports / "evolve" / "curves.csv"),
        scores=_optional_json(reports / "classify.json"),
        metrics=_optional_json(reports / "metrics.json"),
        verdict=_optional_json(reports / "verdict.json"),
        few_people=_optional_json(reports / "few" / "few.json"),
        few_sheet=_optional_bytes(reports / "few" / "sheet.png"),
        densities=_optional_table(reports / "compare" / "densities.csv"),
        face_map=_optional_table(reports / "compare" / "map.csv"),
        sample_grid=_optional_bytes(reports / "train" / "samples.png"),
        plain_gan=_optional_json(baselines / "gan" / "about.json"),
        studies=template.made_from(reports / "studies" / "index.html", faces),
    )


def _optional_bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _optional_json(path: Path, *required_keys: str) -> dict[str, Any] | None:
    return files.read_json(path, *required_keys) if path.is_file() else None


def _optional_table(path: Path) -> pd.DataFrame | None:
    """Return a table, or None where it is missing or empty."""
    if not path.is_file():
        return None
    table = read_table(path)
    return table if len(table) else None
