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
LEARNING_RATE, WEIGHT_DECAY = 3e-3, 1e-4  # of Adam: at 1e-3 it has not converged after 20 epochs
DROPOUT = 0.5  # of the last layer's inputs
MAX_SHIFT = 2  # pixels of the random shift of train faces; half of the faces are mirrored besides
BLOCK_SIZE = 64  # faces per call of the net: a constant, so that results do not depend on batching


class Shape(NamedTuple):
    """Side of a face in pixels, channels of the first convolution, classes."""

    side: int
    width: int
    classes: int


class Cnn:
    """Three convolutions and a linear layer; validation picks the best epoch."""

    view: ClassVar[str] = "pixels"

    def __init__(self, shape: Shape) -> None:
        self.shape, (side, width, classes) = shape, shape
        channels = [1, width, 2 * width, 4 * width]
        layers: list[nn.Module] = []
        for in_channels, out_channels in pairwise(channels):
            layers += [
                nn.Conv2d(in_channels, out_channels, 3, padding=1),
                nn.ReLU(),
                nn.MaxPool2d(2),
            ]
        flat_size = channels[-1] * (side // 8) ** 2
        self.net = nn.Sequential(*layers, nn.Flatten(), nn.Linear(flat_size, classes))

    @classmethod
    def fit(cls, train: Sample, validation: Sample, seed: int, params: Classify) -> Self:
        """Train for `params.cnn_epochs` epochs on the faces `train.x` (n, side^2), uint8."""
        torch.set_num_threads(1)
        train = train.used()
        side = round(train.x.shape[1] ** 0.5)
        model = cls(Shape(side, params.cnn_width, int(train.y.max()) + 1))
        rng = np.random.default_rng(seed)
        initialise(model.net, rng)
        optimizer = torch.optim.Adam(
            model.net.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY
        )
        best_loss, best_weights = np.inf, model._weights()
        for _ in range(params.cnn_epochs):
            for faces, labels, weights in _train_batches(train, side, rng):
                optimizer.zero_grad()
                weighted_loss(model._forward(faces, rng), labels, weights).backward()  # type: ignore[no-untyped-call]
                optimizer.step()
            true_probabilities = model.predict(validation.x)[
                np.arange(len(validation.y)), validation.y
            ]
            validation_loss = -float(np.log(true_probabilities + 1e-9).mean())
            if validation_loss < best_loss:
                best_loss, best_weights = validation_loss, model._weights()
        model.net.load_state_dict(best_weights)
        return model

    def predict(self, x: Array) -> Array:
        """Return probabilities (n, k) of the faces `x` (n, side^2), uint8."""
        torch.set_num_threads(1)
        padded_faces = np.zeros((-(-len(x) // BLOCK_SIZE) * BLOCK_SIZE, x.shape[1]), x.dtype)
        padded_faces[: len(x)] = x
        with torch.inference_mode():
            block_scores = [
                self.net(_faces(padded_faces[start : start + BLOCK_SIZE], self.shape.side))
                for start in range(0, len(padded_faces), BLOCK_SIZE)
            ]
            probabilities = torch.softmax(torch.cat(block_scores).double(), dim=1)
        return np.asarray(probabilities[: len(x)].numpy())

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
            model = cls(Shape(**shape))
        with files.intact(folder / "net.safetensors"):
            model.net.load_state_dict(load_file(folder / "net.safetensors"))
        return model

    def _weights(self) -> dict[str, Tensor]:
        return {name: value.detach().clone() for name, value in self.net.state_dict().items()}

    def _forward(self, faces: Tensor, rng: np.random.Generator) -> Tensor:
        """Return the scores of a train batch; dropout follows `rng`, not torch's own stream."""
        *hidden_layers, output_layer = self.net
        for layer in hidden_layers:
            faces = layer(faces)
        keep_mask = torch.from_numpy(rng.random(faces.shape, np.float32) >= DROPOUT)
        scores: Tensor = output_layer(faces * keep_mask / (1 - DROPOUT))
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


def weighted_loss(scores: Tensor, labels: Tensor, weights: Tensor | None) -> Tensor:
    """Return the mean cross-entropy of a batch, weighted by `weights` (n,) if there are any."""
    if weights is None:
        return functional.cross_entropy(scores, labels)
    return (functional.cross_entropy(scores, labels, reduction="none") * weights).mean()


def _train_batches(
    train: Sample, side: int, rng: np.random.Generator
) -> Iterator[tuple[Tensor, Tensor, Tensor | None]]:
    """Yield one epoch of shuffled faces, randomly shifted and mirrored, as batches.

    With each batch come its labels and, if the faces have any, their weights, 1 in the mean.
    """
    order = rng.permutation(len(train.y))
    mean_weight = 1.0 if train.w is None else train.w.mean()
    for start in range(0, len(order), BATCH):
        batch_rows = order[start : start + BATCH]
        faces = _faces(train.x[batch_rows], side)
        is_mirrored = torch.from_numpy(rng.random(len(batch_rows)) < 0.5)[:, None, None, None]
        faces = torch.where(is_mirrored, faces.flip(3), faces)
        padded_faces = functional.pad(faces, [MAX_SHIFT] * 4, value=-1)
        top, left = rng.integers(0, 2 * MAX_SHIFT + 1, 2)
        moved_faces = padded_faces[:, :, top : top + side, left : left + side]
        labels = torch.from_numpy(np.asarray(train.y[batch_rows], np.int64))
        batch_weights = (
            None if train.w is None else torch.from_numpy(train.w[batch_rows] / mean_weight).float()
        )
        yield moved_faces, labels, batch_weights


def _faces(x: Array, side: int) -> Tensor:
    """Return rows of grey values as faces (n, 1, side, side) in [-1, 1]."""
    faces = torch.from_numpy(np.asarray(x, np.float32).reshape(-1, 1, side, side))
    return faces / 127.5 - 1
