"""Read one image file safely: the header first, then the pixels, or a reason why not.

Rules, so that no unit is ever invented:

- PNG with one 16-bit grey channel: depth in millimetres, kept in full.
- NPY, NPZ (one 2-D array): uint8 is grey; other integers and floats are depth in millimetres.
  Infinity is "no reading" (0); NaN and negative depth are refused. Depth that never reaches
  `LEAST` millimetres is refused: it is metres or another scale, and nobody said which.
- All other PNG and JPEG: 8-bit grey by ITU-R 601 (0.299 R + 0.587 G + 0.114 B); a palette is
  looked up first, an alpha channel is dropped, 1-bit becomes 0 and 255, 16-bit colour 8-bit.
  A JPEG is turned upright as its Exif says.
"""

import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from depthfaces.files import Layout, npy_layout, told
from depthfaces.sources import archive

SMALLEST = 16  # pixels a side; less cannot show a face
LEAST = 20  # millimetres; no depth camera sees only nearer things
PICTURES = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
ARRAYS = (".npy", ".npz")
_MEMBERS = 100  # of an NPZ; of more not even the names are read


class UnusableError(Exception):
    """A file that cannot be used; the text says why, without its path."""


@dataclass(frozen=True)
class Header:
    """What is known before decoding: pixels and unit (mm | relative)."""

    height: int
    width: int
    unit: str


def peek(path: Path, max_side: int) -> Header:
    """Return the header of an image file; sides outside [16, `max_side`] are refused."""
    with _reasons(path):
        if path.suffix.lower() in ARRAYS:
            with _array(path, max_side) as (_, layout):
                height, width = layout.shape
                return Header(height, width, "relative" if layout.dtype == np.uint8 else "mm")
        with _picture(path, max_side) as picture:
            height, width = _size(picture)
            return Header(height, width, "mm" if picture.mode.startswith("I") else "relative")


def decode(path: Path, max_side: int) -> npt.NDArray[Any]:
    """Return the (H, W) image: uint16 millimetres (0 = no reading) or uint8 grey."""
    with _reasons(path):
        if path.suffix.lower() in ARRAYS:
            with _array(path, max_side) as (stream, layout):
                image = _millimetres(_numbers(stream, layout))
        else:
            image = _pixels(path, max_side)
        low, high = int(image.min()), int(image.max())
    if low == high:
        raise UnusableError("all black" if high == 0 else f"constant: every pixel is {high}")
    if image.dtype == np.uint16 and high < LEAST:
        raise UnusableError(f"largest depth is {high}: expected millimetres (metres × 1000)")
    return image


def prepared(path: Path, side: int) -> npt.NDArray[np.float32] | None:
    """Return the face in an NPY of floats (`side`, `side`) in [-1, 1]; None where it is no such."""
    if path.suffix.lower() != ".npy":
        return None
    with _reasons(path), path.open("rb") as stream:
        layout = npy_layout(stream)
        if layout.shape != (side, side) or layout.dtype.kind != "f":
            return None
        image = _numbers(stream, layout)
        if not np.abs(image).max() <= 1:
            return None
        if image.min() == image.max():
            raise UnusableError(f"constant: every pixel is {image.flat[0]:g}")
        return np.asarray(image, np.float32)


@contextmanager
def _reasons(path: Path) -> Iterator[None]:
    """Turn whatever a reader raises at an odd file into one reason.

    Readers raise what they like at odd bytes (numpy alone: ValueError, TypeError, IndexError,
    OverflowError, MemoryError, tokenize.TokenError), and one file never stops a set.
    """
    if path.suffix.lower() not in {*PICTURES, *ARRAYS}:
        raise UnusableError(f"{path.suffix} is not read: save it as PNG")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of oddities it then reads well
            yield
    except UnusableError:
        raise
    except UnidentifiedImageError:
        raise UnusableError(f"not a {PICTURES[path.suffix.lower()]} file") from None
    except Image.DecompressionBombError:
        raise UnusableError("larger than any image that is opened") from None
    except MemoryError:
        raise UnusableError("asks for more memory than there is") from None
    except Exception as fault:
        text = told(fault).replace(str(path), path.name)
        raise UnusableError(f"damaged: {text}") from None


