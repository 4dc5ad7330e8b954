"""Emotions of new depth images, prepared as the faces were that were learned from."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from tqdm import tqdm

from depthfaces.classify.kept import Kept
from depthfaces.depth.crop import Window
from depthfaces.depth.prepare import photographed, prepare
from depthfaces.errors import DataError
from depthfaces.features.pixels import VIEWS, reduce
from depthfaces.schema import Features
from depthfaces.sources import decode
from depthfaces.units import NAMES, Units

NOSE = 1000.0  # mm: where the nose tip lies in exported depth images
BATCH = 64  # files that are classified together, as many as a net takes at once
SHOWN = 0.2  # strength from which on an action unit is named
PATIENCE = 3  # seconds without a progress bar

Floats = npt.NDArray[np.float32]


class Answer(NamedTuple):
    """What was recognised in one file: emotion and probability, the most probable first.

    `sure` is whether the first one is probable enough to be given as an answer. `units` are the
    action units that are shown and how strongly, 0 to 1, the strongest first, where asked for.
    """

    file: Path
    ranking: list[tuple[str, float]]
    sure: bool = True
    units: tuple[tuple[str, float], ...] = ()


class Refused(NamedTuple):
    """A file that cannot be used, and why."""

    file: Path
    reason: str


class Camera(NamedTuple):
    """Focal length in pixels of depth frames, and the largest side of an image that is opened."""

    focal: float
    max_side: int


def recognise(
    files: Sequence[Path],
    kept: Kept,
    camera: Camera,
    units: Units | None = None,
    threads: int = 1,
) -> Iterator[Answer | Refused]:
    """Yield an answer a file, in their order, or why it cannot be used; few are in memory."""
    parts = (files[start : start + BATCH] for start in range(0, len(files), BATCH))
    work = Parallel(threads, prefer="threads", return_as="generator")
    for answers in work(delayed(_batch)(part, kept, camera, units) for part in parts):
        yield from answers


def tell(
    files: Sequence[Path],
    kept: Kept,
    camera: Camera,
    units: Units | None = None,
    threads: int = 1,
) -> None:
    """Print an answer a file as they come, and at the end, on stderr, which files were unusable.

    Raise DataError where not one file could be used.
    """
    if kept.calibration is None:
        sys.stderr.write(
            f"warning: the probabilities of {kept.name} are not calibrated, it may be far too "
            "sure: too few people to leave some out; more people, then `dvc repro classify`\n"
        )
    refused = []
    with tqdm(total=len(files), unit="file", delay=PATIENCE, disable=None) as bar:
        for answer in recognise(files, kept, camera, units, threads):
            bar.update()
            if isinstance(answer, Refused):
                refused.append(answer)
            else:
                bar.write(line(answer))
                sys.stdout.flush()
    if refused:
        reasons = "".join(f"  {file}: {reason}\n" for file, reason in refused)
        count = f"{len(refused)} of {len(files)}"
        sys.stderr.write(f"files that could not be used: {count}\n{reasons}")
    if len(refused) == len(files):
        raise DataError(f"expected depth images, found none among {len(files)} files; see above")


def line(answer: Answer) -> str:
    """Return an answer as text: the emotion or "not sure", and every emotion's probability.

    On a second line come the action units, where they were asked for.
    """
    shares = "  ".join(f"{label} {share:.2f}" for label, share in answer.ranking)
    said = f"{answer.file}: {answer.ranking[0][0] if answer.sure else 'not sure'}  ({shares})"
    units = "  ".join(f"{name} {strength:.2f}" for name, strength in answer.units)
    return f"{said}\n  {units}" if units else said


def _batch(
    files: Sequence[Path], kept: Kept, camera: Camera, units: Units | None
) -> list[Answer | Refused]:
    prepared = [_attempt(file, kept.config, camera) for file in files]
    faces = [face for face in prepared if not isinstance(face, Refused)]
    if not faces:
        return [face for face in prepared if isinstance(face, Refused)]
    stacked = np.stack(faces)
    answers = zip(_probabilities(stacked, kept), _strengths(stacked, units), strict=True)
    return [
        face if isinstance(face, Refused) else _answer(file, *next(answers), kept)
        for file, face in zip(files, prepared, strict=True)
    ]


def _attempt(file: Path, config: dict[str, Any], camera: Camera) -> Floats | Refused:
    try:
        return face(file, config, camera)
    except decode.UnusableError as fault:
        return Refused(file, str(fault))


def _probabilities(faces: Floats, kept: Kept) -> npt.NDArray[Any]:
    features = Features.model_validate(kept.config["features"])
    if kept.model.view == VIEWS[0]:
        from depthfaces.features.store import describe  # noqa: PLC0415 - nets need none of it

        return kept.probabilities(describe(faces, features).x)
    return kept.probabilities(reduce(faces, features.pixels))


def _strengths(faces: Floats, units: Units | None) -> npt.NDArray[Any]:
    """Return how strongly each face shows the units of `NAMES`; (n, 0) without `units`."""
    if units is None:
        return np.empty((len(faces), 0))
    return units.predict(reduce(faces, units.net.shape.side))


def _answer(
    file: Path, probabilities: npt.NDArray[Any], strengths: npt.NDArray[Any], kept: Kept
) -> Answer:
    order = np.argsort(-probabilities, kind="stable")
    ranking = [(kept.config["classes"][place], float(probabilities[place])) for place in order]
    least = kept.calibration["sure_from"] if kept.calibration else 0.0
    named = [f"AU{number} {name}" for number, name in NAMES.items()]
    shown = tuple(
        (named[place], float(strengths[place]))
        for place in np.argsort(-strengths, kind="stable")
        if strengths[place] >= SHOWN
    )
    return Answer(file, ranking, ranking[0][1] >= least, shown)


def face(file: Path, config: dict[str, Any], camera: Camera) -> Floats:
    """Return the prepared face (S, S) in [-1, 1] of one image file.

    A square of the prepared size is a prepared face: an array within [-1, 1], 8-bit grey as in the
    exported previews, or depth as exported. Other depth (16-bit PNG, NPY) is a raw frame in mm.
    """
    size = config["size"]
    if not _is_file(file):
        raise decode.UnusableError("no such file")
    ready = decode.prepared(file, size)
    if ready is not None:
        return ready
    image = decode.decode(file, camera.max_side)
    if image.dtype == np.uint8:
        if config["unit"] == "mm" and image.shape != (size, size):
            raise decode.UnusableError(
                f"8-bit grey of {image.shape[1]} x {image.shape[0]} says nothing of millimetres: "
                f"expected a 16-bit depth frame, or a prepared face of {size} x {size}"
            )
        searched = config["preprocess"].get("find_faces", False)
        return np.asarray(photographed(image, size, searched).image)
    if config["unit"] != "mm":
        raise decode.UnusableError("expected 8-bit grey, as the faces learned from; found depth")
    window, trusted, turned = _settings(config["preprocess"], size)
    if image.shape == (size, size):
        behind = np.where(image > 0, image - NOSE, window.back)
        return window.encode(np.asarray(behind, np.float32))
    found = prepare([image], [camera.focal], window, trusted, turned)[0]
    if found.image is None:
        raise decode.UnusableError(f"{found.reason} (focal length {camera.focal:g} pixels)")
    return found.image


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name too long, a folder that is closed, a zero byte
        return False


def _settings(preprocess: dict[str, Any], size: int) -> tuple[Window, float, bool]:
    window = Window(size, preprocess["crop"], preprocess["front"], preprocess["back"])
    return window, preprocess["confidence"], preprocess["frontalise"]
