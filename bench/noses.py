"""How often the locator finds the nose of real people, against points that others marked.

    python -m bench.noses FOLDER

FOLDER holds raw depth frames, a labels.csv (file, expression) and a landmarks.txt: a line a frame,
its file and then x y pairs in pixels from 0, the eleventh of which is the nose tip (as in the
Intensity-Depth-Face-Alignment data set). Prints for each expression how many are found within
12 mm, and how many finds are trusted although they are off by more.
"""

import csv
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from depthfaces import command, params
from depthfaces.depth.crop import Window
from depthfaces.depth.metric import metric_map
from depthfaces.depth.prepare import Face, prepare

Floats = npt.NDArray[np.floating]

TIP = 10  # the nose among the points of a frame
NEAR = 12.0  # mm
BATCH = 32


def marked(folder: Path) -> dict[str, tuple[float, float]]:
    """Return the nose tip of each frame, column and row."""
    lines = (folder / "landmarks.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if line.strip()]
    return {row[0]: (float(row[1 + 2 * TIP]), float(row[2 + 2 * TIP])) for row in rows}


def found(folder: Path, names: list[str], settings: params.Params) -> tuple[list[Face], Floats]:
    """Return what the preparation finds in each frame, and how many mm a pixel is there."""
    asked, focal = settings.preprocess, settings.data.folder.focal
    window = Window(asked.size, asked.crop, asked.front, asked.back)
    faces: list[Face] = []
    pitch = []
    for start in range(0, len(names), BATCH):
        part = [str(folder / name) for name in names[start : start + BATCH]]
        frames = [cv2.imread(path, cv2.IMREAD_UNCHANGED) for path in part]
        faces += prepare(frames, [focal] * len(part), window, asked.confidence, asked.frontalise)
        maps = [metric_map(frame, focal) for frame in frames]
        pitch += [one.reference / focal if one else np.nan for one in maps]
    return faces, np.array(pitch)


def main(folder: Path) -> None:
    """Print the shares."""
    settings = params.load()
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    noses, names = marked(folder), [row["file"] for row in rows]
    faces, pitch = found(folder, names, settings)
    places = np.array([face.place for face in faces])
    off = places - np.array([noses[name] for name in names])
    near = np.hypot(*off.T) * pitch < NEAR
    used = np.array([face.image is not None for face in faces])
    shown = np.array([row["expression"] for row in rows])
    for name in [*np.unique(shown), "all"]:
        some = (shown == name) | (name == "all")
        print(
            f"{name}: {(near & some).sum()} of {some.sum()} noses within {NEAR:g} mm "
            f"({near[some].mean():.1%}), {(~near & used & some).sum()} wrong finds trusted, "
            f"{(~used & some).sum()} frames put aside"
        )


if __name__ == "__main__":
    command.run(main)
