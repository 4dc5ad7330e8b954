"""Write the set: PNG folders by emotion, the exact images, and the table that vouches for them."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from tqdm import tqdm

from depthfaces import generated
from depthfaces.export.rows import Origin, Row
from depthfaces.faces import TABLES, FaceWriter
from depthfaces.gan.sample import Floats, sample
from depthfaces.schema import Export

# A depth image needs a distance: the nose tip is put so far from the camera.
NOSE = 1000.0  # millimetres
NO_READING = -0.98  # and farther (the last hundredth of the window) is background


def write(folder: Path, origin: Origin, wanted: Export, seed: int) -> None:
    """Write `wanted.per_class` faces of each emotion; metadata.csv comes last."""
    (folder / TABLES[1]).unlink(missing_ok=True)  # without it the set is incomplete
    for old in ("images", "depth"):
        shutil.rmtree(folder / old, ignore_errors=True)
    generator, config = origin.model.generator, origin.model.config
    classes = origin.model.classes
    names = generated.safe_names(classes)
    size = (generator.shape.size, generator.shape.size)
    with FaceWriter(folder, size, np.float32, TABLES[1]) as writer:
        for target, label in enumerate(tqdm(classes, "export", unit="emotion")):
            z, origins = origin.plan(label, wanted, seed)
            faces = sample(generator, z, np.full(len(z), target))
            rows = _named(origins, names[target], label, config["unit"])
            _write_pngs(folder / "images" / names[target], preview(faces), rows)
            if config["unit"] == "mm":
                depth = millimetres(faces, *config["window"])
                _write_pngs(folder / "depth" / names[target], depth, rows)
            writer.append(faces, rows)


def preview(faces: Floats) -> npt.NDArray[np.uint8]:
    """Return faces in [-1, 1] as 8-bit grey: 0 is the background, 255 the nearest."""
    return np.asarray(np.rint((faces.clip(-1, 1) + 1) * 127.5), np.uint8)


def millimetres(faces: Floats, front: float, back: float) -> npt.NDArray[np.uint16]:
    """Return faces in [-1, 1] as 16-bit distances from the camera; 0 is no reading.

    +1 lies `front` and -1 lies `back` millimetres behind the nose tip, which is 1 m away.
    """
    behind = front + (1 - faces.clip(-1, 1)) / 2 * (back - front)
    return np.where(faces > NO_READING, np.rint(NOSE + behind), 0).astype(np.uint16)


def _write_pngs(folder: Path, images: npt.NDArray[Any], rows: list[Row]) -> None:
    folder.mkdir(parents=True)
    for image, row in zip(images, rows, strict=True):
        Image.fromarray(image).save(folder / f"{row['id']}.png")


def _named(rows: list[Row], name: str, label: str, unit: str) -> list[Row]:
    """Return `rows` behind the columns of every generated set; ids and folder from `name`."""
    found = []
    for number, row in enumerate(rows):
        known = generated.row(f"{name}-{number:05d}", label, row["method"], unit)
        known["file_name"] = f"images/{name}/{known['id']}.png"
        found.append({**known, **row})
    return found
