"""A small convolutional net that learns from the faces themselves."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from depthfaces import files
from depthfaces.classify.sample import Sample
from depthfaces.schema import Classify

Array = npt.NDArray[Any]

BATCH = 32
RATE, DECAY = 3e-3, 1e-4  # of Adam: at 1e-3 it is not done after 20 passes
DROPPED = 0.5  # share of the last layer's inputs left out at each step
SHIFT = 2  # pixels that a train face is moved by at most; half of them are mirrored besides
BLOCK = 64  # faces a call of the net: always so many, so that a face's numbers never change


class Shape(NamedTuple):
    """Side of a face in pixels, channels of the first convolution, classes."""

    side: int
    width: int
    classes: int


class Cnn:
    """Three convolutions and a mean; validation decides which pass over the faces was the best."""

    view: ClassVar[str] = "pixels"

    def __init__(self, shape: Shape) -> None:
        self.shape, (side, width, classes) = shape, shape
        planes = [1, width, 2 * width, 4 * width]
        layers: list[nn.Module] = []
        for before, after in pairwise(planes):
            layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        flat = planes[-1] * (side // 8) ** 2
        self.net = nn.Sequential(*layers, nn.Flatten(), nn.Linear(flat, classes))

    @classmethod
    def fit(cls, train: Sample, validation: Sample, seed: int, params: Classify) -> Self:
        """Train for `params.cnn_epochs` passes over the faces `train.x` (n, side^2), uint8."""
        torch.set_num_threads(1)
        train = train.used()
        side = round(train.x.shape[1] ** 0.5)
        found = cls(Shape(side, params.cnn_width, int(train.y.max()) + 1))
        rng = np.random.default_rng(seed)
        initialise(found.net, rng)
        adam = torch.optim.Adam(found.net.parameters(), RATE, weight_decay=DECAY)
        best, kept = np.inf, found._weights()
        for _ in range(params.cnn_epochs):
            for faces, labels, weights in _batches(train, side, rng):
                adam.zero_grad()
                loss_of(found._forward(faces, rng), labels, weights).backward()  # type: ignore[no-untyped-call]
                adam.step()
            shares = found.predict(validation.x)[np.arange(len(validation.y)), validation.y]
            loss = -float(np.log(shares + 1e-9).mean())
            if loss < best:
                best, kept = loss, found._weights()
        found.net.load_state_dict(kept)
        return found

    def predict(self, x: Array) -> Array:
        """Return probabilities (n, k) of the faces `x` (n, side^2), uint8."""
        torch.set_num_threads(1)
        padded = np.zeros((-(-len(x) // BLOCK) * BLOCK, x.shape[1]), x.dtype)
        padded[: len(x)] = x
        with torch.inference_mode():
            parts = [
                self.net(_faces(padded[start : start + BLOCK], self.shape.side))
                for start in range(0, len(padded), BLOCK)
            ]
            shares = torch.softmax(torch.cat(parts).double(), dim=1)
        return np.asarray(shares[: len(x)].numpy())

    def save(self, folder: Path) -> None:
        """Write FOLDER/net.safetensors and its shape as net.json."""
        with files.atomic(folder / "net.safetensors") as temporary:
            save_file(self._weights(), temporary)
        files.write_json(folder / "net.json", self.shape._asdict())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        shape = files.read_json(folder / "net.json", *Shape._fields)
        with files.intact(folder / "net.json"):
            found = cls(Shape(**shape))
        with files.intact(folder / "net.safetensors"):
            found.net.load_state_dict(load_file(folder / "net.safetensors"))
        return found

    def _weights(self) -> dict[str, Tensor]:
        return {name: value.detach().clone() for name, value in self.net.state_dict().items()}

    def _forward(self, faces: Tensor, rng: np.random.Generator) -> Tensor:
        """Return the scores of a train batch; dropout follows `rng`, not torch's own stream."""
        *body, last = self.net
        for layer in body:
            faces = layer(faces)
        kept = torch.from_numpy(rng.random(faces.shape, np.float32) >= DROPPED)
        scores: Tensor = last(faces * kept / (1 - DROPPED))
        return scores


def initialise(net: nn.Module, rng: np.random.Generator) -> None:
    """Draw weights from `rng`: He-normal, biases 0."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            shape = tuple(module.weight.shape)
            weights = rng.standard_normal(shape, np.float32) * np.sqrt(2 / np.prod(shape[1:]))
            with torch.no_grad():
                module.weight.copy_(torch.from_numpy(weights))
                nn.init.zeros_(module.bias)  # type: ignore[arg-type] # each of ours has one


def loss_of(scores: Tensor, labels: Tensor, weights: Tensor | None) -> Tensor:
    """Return the mean cross-entropy of a batch, each face's times its weight (n,) if it has one."""
    if weights is None:
        return functional.cross_entropy(scores, labels)
    return (functional.cross_entropy(scores, labels, reduction="none") * weights).mean()


def _batches(
    train: Sample, side: int, rng: np.random.Generator
) -> Iterator[tuple[Tensor, Tensor, Tensor | None]]:
    """Yield all faces once, shuffled, each moved and half of them mirrored.

    With each batch come its labels and, if the faces have any, their weights, 1 in the mean.
    """
    order = rng.permutation(len(train.y))
    mean = 1.0 if train.w is None else train.w.mean()
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        faces = _faces(train.x[rows], side)
        mirrored = torch.from_numpy(rng.random(len(rows)) < 0.5)[:, None, None, None]
        faces = torch.where(mirrored, faces.flip(3), faces)
        padded = functional.pad(faces, [SHIFT] * 4, value=-1)
        top, left = rng.integers(0, 2 * SHIFT + 1, 2)
        moved = padded[:, :, top : top + side, left : left + side]
        labels = torch.from_numpy(np.asarray(train.y[rows], np.int64))
        heavy = None if train.w is None else torch.from_numpy(train.w[rows] / mean).float()
        yield moved, labels, heavy


def _faces(x: Array, side: int) -> Tensor:
    """Return rows of grey values as faces (n, 1, side, side) in [-1, 1]."""
    faces = torch.from_numpy(np.asarray(x, np.float32).reshape(-1, 1, side, side))
    return faces / 127.5 - 1
