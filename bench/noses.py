"""How often the locator finds the nose of real people, against points that others marked.

    python -m bench.noses FOLDER

FOLDER holds raw depth frames, a labels.csv (file, expression) and a landmarks.txt: a line a frame,
its file and then x y pairs in pixels from 0, the eleventh of which is the nose tip (as in the
Intensity-Depth-Face-Alignment data set). Prints for each expression how many are found within
12 mm, and how many finds are trusted although they are off by more.
"""

from pathlib import Path

import numpy as np

from bench import frames
from depthfaces import command, params
from depthfaces.depth.metric import metric_map

TIP = 10  # the nose among the points of a frame
NEAR = 12.0  # mm


def marked(folder: Path) -> dict[str, tuple[float, float]]:
    """Return the nose tip of each frame, column and row."""
    lines = (folder / "landmarks.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if line.strip()]
    return {row[0]: (float(row[1 + 2 * TIP]), float(row[2 + 2 * TIP])) for row in rows}


def main(folder: Path) -> None:
    """Print the shares."""
    settings = params.load()
    rows, true_noses = frames.rows_of(folder), marked(folder)
    images, focals = frames.load(folder, rows), frames.focals(rows, settings)
    faces = list(frames.prepared(images, rows, settings))
    maps = [metric_map(image, focal) for image, focal in zip(images, focals, strict=True)]
    pitch = [
        one.reference / focal if one else np.nan for one, focal in zip(maps, focals, strict=True)
    ]  # mm a pixel
    errors = np.array([face.place for face in faces]) - [true_noses[row["file"]] for row in rows]
    near = np.hypot(*errors.T) * pitch < NEAR
    trusted = np.array([face.image is not None for face in faces])
    expressions = np.array([row["expression"] for row in rows])
    for name in [*np.unique(expressions), "all"]:
        chosen = (expressions == name) | (name == "all")
        print(
            f"{name}: {(near & chosen).sum()} of {chosen.sum()} noses within {NEAR:g} mm "
            f"({near[chosen].mean():.1%}), {(~near & trusted & chosen).sum()} wrong finds trusted, "
            f"{(~trusted & chosen).sum()} frames put aside"
        )


if __name__ == "__main__":
    command.run(main)
