"""Minibatches of real faces, read from the memory map by row: memory does not grow with the set."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from depthfaces.errors import DataError, ParamsError
from depthfaces.faces import FaceSet, release
from depthfaces.schema import Gan

FEWEST = 2  # train faces of a class: of one alone nothing can be learned that is not that face


@dataclass
class Batch:
    """What a step works on: real faces and latents with their labels, and draws for `augment`."""

    real: Tensor
    real_labels: Tensor
    z: Tensor
    labels: Tensor
    draws: Tensor


class Draws:
    """One random stream, and what a step draws from it."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def latents(self, count: int, length: int) -> Tensor:
        """Return draws from the prior N(0, I), (count, length)."""
        return torch.from_numpy(self.rng.standard_normal((count, length), np.float32))

    def uniform(self, count: int, length: int) -> Tensor:
        """Return draws from [0, 1), (count, length)."""
        return torch.from_numpy(self.rng.random((count, length), np.float32))

    @property
    def state(self) -> Any:
        """Return where the random stream stands, as plain numbers."""
        return self.rng.bit_generator.state

    @state.setter
    def state(self, value: Any) -> None:
        self.rng.bit_generator.state = value


class Feed(Draws):
    """Train faces: every class equally likely if `balanced`, half of them mirrored if `mirror`."""

    def __init__(
        self,
        faces: FaceSet,
        rng: np.random.Generator,
        *,
        balanced: bool = True,
        mirror: bool = True,
    ) -> None:
        super().__init__(rng)
        train = faces.table["split"].to_numpy() == "train"
        self.images, self.classes, self.mirror = faces.images, faces.classes, mirror
        self.rows = [np.flatnonzero(train & (faces.table["label"] == c)) for c in self.classes]
        sizes = np.array([len(rows) for rows in self.rows])
        _check(self.classes, sizes)
        self.chances = None if balanced else sizes / sizes.sum()

    def labels(self, count: int) -> Tensor:
        """Return `count` labels (count,) as likely as the feed's classes are."""
        if self.chances is None:
            return torch.from_numpy(self.rng.integers(len(self.rows), size=count))
        return torch.from_numpy(self.rng.choice(len(self.rows), count, p=self.chances))

    def fetch(self, count: int) -> tuple[Tensor, Tensor]:
        """Return faces (count, 1, S, S) and their labels (count,)."""
        labels = self.labels(count)
        places = self.rng.random(count)
        of_class = [self.rows[label] for label in labels.tolist()]
        rows = [rows[int(place * len(rows))] for rows, place in zip(of_class, places, strict=True)]
        faces = torch.from_numpy(np.asarray(self.images[rows], np.float32))[:, None]
        release(self.images)
        if self.mirror:
            mirrored = torch.from_numpy(self.rng.random(count) < 0.5)
            faces = torch.where(mirrored[:, None, None, None], faces.flip(3), faces)
        return faces.contiguous(memory_format=torch.channels_last), labels


class Both(Draws):
    """Your faces and those of virtual people in turn, one of each; classes begin with yours.

    A face of yours has its class's number as label, a virtual one that plus the number of classes.
    """

    def __init__(self, yours: Feed, virtual: Feed) -> None:
        super().__init__(yours.rng)
        self.yours, self.virtual = yours, virtual
        self.classes = yours.classes + [c for c in virtual.classes if c not in yours.classes]
        numbers = [len(self.classes) + self.classes.index(c) for c in virtual.classes]
        self.numbers = torch.tensor(numbers)

    def labels(self, count: int) -> Tensor:
        """Return `count` labels (count,), each domain's as likely as it has them."""
        yours = self.yours.labels(-(-count // 2))
        return _in_turn(yours, self.numbers[self.virtual.labels(count // 2)])

    def fetch(self, count: int) -> tuple[Tensor, Tensor]:
        """Return faces (count, 1, S, S) and their labels (count,)."""
        yours, labels = self.yours.fetch(-(-count // 2))
        virtual, numbers = self.virtual.fetch(count // 2)
        faces = _in_turn(yours, virtual).contiguous(memory_format=torch.channels_last)
        return faces, _in_turn(labels, self.numbers[numbers])


def feed_of(faces: FaceSet, gan: Gan, rng: np.random.Generator) -> Feed:
    """Return the feed of `faces`, as `gan` says."""
    return Feed(faces, rng, balanced=gan.balanced, mirror=gan.mirror)


def check_batch(faces: FaceSet, batch: int) -> None:
    """Raise where a batch is larger than the train split."""
    found = int((faces.table["split"] == "train").sum())
    if batch > found:
        raise ParamsError(f"gan.batch: expected at most the {found} train faces, found {batch}")


def _in_turn(one: Tensor, other: Tensor) -> Tensor:
    """Return the rows of both, one of each in turn: `one` (n, ...), `other` (n or n - 1, ...)."""
    joined = one.new_empty((len(one) + len(other), *one.shape[1:]))
    joined[0::2], joined[1::2] = one, other
    return joined


def _check(classes: list[str], sizes: np.ndarray) -> None:
    if len(classes) < 2:  # what a condition needs
        raise DataError(f"expected faces of two emotions or more, found only {classes}")
    for label, size in zip(classes, sizes, strict=True):
        if size < FEWEST:
            found = "no train face" if size == 0 else "a single train face"
            raise DataError(f"{found} of {label!r}: add faces, or remove the class")
