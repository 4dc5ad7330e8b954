"""Convolutional nets on depth and its gradients, with random augmentation at every step."""

import math
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from depthfaces import files, seeding
from depthfaces.classify import warp
from depthfaces.classify.cnn import initialise
from depthfaces.classify.sample import Sample
from depthfaces.classify.temperature import fit_temperature
from depthfaces.schema import Classify

Array = npt.NDArray[Any]

BATCH = 32
LEARNING_RATE, WEIGHT_DECAY = 3e-3, 1e-2  # of AdamW; the rate is the maximum of one cycle
WARMUP_SHARE, START_SHARE = 0.3, 0.04  # of the steps; and the first rate over the maximum
HIDDEN_UNITS, DROPOUT = 128, 0.3  # of the last hidden layer
SMOOTHING = 0.05  # of the labels
BLOCK_SIZE = 16  # faces per call of a net: a constant, so that results do not depend on batching
FLAT = 1e-3  # relief below which faces are photographs: their grey values have no depth gradient
MIN_TEMPERATURE, MAX_TEMPERATURE = (
    0.25,
    4.0,
)  # beyond, a temperature fits the chance of a few validation faces
MIN_PROBABILITY = 1e-9  # a probability of 0 has no logarithm


class Shape(NamedTuple):
    """Side of a face in pixels, channels of the first layer, classes, nets, and relief.

    `relief` is the depth of the window over the side of the crop, 0 for photographs.
    """

    side: int
    width: int
    classes: int
    members: int
    relief: float


