"""A contact sheet: what one choice of people was learned from, a row a source."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from depthfaces import files
from depthfaces.verdict.arm import AUGMENTED, POSED, REAL, SOURCES

FIRST = (REAL, AUGMENTED, POSED)  # rows of the sheet; made faces follow


def write(path: Path, faces: Mapping[str, npt.NDArray[Any]], classes: Sequence[str]) -> None:
    """Draw `faces` {set: (n, S, S), as many of each class, class by class}; near is bright."""
    faces = {name: faces[name] for name in sorted(faces, key=place)}
    columns = len(next(iter(faces.values())))
    each = columns // len(classes)
    figure = Figure(figsize=(0.85 * columns + 1.2, 0.95 * len(faces) + 0.6), layout="constrained")
    axes: Any = figure.subplots(len(faces), 1, squeeze=False)[:, 0]
    for axis, (name, images) in zip(axes, faces.items(), strict=True):
        side = images.shape[1]
        axis.imshow(np.hstack(list(images)), cmap="gray", vmin=-1, vmax=1)
        title = "real" if name == REAL else SOURCES.get(name, name)
        axis.set_yticks([side / 2], [title], fontsize=8)
        axis.set_xticks([])
        axis.spines[:].set_visible(False)
        axis.tick_params(length=0)
    middles = [(k + 0.5) * each * side for k in range(len(classes))]
    axes[0].xaxis.tick_top()
    axes[0].set_xticks(middles, classes, fontsize=8)
    with files.atomic(path) as temporary:
        figure.savefig(temporary, dpi=110, metadata={"Software": None})


def place(name: str) -> int:
    """Return where a set stands: real faces and what is made of them by turning come first."""
    return FIRST.index(name) if name in FIRST else len(FIRST)
