"""Rows of faces for the page: evenly spaced over a set, none chosen by looks."""

from typing import Any

import numpy as np
import numpy.typing as npt

from depthfaces.faces import FaceSet
from depthfaces.report.relief import data_uri, strip
from depthfaces.report.words import method_title

STRIP_FACES = 5  # faces per picture, so that a row breaks on a phone


def by_emotion(sets: dict[str, FaceSet], columns: int) -> list[dict[str, Any]]:
    """Return {label, rows} per emotion, a row being `columns` faces of one set."""
    return [
        {
            "label": label,
            "rows": [
                {
                    "name": method_title(set_name),
                    "pictures": _pictures(faces, evenly_spaced_rows(faces, label, columns)),
                }
                for set_name, faces in sets.items()
            ],
        }
        for label in sets["real"].classes
    ]


def by_method(sets: dict[str, FaceSet]) -> list[dict[str, Any]]:
    """Return {name, faces} per set, with one face per emotion."""
    classes = sets["real"].classes
    method_rows = []
    for set_name, faces in sets.items():
        middle_rows = [evenly_spaced_rows(faces, label, 3)[1:2] for label in classes]
        pictures = [_picture(faces, row) if len(row) else "" for row in middle_rows]
        method_rows.append(
            {"name": method_title(set_name), "faces": list(zip(classes, pictures, strict=True))}
        )
    return method_rows


def evenly_spaced_rows(faces: FaceSet, label: str, count: int) -> npt.NDArray[Any]:
    """Return at most `count` evenly spaced rows of one emotion, real people from train only."""
    table = faces.table
    rows = np.flatnonzero((table["label"] == label) & ~table["split"].isin(["validation", "test"]))
    positions = (np.arange(min(count, len(rows))) + 0.5) * len(rows) / max(1, min(count, len(rows)))
    return np.asarray(rows[positions.astype(int)])


def _pictures(faces: FaceSet, rows: npt.NDArray[Any]) -> list[str]:
    row_strips = [rows[start : start + STRIP_FACES] for start in range(0, len(rows), STRIP_FACES)]
    return [_picture(faces, strip_rows) for strip_rows in row_strips]


def _picture(faces: FaceSet, rows: npt.NDArray[Any]) -> str:
    return data_uri(strip(np.asarray(faces.images[rows])))
