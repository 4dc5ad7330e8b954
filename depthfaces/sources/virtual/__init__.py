"""The virtual depth camera: parametric people who show emotions, seen by a noisy sensor."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from depthfaces import seeding
from depthfaces.faces import FaceWriter
from depthfaces.schema import Params, Virtual
from depthfaces.sources.virtual import emotions, heads, people, scene, sensors, truth

# Presets: factors on emotion strength, head turns and sensor noise.
PRESETS = {"easy": (1.3, 0.5, 0.5), "default": (1.0, 1.0, 1.0), "hard": (0.75, 1.6, 1.6)}
OFF_CENTRE = 0.06  # standard deviation of the nose's place, as a share of the frame
BATCH = 48 * 128**2  # pixels of frames rendered together

Rows = list[dict[str, Any]]
Frames = tuple[npt.NDArray[np.uint16], Rows]


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
    """Write the raw set: `subjects` x `emotions` x `frames` frames of uint16 millimetres.

    Beside it, in the folder truth, what `data.virtual.truth` asks for.
    """
    virtual = params.data.virtual
    count = virtual.subjects * len(virtual.emotions) * virtual.frames
    with (
        FaceWriter(out, (virtual.size, virtual.size), np.uint16) as writer,
        tqdm(total=count, desc="virtual camera", unit="face") as bar,
        truth.writer(out / "truth", virtual.truth, count) as keep,
    ):
        for images, rows, known in people_shots(virtual, params.seed):
            writer.append(images, rows)
            keep(rows, known)
            bar.update(len(rows))


def people_frames(virtual: Virtual, seed: int) -> Iterator[Frames]:
    """Yield frames, one person after the other; person k is the same in every set."""
    for images, rows, _ in people_shots(virtual, seed):
        yield images, rows


def people_shots(
    virtual: Virtual, seed: int
) -> Iterator[tuple[npt.NDArray[np.uint16], Rows, truth.Known]]:
    """Yield the same frames with all that is known of them."""
    together = max(1, BATCH // virtual.size**2)
    for subject in range(virtual.subjects):
        model = heads.load()
        person = people.draw(seeding.stream(seed, "person", subject), model.change_labels)
        drawn = _draw(virtual, subject, person.expressiveness, seed)
        for start in range(0, len(drawn.names), together):
            rng = seeding.stream(seed, "sensor", subject, start)
            some = drawn.part(slice(start, start + together))
            images, known = _frames(virtual, person, some, rng)
            yield images, _rows(virtual, some, known), known


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
) -> tuple[npt.NDArray[np.uint16], truth.Known]:
    """Return readings (n, S, S) in mm, and what is known of them."""
    device = sensors.device(virtual)
    labels = heads.load().action_labels
    style = emotions.style(person.seed, labels)
    weights = np.stack([emotions.actions(units, labels, style) for units in drawn.units])
    optics = scene.Optics(device.focal, virtual.size)
    shot = scene.shoot(person, weights, drawn.views, optics)
    noise = PRESETS[virtual.preset][2] * virtual.noise
    images = device.read(shot.depth, noise, (virtual.wall_near, virtual.wall_far), rng)
    return images, truth.Known(shot, optics, drawn.units, weights)


def _rows(virtual: Virtual, drawn: Draw, known: truth.Known) -> Rows:
    """Return the rows of faces.csv, with what is true of each frame."""
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
            "focal": known.optics.focal,
            "height": virtual.size,
            "width": virtual.size,
            **_rounded(("yaw", "pitch", "roll", "distance"), view, 3),
            **_rounded(("nose_column", "nose_row"), tip, 2),
            **_rounded([f"au{unit}" for unit in emotions.AUS], units.mean(1), 3),
        }
        for name, label, units, view, tip in zip(*drawn, known.shot.tips, strict=True)
    ]


def _rounded(names: Any, values: npt.NDArray[Any], digits: int) -> dict[str, float]:
    pairs = zip(names, values, strict=False)
    return {name: round(float(value), digits) for name, value in pairs}


class Rendered(NamedTuple):
    """Readings (n, S, S) in whole mm, 0 = none, and the arrays of `data.virtual.truth` by name."""

    images: npt.NDArray[np.uint16]
    truth: dict[str, npt.NDArray[Any]]


def render(
    virtual: Virtual,
    units: Sequence[emotions.Mixture],
    person: int,
    seed: int,
    views: npt.NDArray[np.float64] | None = None,
) -> Rendered:
    """Show a person with any mixtures of action units, one a frame: {12: 0.8, 4: (1.0, 0.0)}.

    Strengths from 0 to 1, of the person's left and right if there are two. `person` and `seed` are
    those of a set. `views` (n, 6): yaw, pitch, roll in degrees, distance in mm, offset of the nose
    in pixels x, y; by default such as the camera draws.
    """
    drawn = people.draw(seeding.stream(seed, "person", person), heads.load().change_labels)
    rng = seeding.stream(seed, "render", person)
    strengths = np.stack([emotions.mixture(one) for one in units])
    if views is None:
        views = np.stack([_view(virtual, PRESETS[virtual.preset][1], rng) for _ in units])
    unnamed = [""] * len(units)
    images, known = _frames(virtual, drawn, Draw(unnamed, unnamed, strengths, views), rng)
    return Rendered(images, truth.of(known, virtual.truth))
