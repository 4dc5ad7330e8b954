"""A journal of scores, so that a killed search goes on where it was.

A search is bound by its seed and the scores that it is told. So no state of it is stored: it is
run again from its start, and what the journal knows is not computed twice. The result is the same
bit for bit, for every method.
"""

import hashlib
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import torch

from depthfaces import files
from depthfaces.errors import IntegrityError
from depthfaces.evolve.search import Array, Score, Scored

TOP = Path(__file__).parents[1]
# What scores come from, beside a run's own nets.
CODE = ("evolve", "classify", "features", "shipped")
KINDS = {".py", ".json", ".safetensors"}


class Journal:
    """Scores by the number of the call, in a folder of one run's own."""

    def __init__(self, top: Path, key: str) -> None:
        """Keep the journal of the run `key` in TOP/KEY; those of other runs are given up.

        TOP lies outside every output: DVC empties those before a stage runs.
        """
        self.folder = top / key
        if top.is_dir():
            for other in top.iterdir():
                if other.name != key:
                    shutil.rmtree(other, ignore_errors=True)

    @property
    def known(self) -> int:
        """Return how many scored generations stand in the journal."""
        return len(list(self.folder.rglob("*.npz")))

    def keep(self, name: str, score: Score) -> Score:
        """Return `score` that remembers what it said under `name`."""
        folder = self.folder / name
        calls = 0

        def remembered(z: Array) -> Scored:
            nonlocal calls
            path = folder / f"{calls:05d}.npz"
            calls += 1
            return _read(path, z) or _write(path, z, score(z))

        return remembered

    def clear(self) -> None:
        """Remove the journal: the run has ended well."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _read(path: Path, z: Array) -> Scored | None:
    """Return what `path` says of `z`; None where it is absent, torn or about other latents."""
    if not path.is_file():
        return None
    try:
        content = files.read_npz(path, "z", *Scored._fields)
    except IntegrityError:
        return None
    same = all(array.shape[:1] == z.shape[:1] for array in content.values())
    if not same or not np.array_equal(content["z"], z):
        return None
    return Scored(*(content[name] for name in Scored._fields))


def _write(path: Path, z: Array, scored: Scored) -> Scored:
    files.write_npz(path, z=z, **scored._asdict())
    return scored


def resume(top: Path, *parts: object) -> Journal:
    """Return the journal of the run that is bound by `parts`; say what it already knows."""
    journal = Journal(top, key(*parts))
    if journal.known:
        sys.stderr.write(f"evolve: goes on after {journal.known} scored generations\n")
    return journal


def key(*parts: object) -> str:
    """Return the name of a run that is bound by `parts`, by torch and by the code of scores."""
    paths = [path for name in CODE for path in sorted((TOP / name).rglob("*.*"))]
    code = [files.checksum(path) for path in paths if path.suffix in KINDS]
    text = json.dumps([*parts, *code, torch.__version__], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
