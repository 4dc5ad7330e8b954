"""Rows of faces for the page: evenly spread over a set, none chosen by looks."""

from typing import Any

import numpy as np
import numpy.typing as npt

from depthfaces.faces import FaceSet
from depthfaces.report.relief import data_uri, strip
from depthfaces.report.words import method

PIECE = 5  # faces a picture, so that a row breaks on a phone


def by_emotion(sets: dict[str, FaceSet], columns: int) -> list[dict[str, Any]]:
    """Return for each emotion a row of `columns` faces of each set: {label, rows}."""
    return [
        {
            "label": label,
            "rows": [
                {"name": method(name), "pictures": _pictures(faces, spread(faces, label, columns))}
                for name, faces in sets.items()
            ],
        }
        for label in sets["real"].classes
    ]


def by_method(sets: dict[str, FaceSet]) -> list[dict[str, Any]]:
    """Return for each set one face an emotion: {name, faces}."""
    classes = sets["real"].classes
    table = []
    for name, faces in sets.items():
        rows = [spread(faces, label, 3)[1:2] for label in classes]
        pictures = [_picture(faces, row) if len(row) else "" for row in rows]
        table.append({"name": method(name), "faces": list(zip(classes, pictures, strict=True))})
    return table


def spread(faces: FaceSet, label: str, count: int) -> npt.NDArray[Any]:
    """Return at most `count` rows of one emotion, evenly spread, real people from train only."""
    table = faces.table
    rows = np.flatnonzero((table["label"] == label) & ~table["split"].isin(["validation", "test"]))
    places = (np.arange(min(count, len(rows))) + 0.5) * len(rows) / max(1, min(count, len(rows)))
    return np.asarray(rows[places.astype(int)])


def _pictures(faces: FaceSet, rows: npt.NDArray[Any]) -> list[str]:
    pieces = [rows[start : start + PIECE] for start in range(0, len(rows), PIECE)]
    return [_picture(faces, piece) for piece in pieces]


def _picture(faces: FaceSet, rows: npt.NDArray[Any]) -> str:
    return data_uri(strip(np.asarray(faces.images[rows])))
