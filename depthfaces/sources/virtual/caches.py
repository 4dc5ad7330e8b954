"""Where libraries keep what they make once: below the home folder, or in scratch if it is shut."""

import functools
import os
import sys
import tempfile
from pathlib import Path

import warp

from depthfaces import disk
from depthfaces.errors import MachineError


@functools.cache
def prepare() -> Path:
    """Tell warp where its compiled kernels are kept; return the parsed head model's folder, 0.8 GB.

    To be called before warp starts, which the head model does as well.
    """
    told = os.environ.get
    home = Path(told("XDG_CACHE_HOME") or "~/.cache")
    warp.config.kernel_cache_dir = str(_writable("warp", told("WARP_CACHE_PATH"), home))
    return _writable("anny", told("ANNY_CACHE_DIR"), Path("~/.cache"))


def _writable(name: str, told: str | None, home: Path) -> Path:
    """Return the folder `told`, else `name` in `home`, if it can be written; else one in scratch.

    Scratch begins with links to what is there, which may be all that is needed.
    """
    wanted = Path(told) if told else Path(os.path.expanduser(home)) / name  # noqa: PTH111 # no home
    try:
        disk.check_writable(wanted)
    except MachineError:
        scratch = _scratch() / name
        disk.check_writable(scratch)
    else:
        return wanted
    sys.stderr.write(f"{wanted}: cannot be written; {scratch} is used in its place\n")
    for file in wanted.rglob("*"):
        link = scratch / file.relative_to(wanted)
        if file.is_file() and not os.path.lexists(link):
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(file.absolute())
    return scratch


def _scratch() -> Path:
    """Return a folder of this user's own: in one that another made there may be anything."""
    folder = Path(tempfile.gettempdir()) / f"depthfaces-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError:
        return folder  # its use will say what is wrong
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        return Path(tempfile.mkdtemp(prefix="depthfaces-"))
    return folder
