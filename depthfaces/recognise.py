"""Emotions of new depth images, prepared as the faces were that were learned from."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from depthfaces.classify import keep
from depthfaces.depth.crop import Window
from depthfaces.depth.prepare import photographed, prepare
from depthfaces.errors import DataError
from depthfaces.features.store import VIEWS, describe
from depthfaces.schema import Features
from depthfaces.sources import decode

NOSE = 1000.0  # mm: where the nose tip lies in exported depth images

Floats = npt.NDArray[np.float32]


class Answer(NamedTuple):
    """What was recognised in one file: emotion and probability, the most probable first."""

    file: Path
    ranking: list[tuple[str, float]]


class Camera(NamedTuple):
    """Focal length in pixels of depth frames, and the largest side of an image that is opened."""

    focal: float
    max_side: int


def recognise(files: Sequence[Path], kept: keep.Kept, camera: Camera) -> list[Answer]:
    """Return an answer a file; files that cannot be used are refused together."""
    faces, refused = [], []
    for file in files:
        try:
            faces.append(face(file, kept.config, camera))
        except decode.UnusableError as fault:
            refused.append(f"{file}: {fault}")
    if refused:
        raise DataError("; ".join(refused))
    features = Features.model_validate(kept.config["features"])
    described = describe(np.stack(faces), features)
    shares = kept.model.predict(described.x if kept.model.view == VIEWS[0] else described.pixels)
    return [
        Answer(file, _ranking(kept.config["classes"], row))
        for file, row in zip(files, shares, strict=True)
    ]


def face(file: Path, config: dict[str, Any], camera: Camera) -> Floats:
    """Return the prepared face (S, S) in [-1, 1] of one image file.

    A square of the prepared size is a prepared face: an array within [-1, 1], 8-bit grey as in the
    exported previews, or depth as exported. Other depth (16-bit PNG, NPY) is a raw frame in mm.
    """
    size = config["size"]
    if not file.is_file():
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


def _settings(preprocess: dict[str, Any], size: int) -> tuple[Window, float, bool]:
    window = Window(size, preprocess["crop"], preprocess["front"], preprocess["back"])
    return window, preprocess["confidence"], preprocess["frontalise"]


def _ranking(classes: Sequence[str], shares: npt.NDArray[Any]) -> list[tuple[str, float]]:
    order = np.argsort(-shares, kind="stable")
    return [(classes[place], float(shares[place])) for place in order]
