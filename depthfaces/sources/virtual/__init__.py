"""The virtual depth camera: parametric people who show emotions, seen by a noisy sensor."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from depthfaces import seeding
from depthfaces.faces import FaceWriter
from depthfaces.schema import Params, Virtual
from depthfaces.sources.virtual import emotions, heads, people, scene, sensor

# Presets: factors on emotion strength, head turns and sensor noise.
PRESETS = {"easy": (1.3, 0.5, 0.5), "default": (1.0, 1.0, 1.0), "hard": (0.75, 1.6, 1.6)}
OFF_CENTRE = 0.06  # standard deviation of the nose's place, as a share of the frame
BATCH = 48 * 128**2  # pixels of frames rendered together

Frames = tuple[npt.NDArray[np.uint16], list[dict[str, Any]]]


class Draw(NamedTuple):
    """What chance decided of n frames of one person."""

    names: list[str]
    labels: list[str]
    units: npt.NDArray[np.float64]  # (n, AU, 2) strengths, left and right
    views: npt.NDArray[np.float64]  # (n, 6) yaw, pitch, roll, distance, nose offset x and y

    def part(self, rows: slice) -> "Draw":
        """Return the frames `rows`."""
        return Draw(self.names[rows], self.labels[rows], self.units[rows], self.views[rows])


def collect(params: Params, out: Path) -> None:
    """Write the raw set: `subjects` x `emotions` x `frames` frames of uint16 millimetres."""
    virtual = params.data.virtual
    count = virtual.subjects * len(virtual.emotions) * virtual.frames
    with (
        FaceWriter(out, (virtual.size, virtual.size), np.uint16) as writer,
        tqdm(total=count, desc="virtual camera", unit="face") as bar,
    ):
        for images, rows in people_frames(virtual, params.seed):
            writer.append(images, rows)
            bar.update(len(rows))


def people_frames(virtual: Virtual, seed: int) -> Iterator[Frames]:
    """Yield frames, one person after the other; person k is the same in every set."""
    together = max(1, BATCH // virtual.size**2)
    for subject in range(virtual.subjects):
        model = heads.load()
        person = people.draw(seeding.stream(seed, "person", subject), model.change_labels)
        drawn = _draw(virtual, subject, person.expressiveness, seed)
        for start in range(0, len(drawn.names), together):
            rng = seeding.stream(seed, "sensor", subject, start)
            yield _frames(virtual, person, drawn.part(slice(start, start + together)), rng)


def _draw(virtual: Virtual, subject: int, expressiveness: float, seed: int) -> Draw:
    strength, turn, _ = PRESETS[virtual.preset]
    low, high = (
        expressiveness * strength * bound for bound in (virtual.weakest, virtual.strongest)
    )
    names: list[str] = []
    labels: list[str] = []
    units, views = [], []
    for label in virtual.emotions:
        for frame in range(virtual.frames):
            rng = seeding.stream(seed, "frame", subject, label, frame)
            names.append(f"{subject:04d}-{label}-{frame}")
            labels.append(label)
            units.append(emotions.draw_units(label, low, high, rng))
            views.append(_view(virtual, turn, rng))
    return Draw(names, labels, np.stack(units), np.stack(views))


def _view(virtual: Virtual, turn: float, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Draw yaw, pitch, roll in degrees, distance in mm, and the nose's offset in pixels x, y."""
    angles = rng.normal(0, turn * np.array([virtual.yaw, virtual.pitch, virtual.roll]))
    offset = rng.normal(0, OFF_CENTRE * virtual.size, 2)
    return np.array([*angles, rng.uniform(virtual.near, virtual.far), *offset])


def _frames(
    virtual: Virtual, person: people.Person, drawn: Draw, rng: np.random.Generator
) -> Frames:
    labels = heads.load().action_labels
    style = emotions.style(person.seed, labels)
    weights = np.stack([emotions.actions(units, labels, style) for units in drawn.units])
    shot = scene.shoot(person, weights, drawn.views, scene.Optics(virtual.focal, virtual.size))
    noise = PRESETS[virtual.preset][2] * virtual.noise
    noisy = sensor.Sensor(
        axial=noise * virtual.axial,
        lateral=noise * virtual.lateral,
        missing=min(noise * virtual.missing, 1.0),
        flying=min(noise * virtual.flying, 1.0),
        wall=(virtual.wall_near, virtual.wall_far),
    )
    return sensor.sense(shot.depth, noisy, rng), _rows(virtual, drawn, shot.tips)


def _rows(virtual: Virtual, drawn: Draw, tips: npt.NDArray[np.float32]) -> list[dict[str, Any]]:
    """Return the rows of faces.csv, with everything that is true of each frame."""
    return [
        {
            "id": name,
            "label": label,
            "subject": name[:4],
            "group": "",
            "split": "",
            "source": "virtual",
            "unit": "mm",
            "file": "",
            "focal": virtual.focal,
            "height": virtual.size,
            "width": virtual.size,
            **_rounded(("yaw", "pitch", "roll", "distance"), view, 3),
            **_rounded(("nose_column", "nose_row"), tip, 2),
            **_rounded([f"au{unit}" for unit in emotions.AUS], units.mean(1), 3),
        }
        for name, label, units, view, tip in zip(*drawn, tips, strict=True)
    ]


def _rounded(names: Any, values: npt.NDArray[Any], digits: int) -> dict[str, float]:
    pairs = zip(names, values, strict=False)
    return {name: round(float(value), digits) for name, value in pairs}
