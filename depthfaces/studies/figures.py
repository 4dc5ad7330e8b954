"""Figures of the studies, written beside their result file."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from depthfaces import files
from depthfaces.report import drawing
from depthfaces.studies.chapter import Picture

DPI = 110


def write(folder: Path, captioned_figures: Mapping[str, tuple[Figure, str]]) -> list[Picture]:
    """Write {name: (figure, caption)} as PNG into `folder`; return the pictures of a chapter."""
    pictures = []
    for name, (figure, caption) in captioned_figures.items():
        with files.atomic(folder / f"{name}.png") as path:
            path.write_bytes(drawing.png(figure, DPI))
        pictures.append(Picture(f"{folder.name}/{name}.png", caption))
    return pictures
