"""Files written whole or not at all, read with one line where they are damaged; checksums."""

import errno
import hashlib
import io
import json
import math
import os
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from depthfaces import disk
from depthfaces.errors import DataError, DepthfacesError, IntegrityError

_MOST_HEADER = 12_000  # bytes in which the header of an .npy ends; numpy itself allows 10,000
# Of an OSError: what readers meet at odd bytes. Any other (disk, permission) is the machine's.
_ODD_BYTES = {None, errno.EINVAL, errno.EISDIR}


class Layout(NamedTuple):
    """What the header of an .npy says, and `first`, the bytes behind it that were read with it."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran: bool
    start: int
    first: bytes

    @property
    def size(self) -> int:
        """Return how many bytes of numbers have to follow the header."""
        return math.prod(self.shape) * self.dtype.itemsize


@contextmanager
def atomic(path: Path, size: int = 0) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it takes the name `path` when the block ends well.

    A fault of the disk is told in one line, with the `size` in bytes that was needed, if known.
    """
    with disk.writing(path, size), _temporary(path) as temporary:
        yield temporary


@contextmanager
def _temporary(path: Path) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        os.chmod(temporary, 0o644)  # noqa: PTH101 - mkstemp makes it private; outputs are not
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8 with Unix line ends."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def read_text(path: Path) -> str:
    """Read a UTF-8 file."""
    return path.read_text(encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON with sorted keys; NaN and infinity are refused."""
    write_text(path, as_text(value))


def write_all(folder: Path, documents: Mapping[str, Any]) -> None:
    """Write `documents` {path below `folder`: content}: text as it is, other values as JSON."""
    for name, content in documents.items():
        write_text(folder / name, as_text(content))


def as_text(content: Any) -> str:
    """Return text as it is, any other value as indented JSON with sorted keys."""
    if isinstance(content, str):
        return content
    return json.dumps(content, indent=2, sort_keys=True, allow_nan=False) + "\n"


@contextmanager
def intact(path: Path) -> Iterator[None]:
    """Turn whatever a reader raises at the damaged file `path` of ours into one line."""
    try:
        yield
    except FileNotFoundError:
        raise DataError(f"{path}: expected it, found none; run `dvc repro`") from None
    except Exception as fault:
        if not is_damage(fault):
            raise
        raise IntegrityError(
            f"{path}: damaged ({told(fault)}); delete it and run `dvc repro`, which makes it anew"
        ) from None


def is_damage(fault: Exception) -> bool:
    """Tell whether a reader's fault is about the bytes, not about the machine, nor one of ours."""
    if isinstance(fault, OSError):
        return fault.errno in _ODD_BYTES
    return not isinstance(fault, (DepthfacesError, MemoryError))


def told(fault: BaseException) -> str:
    """Return what a library says of a fault in one short line, or else the kind of fault."""
    text = " ".join(str(getattr(fault, "strerror", None) or fault).split())
    text = "".join(" " if has_control(letter) else letter for letter in text)
    return f"no {text}" if isinstance(fault, KeyError) else text[:160] or type(fault).__name__


def read_json(path: Path, *needed: str) -> dict[str, Any]:
    """Read a JSON object of ours that has the keys `needed`."""
    with intact(path):
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise TypeError(f"expected a JSON object, found a {type(found).__name__}")
        _check(found, needed)
    return found


def read_npz(path: Path, *needed: str) -> dict[str, npt.NDArray[Any]]:
    """Read the arrays of an .npz of ours; `needed` are among them."""
    with intact(path):
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                with archive.open(entry) as member:
                    layout = npy_layout(member)
                if layout.start + layout.size != entry.file_size:
                    raise ValueError(f"{entry.filename} claims another size than it has")
        with np.load(path, allow_pickle=False) as content:
            found = dict(content)
        _check(found, needed)
    return found


def read_npy(path: Path) -> npt.NDArray[Any]:
    """Open an .npy of ours, memory-mapped."""
    with intact(path):
        with path.open("rb") as file:
            layout = npy_layout(file)
        size = path.stat().st_size
        if layout.start + layout.size != size:
            raise ValueError(f"expected {layout.start + layout.size} bytes, found {size}")
        array: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return array


def npy_layout(stream: IO[bytes]) -> Layout:
    """Return what the header of an .npy claims; nothing of that size is loaded or allocated."""
    head = io.BytesIO(stream.read(_MOST_HEADER))
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    version = np.lib.format.read_magic(head)
    if version not in readers:
        raise ValueError(f"version {version} of the format, which is for no numbers")
    shape, fortran, dtype = readers[version](head)
    if dtype.hasobject or min(shape, default=0) < 0:
        raise ValueError("Python objects (a pickle)" if dtype.hasobject else f"shape {shape}")
    return Layout(shape, dtype, fortran, head.tell(), head.read())


def _check(found: Collection[str], needed: Sequence[str]) -> None:
    missing = [name for name in needed if name not in found]
    if missing:
        raise ValueError(f"expected {', '.join(missing)}, found none")


def checksum(path: Path) -> str:
    """Return the sha256 of a file as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_npz(path: Path, **arrays: npt.NDArray[Any]) -> None:
    """Write arrays as a compressed .npz with fixed dates, so that equal arrays give equal bytes."""
    with atomic(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name in sorted(arrays):
            with archive.open(_entry(name), "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.asarray(arrays[name]), allow_pickle=False)


@contextmanager
def npz_rows(
    path: Path, count: int, **arrays: npt.NDArray[Any]
) -> Iterator[Callable[[npt.NDArray[Any]], None]]:
    """Yield a function that adds rows (n, ...) to the array `x` of a new .npz, `count` in all.

    Only the piece at hand is in memory. The other `arrays` are written before.
    """
    with atomic(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name in sorted(arrays):
            with archive.open(_entry(name), "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.asarray(arrays[name]), allow_pickle=False)
        with archive.open(_entry("x"), "w", force_zip64=True) as file:
            written = 0

            def add(rows: npt.NDArray[Any]) -> None:
                nonlocal written
                if not written:
                    shape = (count, *rows.shape[1:])
                    kind = {"descr": rows.dtype.str, "fortran_order": False, "shape": shape}
                    np.lib.format.write_array_header_1_0(file, kind)
                file.write(np.ascontiguousarray(rows).tobytes())
                written += len(rows)

            yield add
        assert written == count, "as many rows as were told"


def _entry(name: str) -> zipfile.ZipInfo:
    """Return the entry of an array in an .npz: packed, with a date that never changes."""
    entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def has_control(text: str) -> bool:
    """Tell whether `text` holds control characters or halves of broken Unicode."""
    return any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in text)
