"""Checkpoints: kill training at any step, run it again, and its last weights are the same bits.

One folder a training, named by what decides its result. It lies outside every DVC output (DVC
deletes those before a run). When its results are written it is marked as finished and keeps one
checkpoint, as DVC may yet fail to store them; the next stage, or the next training, clears it.
"""

import fcntl
import hashlib
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any, Self

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from depthfaces import disk, files
from depthfaces.errors import IntegrityError, MachineError
from depthfaces.gan.devices import processes

KEPT = 2  # checkpoints: should the newest be damaged, the one before it is there
ABOUT = "about.json"
FINISHED = "finished"


class Checkpoints:
    """The checkpoints of one training; only one process at a time may hold them."""

    def __init__(self, root: Path, about: dict[str, Any], *, first: bool = True) -> None:
        """Use the folder of `root` that belongs to `about`, all that decides the result.

        Of several processes of one training only the `first` writes.
        """
        self.about, self.first = about, first
        text = json.dumps(about, sort_keys=True)
        self.folder = root / hashlib.sha256(text.encode()).hexdigest()[:16]

    def __enter__(self) -> Self:
        """Lock the folder, or say who holds it; say why an older training is not gone on with."""
        if self.first:
            self._hold()
        processes().wait_for_everyone()
        return self

    def _hold(self) -> None:
        if not self.folder.exists():
            clear(self.folder.parent)
            _explain(self.folder.parent, self.about)
        self.folder.mkdir(parents=True, exist_ok=True)
        files.write_json(self.folder / ABOUT, self.about)
        self.lock = (self.folder / "lock").open("a+", encoding="utf-8", errors="replace")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.lock.seek(0)
            holder = self.lock.read().strip()
            self.lock.close()
            raise MachineError(
                f"{self.folder}: process {holder} is at this training; wait for it, or end it"
            ) from None
        self.lock.truncate(0)
        self.lock.write(str(os.getpid()))
        self.lock.flush()
        disk.remove_torn(self.folder)
        (self.folder / FINISHED).unlink(missing_ok=True)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Mark the training as finished where the block, which writes its results, ended well."""
        if not self.first:
            return
        if kind is None:
            for old in self._paths()[1:]:
                old.unlink()
            (self.folder / FINISHED).touch()
        self.lock.close()

    def save(self, step: int, tensors: dict[str, Tensor], state: dict[str, Any]) -> None:
        """Keep what is needed to go on after `step`, in one file that is whole or not there."""
        if not self.first:
            return
        path = self.folder / f"{step:09}.safetensors"
        text = json.dumps(state)
        whole = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
        size = sum(value.nbytes for value in whole.values())
        with files.atomic(path, size) as temporary:
            save_file(whole, temporary, {"state": text, "sha256": _checksum(whole, text)})
        for old in self._paths()[KEPT:]:
            old.unlink()

    def load(self) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """Return the newest undamaged checkpoint; None at the start; damage alone is a fault.

        All processes have read it before the first goes on: what is finished it soon removes.
        """
        found = self._newest()
        processes().wait_for_everyone()
        return found

    def _newest(self) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        paths = self._paths()
        for path in paths:
            found = _read(path)
            if found is not None:
                return found
            sys.stderr.write(f"{path}: damaged, going back to the checkpoint before it\n")
        if paths:
            raise IntegrityError(
                f"{self.folder}: every checkpoint is damaged; delete the folder to start anew"
            )
        return None

    def _paths(self) -> list[Path]:
        return sorted(self.folder.glob("*.safetensors"), reverse=True)


def clear(root: Path) -> None:
    """Remove the finished trainings in `root`: what they gave is stored."""
    for mark in root.glob(f"*/{FINISHED}"):
        shutil.rmtree(mark.parent, ignore_errors=True)


def below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Return the tensors whose names begin with `prefix.`, by the rest of the name."""
    start = prefix + "."
    return {
        key.removeprefix(start): value for key, value in tensors.items() if key.startswith(start)
    }


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    try:
        with safe_open(path, "pt") as file:
            about = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 # no dict
    except Exception:  # whatever a reader raises at odd bytes: the one before is there
        return None
    text = about.get("state", "")
    if about.get("sha256") != _checksum(tensors, text):
        return None
    return tensors, json.loads(text)


def _checksum(tensors: dict[str, Tensor], text: str) -> str:
    digest = hashlib.sha256(text.encode())
    for key in sorted(tensors):
        digest.update(key.encode())
        digest.update(tensors[key].reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _explain(root: Path, about: dict[str, Any]) -> None:
    """Say which keys keep an unfinished training in `root` from being gone on with."""
    for path in sorted(root.glob(f"*/{ABOUT}")):
        try:
            other = files.read_json(path)
        except IntegrityError:
            other = {}  # only told of; that training cannot be gone on with either way
        changed = [key for key in about if other.get(key) != about[key]]
        sys.stderr.write(
            f"{path.parent}: an unfinished training with another {', '.join(changed)}; "
            "starting anew\n"
        )