class Net:
    """The mean of a few nets over a face and its mirror image; validation sets its temperature."""

    view: ClassVar[str] = "pixels"

    def __init__(self, shape: Shape, temperature: float = 1.0) -> None:
        self.shape, self.temperature = shape, temperature
        with torch.random.fork_rng(devices=[]):  # torch's own weights are discarded, and its draws
            self.nets = nn.ModuleList(_build_layers(shape) for _ in range(shape.members))
        self.nets.to(memory_format=torch.channels_last).eval()  # type: ignore[call-overload]

    @classmethod
    def fit(cls, train: Sample, validation: Sample, seed: int, params: Classify) -> Self:
        """Train each net for `params.net_steps` on the faces `train.x` (n, side^2), uint8.

        The number of steps does not depend on the set; faces are drawn in proportion to their
        weights. Without a validation face of each class the temperature stays 1.
        """
        torch.set_num_threads(1)
        train = train.used()
        side, class_count = round(train.x.shape[1] ** 0.5), int(train.y.max()) + 1
        relief = params.net_relief if params.net_relief > FLAT else 0.0
        model = cls(Shape(side, params.net_width, class_count, params.net_members, relief))
        images = LabelledImages(
            warp.Surface.of(faces_of(train.x, side)),
            torch.from_numpy(np.asarray(train.y, np.int64)),
            train.weights(),
            _smoothed_loss,
        )
        model.learn(images, params.net_steps, seed, "net")
        if len(np.unique(validation.y)) == class_count:
            scores = np.log(model.predict(validation.x) + MIN_PROBABILITY)
            model.temperature = float(
                np.clip(fit_temperature(scores, validation.y), MIN_TEMPERATURE, MAX_TEMPERATURE)
            )
        return model

    def learn(self, images: "LabelledImages", steps: int, seed: int, name: str) -> None:
        """Train each net for `steps`; its randomness follows `seed` and `name`."""
        for member, net in enumerate(self.nets):
            _train_net(net, images, steps, self.shape.relief, seeding.stream(seed, name, member))

    def predict(self, x: Array) -> Array:
        """Return probabilities (n, k) of the faces `x` (n, side^2), uint8."""
        scores = torch.log(self.mean(x, _probabilities) + MIN_PROBABILITY) / self.temperature
        return np.asarray(_probabilities(scores).numpy())

    def mean(self, x: Array, transform: Callable[[Tensor], Tensor]) -> Tensor:
        """Return the mean (n, k) of `transform` of all nets' scores of the faces `x`, double."""
        torch.set_num_threads(1)
        padded_faces = np.zeros((-(-len(x) // BLOCK_SIZE) * BLOCK_SIZE, x.shape[1]), x.dtype)
        padded_faces[: len(x)] = x
        blocks = (
            np.split(padded_faces, len(padded_faces) // BLOCK_SIZE) if len(x) else [padded_faces]
        )
        with torch.inference_mode():
            block_means = [
                self._mean(faces_of(block, self.shape.side), transform) for block in blocks
            ]
        return torch.cat(block_means)[: len(x)]

    def _mean(self, faces: Tensor, transform: Callable[[Tensor], Tensor]) -> Tensor:
        score_sum = torch.zeros(len(faces), self.shape.classes, dtype=torch.float64)
        both_views = [_input_channels(view, self.shape.relief) for view in (faces, faces.flip(3))]
        for net in self.nets:
            upright, mirrored = (transform(net(view).double()) for view in both_views)
            score_sum += upright + mirrored
        return score_sum / (2 * self.shape.members)

    def save(self, folder: Path) -> None:
        """Write FOLDER/net.safetensors and its shape and temperature as net.json."""
        weights = {name: value.contiguous() for name, value in self.nets.state_dict().items()}
        with files.atomic(folder / "net.safetensors") as temporary:
            save_file(weights, temporary)
        files.write_json(folder / "net.json", {**self.shape._asdict(), "heat": self.temperature})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        stored = files.read_json(folder / "net.json", *Shape._fields, "heat")
        with files.intact(folder / "net.json"):
            model = cls(Shape(*(stored[name] for name in Shape._fields)), stored["heat"])
        with files.intact(folder / "net.safetensors"):
            model.nets.load_state_dict(load_file(folder / "net.safetensors"))
        return model


class LabelledImages(NamedTuple):
    """Train images of a net: surfaces of n faces, their classes (n,) and weights (n,).

    `loss` takes the scores (b, k) and the `y` of a batch.
    """

    surfaces: warp.Surface
    y: Tensor
    weights: Array
    loss: Callable[[Tensor, Tensor], Tensor]


def _build_layers(shape: Shape) -> nn.Sequential:
    """Build four convolutions, each but the last halving the face, then two dense layers."""
    width = shape.width
    channels = [3 if shape.relief else 1, width, 2 * width, 3 * width, 4 * width]
    layers: list[nn.Module] = []
    for layer_index, (in_channels, out_channels) in enumerate(pairwise(channels)):
        # Pooling comes before norm and ReLU: a quarter of the work.
        pooling = [nn.MaxPool2d(2)] if layer_index < 3 else []
        layers += [
            nn.Conv2d(in_channels, out_channels, 3, padding=1),
            *pooling,
            nn.BatchNorm2d(out_channels),
        ]
        layers.append(nn.ReLU())
    flat_size = channels[-1] * (shape.side // 8) ** 2
    layers += [nn.Flatten(), nn.Linear(flat_size, HIDDEN_UNITS), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(HIDDEN_UNITS, shape.classes))


def _train_net(
    net: nn.Module, images: LabelledImages, steps: int, relief: float, rng: np.random.Generator
) -> None:
    """Train `net` in place; all randomness follows `rng`, not torch's own stream."""
    initialise(net, rng)
    optimizer = torch.optim.AdamW(
        net.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY, fused=True
    )
    net.train()
    for progress, batch_rows in _train_batches(images.weights, steps, rng):
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * one_cycle(progress)
        surfaces = images.surfaces.pick(batch_rows)
        changes = warp.draw_changes(len(batch_rows), rng)
        faces = warp.add_noise(warp.apply_changes(surfaces, changes, relief), rng)
        scores = _forward(net, _input_channels(faces, relief), rng)
        optimizer.zero_grad()
        images.loss(scores, images.y[batch_rows]).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    net.eval()


def _smoothed_loss(scores: Tensor, y: Tensor) -> Tensor:
    return functional.cross_entropy(scores, y, label_smoothing=SMOOTHING)


def _probabilities(scores: Tensor) -> Tensor:
    return torch.softmax(scores, dim=1)


def _train_batches(
    weights: Array, steps: int, rng: np.random.Generator
) -> Iterator[tuple[float, Tensor]]:
    """Yield (progress in (0, 1), rows of a batch), `steps` times.

    Over all steps each face is drawn in proportion to its weight, rounded up or down at random.
    """
    draw_count = steps * BATCH
    cumulative_weights = np.cumsum(weights, dtype=np.float64) / weights.sum(dtype=np.float64)
    draw_positions = (np.arange(draw_count) + rng.random()) / draw_count
    drawn_rows = np.searchsorted(cumulative_weights, draw_positions, side="right").clip(
        max=len(weights) - 1
    )
    for step, batch_rows in enumerate(np.split(rng.permutation(drawn_rows), steps)):
        yield (step + 0.5) / steps, torch.from_numpy(batch_rows)


def one_cycle(progress: float) -> float:
    """Return the learning rate over its maximum at `progress` in (0, 1) of the training.

    Smith, Topin (2018): it rises from `START_SHARE` and falls to 0, both along half a cosine.
    """
    if progress < WARMUP_SHARE:
        return (
            START_SHARE + (1 - START_SHARE) * (1 - math.cos(math.pi * progress / WARMUP_SHARE)) / 2
        )
    return (1 + math.cos(math.pi * (progress - WARMUP_SHARE) / (1 - WARMUP_SHARE))) / 2


def _forward(net: nn.Module, faces: Tensor, rng: np.random.Generator) -> Tensor:
    """Return the scores of a train batch; dropout follows `rng`."""
    *hidden_layers, output_layer = net.children()
    for layer in hidden_layers:
        faces = layer(faces)
    keep_mask = torch.from_numpy(rng.random(tuple(faces.shape), np.float32) >= DROPOUT)
    scores: Tensor = output_layer(faces * keep_mask / (1 - DROPOUT))
    return scores


def _input_channels(faces: Tensor, relief: float) -> Tensor:
    """Return the net's input for faces (n, 1, S, S): depth, and with relief its gradients."""
    input_channels = torch.cat([faces, warp.depth_gradients(faces, relief)], 1) if relief else faces
    return input_channels.contiguous(memory_format=torch.channels_last)


def faces_of(x: Array, side: int) -> Tensor:
    """Return rows of grey values as faces (n, 1, side, side) in [-1, 1]."""
    faces = torch.from_numpy(np.asarray(x, np.float32).reshape(-1, 1, side, side))
    return faces / 127.5 - 1
