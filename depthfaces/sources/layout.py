"""Which files of a folder are faces, and what their paths or a labels.csv say about each.

Layouts, told apart by themselves: labels.csv · EMOTION/FILE · SUBJECT/EMOTION/FILE; each may
stand below train/ and test/ folders, and below folders that wrap the whole set. Any other is
described by a pattern. Links are not followed, hidden files are not seen, the order is by path.
"""

import csv
import os
import re
import stat
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path, PurePosixPath

from depthfaces.errors import DataError, ParamsError
from depthfaces.sources import decode, labels

TABLE = "labels.csv"
SPLITS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "test": "test",
    "testing": "test",
}
# Pictures we do not read: named in the quarantine list rather than passed over.
_OTHERS = {".bmp", ".exr", ".gif", ".jp2", ".pgm", ".ppm", ".tif", ".tiff", ".webp"}
_SUFFIXES = {*decode.PICTURES, *decode.ARRAYS, *_OTHERS}
_LABEL_COLUMNS = ("label", "emotion", "expression")
_ADVICE = r"set data.folder.layout to a pattern such as '(?P<subject>[^/]+)/(?P<label>\w+)_.*'"


@dataclass(frozen=True)
class Entry:
    """A file (path from the folder, with /) and what is said about it; '' is unknown."""

    file: str
    name: str
    subject: str = ""
    split: str = ""
    extras: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Listing:
    """The usable entries by path, the refused files with reasons, and the empty folders' names."""

    entries: list[Entry] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)


def listing(folder: Path, pattern: str) -> Listing:
    """List the images below `folder` by `pattern`: auto, or a regular expression for the path."""
    files, empty = _walk(folder)
    table = _table(folder)
    if pattern != "auto":
        found = _by_pattern(files, pattern)
    elif table is not None:
        found = _by_table(folder, table, set(files))
    else:
        found = _by_folders(files)
        depths = {len(PurePosixPath(file).parts) - 1 for file in files}
        places = map(PurePosixPath, empty)
        found.empty = [path.name for path in places if len(path.parts) in depths]
    return _plain(found)


def _plain(found: Listing) -> Listing:
    """Refuse what no table or folder of ours could hold: odd labels, undecodable names."""
    entries = []
    for entry in found.entries:
        reason = labels.fault(labels.canonical(entry.name))
        if not _writable(entry.file):
            reason = "file name is not valid Unicode"
        if reason:
            found.refused.append((entry.file, reason))
        else:
            entries.append(entry)
    refused = [(_escaped(file), reason) for file, reason in found.refused]
    return Listing(entries, sorted(refused), found.empty)


def _walk(folder: Path) -> tuple[list[str], list[str]]:
    """Return the paths of all image files and of all empty folders, sorted."""
    files, empty = [], []
    for root, folders, names in os.walk(folder, onerror=_fail):
        place = Path(root)
        folders[:] = sorted(name for name in folders if not _hidden(name))
        seen = [name for name in names if not _hidden(name)]
        images = [place / name for name in seen if Path(name).suffix.lower() in _SUFFIXES]
        files += [path for path in images if stat.S_ISREG(path.lstat().st_mode)]
        if not seen and not folders and place != folder:
            empty.append(place)
    return _relative(files, folder), _relative(empty, folder)


def _fail(fault: OSError) -> None:
    raise fault


def _relative(paths: list[Path], folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in paths)


def _hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def _writable(text: str) -> bool:
    return text == _escaped(text)


def _escaped(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _by_pattern(files: list[str], pattern: str) -> Listing:
    try:
        expression = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as fault:
        raise ParamsError(f"data.folder.layout: {pattern!r} is no pattern: {fault}") from None
    if "label" not in expression.groupindex:
        raise ParamsError(f"data.folder.layout: expected auto or a group label; {_ADVICE}")
    found = Listing()
    for file in files:
        match = expression.fullmatch(file)
        if match is None:
            found.refused.append((file, "path does not match data.folder.layout"))
            continue
        said = {name: text or "" for name, text in match.groupdict().items()}
        split = SPLITS.get(said.get("split", "").casefold(), "")
        found.entries.append(Entry(file, said["label"], said.get("subject", ""), split))
    return found


def _by_folders(files: list[str]) -> Listing:
    found = Listing()
    wrapping = _wrapping(files)
    for file in files:
        folders = PurePosixPath(file).parts[wrapping:-1]
        split = SPLITS.get(folders[0].casefold(), "") if folders else ""
        subject, label = _subject_label(file, folders[1:] if split else folders)
        if label:
            found.entries.append(Entry(file, label, subject, split))
        else:
            found.refused.append((file, "lies in no class folder"))
    return found


def _wrapping(files: list[str]) -> int:
    """Return how many outer folders all files share that are neither class nor split."""
    paths = [PurePosixPath(file).parts[:-1] for file in files]
    depth = 0
    while paths and all(len(path) > depth + 1 for path in paths):
        names = {path[depth] for path in paths}
        if len(names) > 1 or names.pop().casefold() in SPLITS:
            break
        depth += 1
    return depth


def _subject_label(file: str, folders: tuple[str, ...]) -> tuple[str, str]:
    known = [labels.canonical(name) in labels.NAMES.values() for name in folders]
    if len(folders) > 2 or known == [True, False]:
        raise DataError(f"{file!r}: expected EMOTION/FILE or SUBJECT/EMOTION/FILE; {_ADVICE}")
    subject, label = ("", "", *folders)[-2:]
    return subject, label


def _table(folder: Path) -> Path | None:
    """Return labels.csv at the top, or the only one a folder deeper."""
    if (folder / TABLE).is_file():
        return folder / TABLE
    deeper = [path for path in folder.glob(f"*/{TABLE}") if not path.parent.is_symlink()]
    return deeper[0] if len(deeper) == 1 else None


def _by_table(folder: Path, table: Path, files: set[str]) -> Listing:
    """Read labels.csv: file (from the table's folder), label|emotion|expression, subject, more."""
    base = table.parent.relative_to(folder)
    columns, rows = _rows(table)
    label = next((name for name in _LABEL_COLUMNS if name in columns), None)
    if "file" not in columns or label is None:
        raise DataError(f"{table.name}: expected columns file,label[,subject], found {columns}")
    places = [(base / row["file"]).as_posix() for row in rows]
    listed = Counter(places)
    extras = [name for name in columns if name not in {"file", label, "subject", "split"}]
    found = Listing()
    for file, row in sorted(zip(places, rows, strict=True), key=itemgetter(0)):
        if listed[file] > 1:
            found.refused.append((file, f"listed {listed[file]} times in {TABLE}"))
        elif file not in files:
            found.refused.append((file, f"listed in {TABLE}, but no image in this folder"))
        else:
            split = SPLITS.get(row.get("split", "").casefold(), "")
            more = {name: row[name] for name in extras}
            found.entries.append(Entry(file, row[label], row.get("subject", ""), split, more))
    return found


def _rows(table: Path) -> tuple[list[str], list[dict[str, str]]]:
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, strict=True)
            columns = [name.strip().casefold() for name in next(lines, [])]
            rows = [dict(zip(columns, map(str.strip, line), strict=True)) for line in lines if line]
    except (UnicodeDecodeError, csv.Error, ValueError) as fault:
        raise DataError(f"{table.name}: not a table in UTF-8: {fault}") from None
    return columns, rows
