"""The disk: can outputs be written, asked before the work; one line where writing fails."""

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from depthfaces.errors import MachineError

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS}
# What more care by the user mends, or another disk.
FAULTS = FULL | CLOSED | {errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENAMETOOLONG}
_PROBE = 4096  # bytes: a file of none fits on a disk that is full
# A temporary file that `files.atomic` or safetensors left when its process was killed.
_TORN = re.compile(r"\..+?(\.\w+|)\.[a-z0-9_]{8}\1|\.tmp\w{6}")


def check_writable(*folders: Path) -> None:
    """Make each of `folders` and try a file in it; say which cannot be written, and what to do."""
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder) as probe:
                probe.write(bytes(_PROBE))
        except OSError as fault:
            raise MachineError(
                f"{folder}: expected a folder to write results to, found: {fault.strerror}; "
                f"{_way_out(fault.errno)}, then run again"
            ) from None


def check_room(folder: Path, size: int) -> None:
    """Say before the work that its `size` bytes will not fit where `folder` is or will be."""
    if _free(folder / "x") < size:
        raise MachineError(
            f"{folder}: expected room for {size:,} bytes, found {_free(folder / 'x'):,}; "
            "free some room, then run again"
        )


def remove_torn(*folders: Path) -> None:
    """Remove the temporary files that a killed process left in `folders`; none may write there."""
    for folder in folders:
        for path in folder.glob(".*"):
            if path.is_file() and _TORN.fullmatch(path.name):
                path.unlink()


@contextmanager
def writing(path: Path, size: int = 0) -> Iterator[None]:
    """Turn a fault of the disk while `path` is written, `size` bytes if known, into one line."""
    try:
        yield
    except (OSError, SafetensorError) as fault:
        number = _number(fault)
        if number not in FAULTS or not _is_about(fault, path):
            raise
        needed = f"{size:,} bytes were needed, " if size else ""
        room = f"{needed}{_free(path):,} are free: " if number in FULL else ""
        raise MachineError(
            f"{path}: {os.strerror(number)}; {room}{_way_out(number)}, then run again"
        ) from fault


def _number(fault: Exception) -> int:
    """Return the errno of a fault; safetensors tells it in its text alone."""
    told = re.search(r"\(os error (\d+)\)", str(fault))
    return getattr(fault, "errno", None) or (int(told[1]) if told else 0)


def _is_about(fault: Exception, path: Path) -> bool:
    """Tell whether a fault is about `path`, its temporary or a folder above, as far as it says."""
    name = getattr(fault, "filename", None)
    if name is None:
        return True
    named, path = Path(name).absolute(), path.absolute()
    return named.parent == path.parent or path.is_relative_to(named)


def _free(path: Path) -> int:
    """Return the bytes that are free where `path` is or would be."""
    return shutil.disk_usage(next(top for top in path.absolute().parents if top.is_dir())).free


def _way_out(number: int | None) -> str:
    if number in FULL:
        return "free some room, or raise the limit"
    if number in CLOSED:
        return "make it writable"
    return "see to that path"
