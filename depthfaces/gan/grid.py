"""A picture of generated faces: one row an emotion."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from depthfaces import files
from depthfaces.gan.sample import sample
from depthfaces.gan.store import Model

COLUMNS = 10


def write(path: Path, model: Model, rng: np.random.Generator) -> None:
    """Draw `COLUMNS` faces of each emotion of `model` and write them as a PNG; near is bright."""
    classes = model.classes
    labels = np.repeat(np.arange(len(classes)), COLUMNS)
    z = rng.standard_normal((len(labels), model.generator.shape.latent), np.float32)
    faces = sample(model.generator, z, labels)
    size = faces.shape[1]
    figure = Figure(figsize=(COLUMNS, 1.25 * len(classes)), layout="constrained")
    axes: Any = figure.subplots(len(classes), 1, squeeze=False)[:, 0]
    for axis, label, row in zip(axes, classes, faces.reshape(-1, COLUMNS, size, size), strict=True):
        axis.imshow(np.hstack(list(row)), cmap="gray", vmin=-1, vmax=1)
        axis.set_title(label, fontsize=9, loc="left", parse_math=False)
        axis.set_axis_off()
    with files.atomic(path) as temporary:
        figure.savefig(temporary, dpi=size * 1.3, metadata={"Software": None})
