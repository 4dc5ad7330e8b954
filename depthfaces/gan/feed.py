"""Minibatches of real faces, read from the memory map by row: memory does not grow with the set."""

import numpy as np
import torch
from torch import Tensor

from depthfaces.errors import DataError
from depthfaces.faces import FaceSet


class Feed:
    """Train faces with every class equally likely, each mirrored half of the time."""

    def __init__(self, faces: FaceSet, rng: np.random.Generator) -> None:
        train = faces.table["split"].to_numpy() == "train"
        self.images, self.classes, self.rng = faces.images, faces.classes, rng
        self.rows = [np.flatnonzero(train & (faces.table["label"] == c)) for c in self.classes]
        for label, rows in zip(self.classes, self.rows, strict=True):
            if len(rows) == 0:
                raise DataError(f"no train face of {label!r}: add faces, or remove the class")

    def labels(self, count: int) -> Tensor:
        """Return `count` labels (count,), every class equally likely."""
        return torch.from_numpy(self.rng.integers(len(self.rows), size=count))

    def fetch(self, count: int) -> tuple[Tensor, Tensor]:
        """Return faces (count, 1, S, S) and their labels (count,)."""
        labels = self.labels(count)
        rows = [self.rng.choice(self.rows[label]) for label in labels.tolist()]
        faces = torch.from_numpy(np.asarray(self.images[rows], np.float32))[:, None]
        mirrored = torch.from_numpy(self.rng.random(count) < 0.5)
        faces = torch.where(mirrored[:, None, None, None], faces.flip(3), faces)
        return faces.contiguous(memory_format=torch.channels_last), labels

    def latents(self, count: int, length: int) -> Tensor:
        """Return draws from the prior N(0, I), (count, length)."""
        return torch.from_numpy(self.rng.standard_normal((count, length), np.float32))
