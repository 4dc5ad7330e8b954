"""What decides the result of a training: the name under which its checkpoints are kept."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from depthfaces.faces import FaceSet
from depthfaces.schema import Gan, Kd

CODE = Path(__file__).parent
PIECE = 4096  # faces read at once


def of(faces: FaceSet, gan: Gan, kd: Kd, seed: int) -> dict[str, Any]:
    """Return every parameter, and what stands for data, code and machine, by key.

    The number of steps is among them: the learning rates fall by their share of it.
    """
    found: dict[str, Any] = {"seed": seed, "data": data(faces), "code": _code()}
    found |= {"torch": torch.__version__, "threads": torch.get_num_threads()}
    found |= {f"gan.{key}": value for key, value in gan.model_dump().items()}
    found |= {f"kd.{key}": value for key, value in kd.model_dump().items()}
    del found["gan.checkpoint_every"]  # as often as one likes
    return found


def weights(nets: dict[str, nn.Module] | None) -> str:
    """Return a sha256 of the weights that a training starts from; nothing for fresh ones."""
    if nets is None:
        return ""
    digest = hashlib.sha256()
    for name, net in sorted(nets.items()):
        for key, value in net.state_dict().items():
            digest.update(f"{name}.{key}".encode())
            digest.update(value.contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def data(faces: FaceSet) -> str:
    """Return a sha256 of the images and of what is trained on in the table."""
    digest = hashlib.sha256(faces.table[["label", "split"]].to_csv().encode())
    for _, images in faces.batches(PIECE):
        digest.update(np.ascontiguousarray(images).data)
    return digest.hexdigest()


def _code() -> str:
    digest = hashlib.sha256()
    for path in sorted(CODE.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
