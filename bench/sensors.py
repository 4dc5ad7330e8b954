"""Draw one person and expression as each depth camera sees them, raw and prepared.

    python -m bench.sensors [--person N] [--emotion NAME]

Writes build/sensors.png: a row a camera, two poses; frames as greys over 160 mm of depth, black
where there is no reading, beside the relief of the face that the pipeline makes of each. Prints how
far the reading of the face is off (standard deviation in mm) and what share has no reading.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from depthfaces import command, params
from depthfaces.depth.dataset import window
from depthfaces.depth.prepare import prepare
from depthfaces.report.relief import relief
from depthfaces.schema import Virtual
from depthfaces.sources import virtual
from depthfaces.sources.virtual import emotions, sensors

# Frame size and distance in mm at which each is used.
USE = {
    "own": (128, 900.0),
    "kinect-v1": (224, 900.0),
    "kinect-v2": (128, 900.0),
    "realsense": (160, 700.0),
    "truedepth": (320, 400.0),
}
SIDE = 256  # pixels of a picture
FIELD = 280.0  # mm of a frame that are shown
REACH = (40.0, 120.0)  # mm before and behind the nose that greys span
Picture = npt.NDArray[np.uint8]


def greys(frame: npt.NDArray[np.uint16], focal: float, away: float) -> Picture:
    """Return the middle of a frame (S, S) in mm as (SIDE, SIDE, 3), near = bright."""
    wide = min(round(FIELD * focal / away), len(frame))
    start = (len(frame) - wide) // 2
    part = frame[start : start + wide, start : start + wide].astype(float)
    near, far = away - REACH[0], away + REACH[1]
    bright = np.where(part > 0, 40 + 215 * np.clip((far - part) / (far - near), 0, 1), 0)
    return np.asarray(_sized(Image.fromarray(bright.astype(np.uint8)).convert("RGB")))


def shaded(face: npt.NDArray[np.float32] | None) -> Picture:
    """Return a prepared face as (SIDE, SIDE, 3), white where there is none."""
    paper = Image.new("RGB", (SIDE, SIDE), "white")
    if face is not None:
        picture = _sized(Image.fromarray(relief(face)))
        paper.paste(picture, mask=picture.getchannel("A"))
    return np.asarray(paper)


def _sized(picture: Image.Image) -> Image.Image:
    return picture.resize((SIDE, SIDE), Image.Resampling.NEAREST)


def row(camera: Virtual, person: int, units: emotions.Mixture, settings: params.Params) -> Picture:
    """Return a camera's row (SIDE, 4 SIDE, 3), and print how it reads."""
    away = camera.near
    views = np.array([[0.0, 0, 0, away, 0, 0], [15, 4, 0, away, 0, 0]])
    images, true = virtual.render(camera, [units] * 2, person, settings.seed, views)
    focal = sensors.device(camera).focal
    faces = prepare(list(images), [focal] * 2, window(settings.preprocess), 0.0, False)
    face = (true["depth"] > 0) & (true["depth"] < away + 60)
    off = (images.astype(float) - true["depth"])[face & (images > 0)]
    off = off[np.abs(off) < 20]
    print(
        f"{camera.sensor}: {camera.size} pixels at {away:g} mm, off by {off.std():.2f} mm, "
        f"{(images[face] == 0).mean():.1%} of the face has no reading"
    )
    pictures = [
        picture
        for image, face_ in zip(images, faces, strict=True)
        for picture in (greys(image, focal, away), shaded(face_.image))
    ]
    return np.concatenate(pictures, axis=1)


def main(*, person: int = 5, emotion: str = "Happiness") -> None:
    """Draw the sheet."""
    settings = params.load()
    rows = []
    for name, (size, away) in USE.items():
        change = {"sensor": name, "size": size, "near": away, "far": away, "truth": ["depth"]}
        camera = settings.data.virtual.model_copy(update=change)
        units = emotions.EMOTIONS[emotion] | emotions.STYLES.get(emotion, ({},))[-1]
        rows.append(row(camera, person, units, settings))
    sheet = Image.fromarray(np.concatenate(rows))
    pen = ImageDraw.Draw(sheet)
    for number, name in enumerate(USE):
        pen.text((6, number * SIDE + 4), name, "yellow")
    Path("build").mkdir(exist_ok=True)
    sheet.save("build/sensors.png")


if __name__ == "__main__":
    command.run(main)
