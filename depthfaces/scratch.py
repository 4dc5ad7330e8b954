"""Scratch projects: a copy of this one under other parameters; your data and results stay put."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from depthfaces import params, profiles

# What a run makes or a machine leaves behind: never copied, wherever it stands ...
LEFTOVERS = {
    ".git",
    ".venv",
    "__pycache__",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    "dvc.lock",
}
# ... or at the top.
RESULTS = {".dvc", "build", "checkpoints", "data", "models", "reports"}
CONFIG = """\
[core]
    analytics = false
    check_update = false
    no_scm = true
    site_cache_dir = {site}
"""


def make(top: Path, folder: Path, profile: str) -> None:
    """Make `folder` anew: the project at `top` without its results, with the profile's values."""
    changes = profiles.load(profile, top)
    shutil.rmtree(folder, ignore_errors=True)
    for path in own_files(top):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(top / path, folder / path)
    profiles.write(folder / params.FILE, changes)
    (folder / ".dvc").mkdir()
    config = CONFIG.format(site=(folder / ".dvc" / "tmp" / "site").resolve())
    (folder / ".dvc" / "config").write_text(config, encoding="utf-8")


def own_files(top: Path) -> Iterator[Path]:
    """Yield the project's files relative to `top`: uncommitted ones too, never a result."""
    for path in map(Path, _listed(top)):
        made = path.parts[0] in RESULTS or LEFTOVERS & set(path.parts)
        if not made and (top / path).is_file() and not (top / path).is_symlink():
            yield path


def environment() -> dict[str, str]:
    """Return the environment in which the stages' `python` is the one that runs now."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return {**os.environ, "PATH": path}


def run(folder: Path) -> int:
    """Run `dvc repro` in `folder` and return its exit code."""
    command = [sys.executable, "-m", "dvc", "repro"]
    return subprocess.run(command, cwd=folder, env=environment(), check=False).returncode


def _listed(top: Path) -> list[str]:
    """Return every file that git does not ignore; every file where there is no git checkout."""
    if (top / ".git").exists() and shutil.which("git"):
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=top, capture_output=True, check=False)
        if listed.returncode == 0:
            return [os.fsdecode(name) for name in listed.stdout.split(b"\0") if name]
    found = []
    for folder, below, names in os.walk(top):
        below[:] = sorted(set(below) - LEFTOVERS - (RESULTS if Path(folder) == top else set()))
        found += [os.path.relpath(Path(folder) / name, top) for name in sorted(names)]
    return found