@contextmanager
def _picture(path: Path, max_side: int) -> Iterator[Image.Image]:
    """Open a PNG or JPEG by what it is, not by its name; only the header is read."""
    with Image.open(path, formats=[PICTURES[path.suffix.lower()]]) as picture:
        _check_sides(picture.size, max_side)
        yield picture


def _pixels(path: Path, max_side: int) -> npt.NDArray[Any]:
    with _picture(path, max_side) as picture:
        picture.verify()  # every PNG checksum up to the end mark; it closes the file
    with _picture(path, max_side) as picture:
        if picture.mode.startswith("I"):
            return np.asarray(picture).astype(np.uint16)
        upright = ImageOps.exif_transpose(picture) if _can_turn(picture) else picture
        return np.asarray(upright.convert("L"))


def _can_turn(picture: Image.Image) -> bool:
    return picture.format != "PNG"  # its Exif may stand behind the pixels, unseen by `peek`


def _size(picture: Image.Image) -> tuple[int, int]:
    """Return (height, width) as `_pixels` will have them."""
    sideways = (5, 6, 7, 8)  # Exif orientations with rows and columns exchanged
    turned = _can_turn(picture) and picture.getexif().get(ExifTags.Base.Orientation) in sideways
    return (picture.width, picture.height) if turned else (picture.height, picture.width)


@contextmanager
def _array(path: Path, max_side: int) -> Iterator[tuple[IO[bytes], Layout]]:
    """Open the only array of an NPY or NPZ file behind its header, which is found to be good."""
    with _npy(path) as stream:
        layout = npy_layout(stream)
        shape, dtype = layout.shape, layout.dtype
        if len(shape) != 2 or dtype.kind not in "uif":
            raise UnusableError(f"expected a 2-D array of numbers, found {shape} {dtype}"[:200])
        _check_sides(shape, max_side)
        yield stream, layout


@contextmanager
def _npy(path: Path) -> Iterator[IO[bytes]]:
    if path.suffix.lower() == ".npy":
        with path.open("rb") as stream:
            yield stream
        return
    if archive.entries(path, _MEMBERS) > _MEMBERS:
        raise UnusableError(f"expected exactly one array, found more than {_MEMBERS}")
    with zipfile.ZipFile(path) as packed:
        members = packed.infolist()
        if len(members) != 1 or not members[0].filename.endswith(".npy"):
            raise UnusableError(f"expected exactly one array, found {len(members)}")
        if members[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise UnusableError("damaged: packed in a way that no .npz is")
        with packed.open(members[0]) as stream:
            yield stream


def _numbers(stream: IO[bytes], layout: Layout) -> npt.NDArray[Any]:
    """Return the array behind the header; its sides are known to be in bounds."""
    content = layout.first[: layout.size]
    content += stream.read(layout.size - len(content))
    if len(content) != layout.size:
        raise UnusableError(f"damaged: expected {layout.size} bytes of numbers, found less")
    order: Literal["F", "C"] = "F" if layout.fortran else "C"
    return np.frombuffer(content, layout.dtype).reshape(layout.shape, order=order)


def _check_sides(sides: tuple[int, ...], max_side: int) -> None:
    if max(sides) > max_side:
        raise UnusableError(f"larger than {max_side} pixels a side (data.max_side)")
    if min(sides) < SMALLEST:
        raise UnusableError(f"smaller than {SMALLEST} pixels a side")


def _millimetres(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if array.dtype == np.uint8:
        return array
    if np.isnan(array).any():
        raise UnusableError("NaN: write 0 where there is no reading")
    depth = np.where(np.isfinite(array), array, 0)
    if depth.min() < 0:
        raise UnusableError("negative depth")
    if depth.max() > np.iinfo(np.uint16).max:
        raise UnusableError("depth beyond 65535 mm")
    return np.rint(depth).astype(np.uint16)
