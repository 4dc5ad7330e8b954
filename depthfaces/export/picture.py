"""Faces as PNG files: 8-bit previews, and 16-bit millimetres where faces are metric."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from depthfaces.gan.sample import Floats

# A depth image needs a distance: the nose tip is put so far from the camera.
NOSE = 1000.0  # millimetres
NO_READING = -0.98  # and farther (the last hundredth of the window) is background
LEVEL = (
    1  # of zlib: a face of 64 px takes 2.7 kB; more effort gains a few bytes and halves the speed
)


def preview(faces: Floats) -> npt.NDArray[np.uint8]:
    """Return faces in [-1, 1] as 8-bit grey: 0 is the background, 255 the nearest."""
    return np.asarray(np.rint((faces.clip(-1, 1) + 1) * 127.5), np.uint8)


def millimetres(faces: Floats, front: float, back: float) -> npt.NDArray[np.uint16]:
    """Return faces in [-1, 1] as 16-bit distances from the camera; 0 is no reading.

    +1 lies `front` and -1 lies `back` millimetres behind the nose tip, which is 1 m away.
    """
    behind = front + (1 - faces.clip(-1, 1)) / 2 * (back - front)
    return np.where(faces > NO_READING, np.rint(NOSE + behind), 0).astype(np.uint16)


def png(image: npt.NDArray[Any]) -> bytes:
    """Return an 8- or 16-bit grey image (S, S) as the bytes of a PNG; equal images, equal bytes."""
    done, content = cv2.imencode(".png", image, [cv2.IMWRITE_PNG_COMPRESSION, LEVEL])
    assert done
    return bytes(content)


def write_pngs(
    folder: Path, images: npt.NDArray[Any], names: Sequence[str], threads: int
) -> list[bytes]:
    """Write FOLDER/NAME.png for each of `images` (n, S, S); return their bytes."""
    folder.mkdir(parents=True, exist_ok=True)

    def write(image: npt.NDArray[Any], name: str) -> bytes:
        content = png(image)
        (folder / f"{name}.png").write_bytes(content)
        return content

    with ThreadPoolExecutor(threads) as pool:  # OpenCV encodes without Python's lock
        return list(pool.map(write, images, names))
