"""How often the locator finds the nose of real people, against points that others marked.

    python -m bench.noses FOLDER

FOLDER holds raw depth frames, a labels.csv (file, expression) and a landmarks.txt: one line per
frame, with its file and x y pairs in pixels from 0, the eleventh of which is the nose tip (as in
the Intensity-Depth-Face-Alignment data set). Prints for each expression how many are found within
12 mm, and how many finds are trusted although they are off by more.
"""

from pathlib import Path

import numpy as np

from bench import frames
from depthfaces import command, params
from depthfaces.depth.metric import metric_map

NOSE_INDEX = 10  # of the nose tip among the points of a frame
NEAR_LIMIT = 12.0  # mm


def marked_noses(folder: Path) -> dict[str, tuple[float, float]]:
    """Return the nose tip of each frame, column and row."""
    lines = (folder / "landmarks.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if line.strip()]
    return {
        row[0]: (float(row[1 + 2 * NOSE_INDEX]), float(row[2 + 2 * NOSE_INDEX])) for row in rows
    }


def main(folder: Path) -> None:
    """Print the shares."""
    settings = params.load()
    rows, true_noses = frames.rows_of(folder), marked_noses(folder)
    images, focals = frames.load(folder, rows), frames.focals(rows, settings)
    faces = list(frames.prepared(images, rows, settings))
    metric_maps = [metric_map(image, focal) for image, focal in zip(images, focals, strict=True)]
    pixel_pitch = [
        metric.reference / focal if metric else np.nan
        for metric, focal in zip(metric_maps, focals, strict=True)
    ]  # mm a pixel
    pixel_errors = np.array([face.nose_position for face in faces]) - [
        true_noses[row["file"]] for row in rows
    ]
    is_near = np.hypot(*pixel_errors.T) * pixel_pitch < NEAR_LIMIT
    is_trusted = np.array([face.image is not None for face in faces])
    expressions = np.array([row["expression"] for row in rows])
    for name in [*np.unique(expressions), "all"]:
        is_chosen = (expressions == name) | (name == "all")
        print(
            f"{name}: {(is_near & is_chosen).sum()} of {is_chosen.sum()} noses within "
            f"{NEAR_LIMIT:g} mm ({is_near[is_chosen].mean():.1%}), "
            f"{(~is_near & is_trusted & is_chosen).sum()} wrong finds trusted, "
            f"{(~is_trusted & is_chosen).sum()} frames put aside"
        )


if __name__ == "__main__":
    command.run(main)
