"""An archive unpacked whole, or refused whole before anything is written."""

import os
import shutil
import stat
import struct
import tempfile
import unicodedata
import zipfile
from collections import Counter
from pathlib import Path

from tqdm import tqdm

from depthfaces.errors import DataError
from depthfaces.files import has_control, is_damage, told

_LOCAL_HEADER = 30  # bytes before an entry's name in an archive
_RATIO = 200  # deflate reaches 1032; honest images stay below 10, honest tables below 50
_SMALL = 1 << 20  # bytes; below this any ratio is harmless
_PIECE = 1 << 20  # bytes read at once
# The records at an archive's end: the end record (22 bytes and a comment), before it in large
# archives a locator and a wider record; each of the directory's entries has 46 bytes and its names.
_END, _LOCATOR, _WIDE, _ENTRY = b"PK\5\6", b"PK\6\7", b"PK\6\6", b"PK\1\2"
_TAIL = 22 + 0xFFFF + 76


def unzip(archive: Path, folder: Path, max_files: int, max_bytes: int) -> None:
    """Unpack `archive` as the new `folder`, whole or not at all.

    Refused before anything is written: names that leave the folder or collide, links, devices,
    encryption, overlapping entries, ratios of a bomb, more than `max_files` or `max_bytes`.
    An archive inside is a plain file and stays packed.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        if entries(archive, max_files) > max_files:
            raise DataError(
                f"{archive.name}: expected at most {max_files} files, found more (data.max_files)"
            )
        with zipfile.ZipFile(archive) as source:
            _check_entries(source.infolist(), max_bytes)
            _extract(source, temporary, max_bytes)
        temporary.chmod(0o755)
        temporary.replace(folder)
    except Exception as fault:
        if not is_damage(fault):
            raise
        raise DataError(f"{archive.name}: damaged or no zip archive: {told(fault)}") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def entries(archive: Path, most: int) -> int:
    """Return how many entries the directory of an archive has; more than `most` is `most` + 1.

    They are counted, whatever the archive says of their number, in constant memory. What is no
    archive has none, and zipfile says so.
    """
    with archive.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL))
        tail = file.read()
        end = tail.rfind(_END)
        if end < 0 or len(tail) - end < 22:
            return 0
        (length,) = struct.unpack_from("<L", tail, end + 12)
        if end >= 76 and tail[end - 20 : end - 16] == _LOCATOR and tail[end - 76 :][:4] == _WIDE:
            end -= 76
            (length,) = struct.unpack_from("<Q", tail, end + 40)
        file.seek(max(0, size - len(tail) + end - length))
        for count in range(most + 1):
            entry = file.read(46)
            if len(entry) < 46 or not entry.startswith(_ENTRY):
                return count
            file.seek(sum(struct.unpack_from("<3H", entry, 28)), os.SEEK_CUR)
    return most + 1


def _check_entries(entries: list[zipfile.ZipInfo], max_bytes: int) -> None:
    total = sum(entry.file_size for entry in entries)
    if total > max_bytes:
        raise DataError(
            f"archive holds {total} bytes: allowed are {max_bytes} (data.max_gigabytes)"
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


def _key(name: str) -> str:
    """Return what a file system that ignores case and Unicode forms takes `name` for."""
    return unicodedata.normalize("NFC", name).casefold().rstrip("/")


def _slashes(name: str) -> list[int]:
    return [place for place, letter in enumerate(name) if letter == "/"]


def _entry_fault(entry: zipfile.ZipInfo) -> str:
    """Return what is wrong with one entry, or ''."""
    # Newer Pythons take a second name from the entry's extra field: both have to be good.
    names = {entry.orig_filename, entry.filename}
    kind = stat.S_IFMT(entry.external_attr >> 16)
    faults = {
        "is a link or device": kind not in (0, stat.S_IFREG, stat.S_IFDIR),
        "is encrypted": entry.flag_bits & 1,
        "is packed like a bomb": entry.file_size > max(_SMALL, _RATIO * entry.compress_size),
    }
    found = [*map(_name_fault, sorted(names)), *(fault for fault in faults if faults[fault])]
    return next(filter(None, found), "")


def _name_fault(name: str) -> str:
    """Return what is wrong with the name of an entry, or ''."""
    parts = name.removesuffix("/").split("/")
    faults = {
        "leaves the folder": {"", ".", ".."} & set(parts),
        "is no portable name": "\\" in name or name[1:2] == ":" or has_control(name),
        "has too long a name": max(len(part.encode()) for part in parts) > 255 or len(name) > 2000,
    }
    return next((fault for fault, found in faults.items() if found), "")


def _extract(source: zipfile.ZipFile, folder: Path, max_bytes: int) -> None:
    """Write the entries, counting what really comes out of them, not what they claim."""
    room = max_bytes
    for entry in tqdm(source.infolist(), desc="unzip", unit="file", disable=None):
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
