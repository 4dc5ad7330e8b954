"""A folder of the user's own images as a raw set: two passes, headers then pixels."""

import csv
import io
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from depthfaces import files
from depthfaces.errors import DataError, ParamsError
from depthfaces.faces import FaceWriter, safe_cell
from depthfaces.schema import Data, Params
from depthfaces.sources import decode, labels, layout

QUARANTINE = "quarantine.csv"
_DTYPES = {"mm": np.uint16, "relative": np.uint8}
_OURS = {"id", "label", "subject", "group", "split", "source", "unit", "file", "focal"}
_OURS |= {"height", "width"}


@dataclass(frozen=True)
class Frame:
    """An entry whose header can be read."""

    entry: layout.Entry
    header: decode.Header


def collect(params: Params, out: Path) -> None:
    """Read the folder `data.folder.path` into the raw set `out`."""
    folder = Path(params.data.folder.path).expanduser()
    if not params.data.folder.path or not folder.is_dir():
        found = params.data.folder.path or "nothing"
        raise ParamsError(f"data.folder.path: expected a folder of images, found {found!r}")
    read(folder, params.data, out, "folder")


def read(folder: Path, data: Data, out: Path, source: str) -> None:
    """Read `folder` into the raw set `out`; what cannot be used goes to its quarantine.csv."""
    found = layout.listing(folder, data.folder.layout)
    labels.announce(entry.name for entry in found.entries)
    refused = list(found.refused)
    frames = _one_unit(_peek(folder, found.entries, data.max_side, refused), refused)
    if data.folder.official_split:
        _check_official(frames)
    used = _write(folder, frames, data, (out, source), refused) if frames else Counter[str]()
    _list_refused(out, refused)
    if not used:
        raise DataError(_nothing(folder, refused))
    names = [*(entry.name for entry in found.entries), *found.empty]
    _check_classes({labels.canonical(name) for name in names}, used, refused)


def _peek(
    folder: Path, entries: Sequence[layout.Entry], max_side: int, refused: list[tuple[str, str]]
) -> list[Frame]:
    frames = []
    for entry in tqdm(entries, desc="headers", unit="file", disable=None):
        try:
            frames.append(Frame(entry, decode.peek(folder / entry.file, max_side)))
        except decode.UnusableError as fault:
            refused.append((entry.file, str(fault)))
    return frames


def _one_unit(frames: list[Frame], refused: list[tuple[str, str]]) -> list[Frame]:
    """Keep the frames of the unit that most have (depth where equal); one set has one unit."""
    depth = sum(frame.header.unit == "mm" for frame in frames)
    unit = "mm" if 2 * depth >= len(frames) else "relative"
    for frame in frames:
        if frame.header.unit != unit:
            reason = f"unit is {frame.header.unit}, but most of the set is {unit}"
            refused.append((frame.entry.file, reason))
    return [frame for frame in frames if frame.header.unit == unit]


def _check_official(frames: list[Frame]) -> None:
    outside = [frame.entry.file for frame in frames if not frame.entry.split]
    if outside:
        raise DataError(
            f"data.folder.official_split: expected every file below train/, validation/ or test/, "
            f"found {outside[0]!r}; set it to false"
        )


def _write(
    folder: Path,
    frames: list[Frame],
    data: Data,
    target: tuple[Path, str],
    refused: list[tuple[str, str]],
) -> Counter[str]:
    """Write the raw set, padded to one size; return how many faces each class has."""
    out, source = target
    unit = frames[0].header.unit
    size = _common_size(frames, data)
    columns = sorted({name for frame in frames for name in frame.entry.extras} - _OURS)
    used: Counter[str] = Counter()
    with FaceWriter(out, size, _DTYPES[unit]) as writer:
        for frame in tqdm(frames, desc="faces", unit="file", disable=None):
            try:
                image = decode.decode(folder / frame.entry.file, data.max_side)
                _check_header(image, frame.header)
            except decode.UnusableError as fault:
                refused.append((frame.entry.file, str(fault)))
                continue
            row = _row(frame, data, source)
            row |= {name: _cell(frame.entry.extras.get(name, "")) for name in columns}
            writer.append(_padded(image, size)[None], [row])
            used[row["label"]] += 1
    return used


def _check_header(image: npt.NDArray[Any], header: decode.Header) -> None:
    """Put aside a file whose pixels are not what its header told a moment ago."""
    if image.shape != (header.height, header.width) or image.dtype != _DTYPES[header.unit]:
        raise decode.UnusableError(
            f"changed while it was read: {header.width} x {header.height} pixels, then "
            f"{image.shape[1]} x {image.shape[0]}"
        )


def _common_size(frames: list[Frame], data: Data) -> tuple[int, int]:
    """Return the largest (height, width), if the set in that size stays in bounds."""
    headers = [frame.header for frame in frames]
    height, width = (max(getattr(h, side) for h in headers) for side in ("height", "width"))
    itemsize = 2 if headers[0].unit == "mm" else 1
    size = len(frames) * height * width * itemsize
    if size > data.max_gigabytes * 1e9:
        largest = max(frames, key=lambda frame: frame.header.height * frame.header.width)
        raise DataError(
            f"{len(frames)} faces padded to {height} × {width} take {size / 1e9:.0f} GB, allowed "
            f"are {data.max_gigabytes} (data.max_gigabytes); the largest is {largest.entry.file!r}"
        )
    return height, width


def _row(frame: Frame, data: Data, source: str) -> dict[str, Any]:
    entry, header = frame.entry, frame.header
    return {
        "id": entry.file,
        "label": labels.canonical(entry.name),
        "subject": entry.subject,
        "group": "",
        "split": entry.split if data.folder.official_split else "",
        "source": source,
        "unit": header.unit,
        "file": entry.file,
        "focal": data.folder.focal if header.unit == "mm" else 0.0,
        "height": header.height,
        "width": header.width,
    }


def _cell(text: str) -> str | float:
    """Return a signed number as a number: as a text it would be taken for a formula."""
    try:
        return float(text) if text[:1] in {"+", "-"} else text
    except ValueError:
        return text


def _padded(image: npt.NDArray[Any], size: tuple[int, int]) -> npt.NDArray[Any]:
    """Return the image with zeros added at the right and at the bottom."""
    below, right = (whole - side for whole, side in zip(size, image.shape, strict=True))
    return np.pad(image, ((0, below), (0, right)))


def _list_refused(out: Path, refused: list[tuple[str, str]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["file", "reason"])
    writer.writerows([safe_cell(file), safe_cell(reason)] for file, reason in sorted(refused))
    files.write_text(out / QUARANTINE, text.getvalue())
    if refused:
        sys.stderr.write(f"{len(refused)} files cannot be used: {out / QUARANTINE}\n")


def _nothing(folder: Path, refused: list[tuple[str, str]]) -> str:
    packed = sorted(path.name for path in folder.rglob("*.zip"))
    advice = f"; unpack {packed[0]!r} first" if packed else _example(refused)
    return f"expected labelled png, jpg, npy or npz images, found none{advice}"


def _example(refused: list[tuple[str, str]]) -> str:
    return f"; e.g. {refused[0][0]!r}: {refused[0][1]}" if refused else ""


def _check_classes(classes: set[str], used: Counter[str], refused: list[tuple[str, str]]) -> None:
    """Refuse a set that has one class, or a class without a usable face."""
    empty = sorted(classes - set(used))
    if empty:
        raise DataError(
            f"class {', '.join(map(repr, empty))} has no usable image{_example(refused)}"
        )
    if len(used) < 2:
        raise DataError(f"expected at least two classes, found only {next(iter(used))!r}")
