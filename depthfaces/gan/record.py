"""What a training leaves to look at: losses, checks, made faces and how they came to be."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from depthfaces import files
from depthfaces.gan.sample import sample
from depthfaces.gan.trained import Trained

COLUMNS = 10
CAPTION = "drawn by the trained generator, each from another random latent; near is bright"
FRAMES = 12  # of the film at most


def write(folder: Path, trained: Trained, classes: list[str], rng: np.random.Generator) -> None:
    """Write history.csv, checks.csv, samples.png and film.png into `folder`."""
    _table(folder / "history.csv", trained.history)
    _table(folder / "checks.csv", trained.checks)
    generator = trained.generator_teacher
    labels = np.repeat(np.arange(len(classes)), COLUMNS)
    z = rng.standard_normal((len(labels), generator.shape.latent), np.float32)
    faces = sample(generator, z, labels).reshape(len(classes), COLUMNS, *trained.film.shape[2:])
    draw(folder / "samples.png", faces, classes, CAPTION)
    chosen = np.unique(np.linspace(0, len(trained.film) - 1, FRAMES).astype(int))
    steps = ", ".join(f"{trained.checks[index]['step']:,}" for index in chosen)
    kept = f"the nets of step {trained.best:,} are kept"
    film = trained.film[chosen].swapaxes(0, 1)
    draw(folder / "film.png", film, classes, f"the same latents after {steps} steps; {kept}")


def _table(path: Path, rows: list[dict[str, float]]) -> None:
    text = pd.DataFrame(rows).to_csv(index=False, lineterminator="\n", float_format="%.6g")
    files.write_text(path, text)


def draw(path: Path, faces: np.ndarray, classes: list[str], title: str) -> None:
    """Draw `faces` (C, columns, S, S), a row an emotion; near is bright."""
    columns, size = faces.shape[1], faces.shape[2]
    figure = Figure(figsize=(columns, 1.25 * len(classes)), layout="constrained")
    axes: Any = figure.subplots(len(classes), 1, squeeze=False)[:, 0]
    for axis, label, row in zip(axes, classes, faces, strict=True):
        axis.imshow(np.hstack(list(row)), cmap="gray", vmin=-1, vmax=1)
        axis.set_title(label, fontsize=9, loc="left", parse_math=False)
        axis.set_axis_off()
    figure.suptitle(title, fontsize=8, parse_math=False)
    with files.atomic(path) as temporary:
        figure.savefig(temporary, dpi=size * 1.3, metadata={"Software": None})
