"""Files written whole or not at all, and their checksums: the only place that does either."""

import hashlib
import json
import lzma
import os
import shutil
import stat
import tempfile
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from depthfaces import disk
from depthfaces.errors import DataError

_LOCAL_HEADER = 30  # bytes before an entry's name in an archive
_RATIO = 200  # deflate reaches 1032; honest images stay below 10, honest tables below 50
_SMALL = 1 << 20  # bytes; below this any ratio is harmless
_PIECE = 1 << 20  # bytes read at once
# RuntimeError: encrypted, or a packing method unknown here; ValueError: names in no known coding.
_NO_ZIP = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, ValueError)


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


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


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


def unzip(archive: Path, folder: Path, max_files: int, max_bytes: int) -> None:
    """Unpack `archive` as the new `folder`, whole or not at all.

    Refused before anything is written: names that leave the folder or collide, links, devices,
    encryption, overlapping entries, ratios of a bomb, more than `max_files` or `max_bytes`.
    An archive inside is a plain file and stays packed.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        with zipfile.ZipFile(archive) as source:
            entries = source.infolist()
            _check_entries(entries, max_files, max_bytes)
            _extract(source, entries, temporary, max_bytes)
        temporary.chmod(0o755)
        temporary.replace(folder)
    except _NO_ZIP as fault:
        raise DataError(f"{archive.name}: damaged or no zip archive: {fault}") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _check_entries(entries: list[zipfile.ZipInfo], max_files: int, max_bytes: int) -> None:
    total = sum(entry.file_size for entry in entries)
    if len(entries) > max_files or total > max_bytes:
        raise DataError(
            f"archive holds {len(entries)} files and {total} bytes: allowed are {max_files} and "
            f"{max_bytes} (data.max_files, data.max_gigabytes)"
        )
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise DataError(f"archive entry {entry.filename!r} overlaps another: refused")
        end = entry.header_offset + _LOCAL_HEADER + entry.compress_size
    keys = Counter(_key(entry.filename) for entry in entries)
    plain = {_key(entry.filename) for entry in entries if not entry.is_dir()}
    for entry in entries:
        key = _key(entry.filename)
        collides = keys[key] > 1 or any(key[:end] in plain for end in _slashes(key))
        reason = "collides with another name" if collides else _entry_fault(entry)
        if reason:
            raise DataError(f"archive entry {entry.orig_filename[:200]!r} {reason}: refused")


def has_control(text: str) -> bool:
    """Tell whether `text` holds control characters or halves of broken Unicode."""
    return any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in text)


def _key(name: str) -> str:
    """Return what a file system that ignores case and Unicode forms takes `name` for."""
    return unicodedata.normalize("NFC", name).casefold().rstrip("/")


def _slashes(name: str) -> list[int]:
    return [place for place, letter in enumerate(name) if letter == "/"]


def _entry_fault(entry: zipfile.ZipInfo) -> str:
    """Return what is wrong with one entry, or ''."""
    name, kind = entry.orig_filename, stat.S_IFMT(entry.external_attr >> 16)
    parts = name.removesuffix("/").split("/")
    faults = {
        "leaves the folder": {"", ".", ".."} & set(parts),
        "is no portable name": "\\" in name or name[1:2] == ":" or has_control(name),
        "has too long a name": max(len(part.encode()) for part in parts) > 255 or len(name) > 2000,
        "is a link or device": kind not in (0, stat.S_IFREG, stat.S_IFDIR),
        "is encrypted": entry.flag_bits & 1,
        "is packed like a bomb": entry.file_size > max(_SMALL, _RATIO * entry.compress_size),
    }
    return next((fault for fault, found in faults.items() if found), "")


def _extract(
    source: zipfile.ZipFile, entries: list[zipfile.ZipInfo], folder: Path, max_bytes: int
) -> None:
    """Write the entries, counting what really comes out of them, not what they claim."""
    room = max_bytes
    for entry in tqdm(entries, desc="unzip", unit="file", disable=None):
        target = folder / entry.filename
        if entry.is_dir():
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        with source.open(entry) as packed, target.open("xb") as file:
            while piece := packed.read(_PIECE):
                room -= len(piece)
                if room < 0:
                    raise DataError(f"archive holds more than {max_bytes} bytes: refused")
                file.write(piece)
