"""Convolutional nets that see depth and slopes, each face changed anew at every step."""

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
from depthfaces.classify.temperature import temperature
from depthfaces.schema import Classify

Array = npt.NDArray[Any]

BATCH = 32
RATE, DECAY = 3e-3, 1e-2  # of AdamW; the rate is the highest of one cycle
WARM, START = 0.3, 0.04  # share of the steps in which the rate rises, and from which share of it
HIDDEN, DROPPED = 128, 0.3  # units before the scores, and the share left out at each step
SMOOTHING = 0.05  # of the labels
BLOCK = 16  # faces a call of a net: always so many, so that a face's numbers never change
FLAT = 1e-3  # relief below which faces are photographs: their grey values have no slopes
COLDEST, HOTTEST = 0.25, 4.0  # temperatures beyond are a few validation faces' chance
FLOOR = 1e-9  # a probability of 0 has no logarithm


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
    """The mean of a few nets over a face and its mirror image; validation says how sure it is."""

    view: ClassVar[str] = "pixels"

    def __init__(self, shape: Shape, heat: float = 1.0) -> None:
        self.shape, self.heat = shape, heat
        with torch.random.fork_rng(devices=[]):  # torch's own weights are not kept, nor its draws
            self.nets = nn.ModuleList(_layers(shape) for _ in range(shape.members))
        self.nets.to(memory_format=torch.channels_last).eval()  # type: ignore[call-overload]

    @classmethod
    def fit(cls, train: Sample, validation: Sample, seed: int, params: Classify) -> Self:
        """Train each net for `params.net_steps` on the faces `train.x` (n, side^2), uint8.

        Steps are as many whatever the set; a face's chance to be in one is in proportion to its
        weight. Without a validation face of each class nothing is tuned.
        """
        torch.set_num_threads(1)
        train = train.used()
        side, classes = round(train.x.shape[1] ** 0.5), int(train.y.max()) + 1
        relief = params.net_relief if params.net_relief > FLAT else 0.0
        found = cls(Shape(side, params.net_width, classes, params.net_members, relief))
        lesson = Lesson(
            warp.Surface.of(faces_of(train.x, side)),
            torch.from_numpy(np.asarray(train.y, np.int64)),
            train.weights(),
            _smoothed,
        )
        found.learn(lesson, params.net_steps, seed, "net")
        if len(np.unique(validation.y)) == classes:
            scores = np.log(found.predict(validation.x) + FLOOR)
            found.heat = float(np.clip(temperature(scores, validation.y), COLDEST, HOTTEST))
        return found

    def learn(self, lesson: "Lesson", steps: int, seed: int, name: str) -> None:
        """Train each net for `steps`; its draws follow `seed` and `name`."""
        for member, net in enumerate(self.nets):
            _train(net, lesson, steps, self.shape.relief, seeding.stream(seed, name, member))

    def predict(self, x: Array) -> Array:
        """Return probabilities (n, k) of the faces `x` (n, side^2), uint8."""
        scores = torch.log(self.mean(x, _probabilities) + FLOOR) / self.heat
        return np.asarray(_probabilities(scores).numpy())

    def mean(self, x: Array, of: Callable[[Tensor], Tensor]) -> Tensor:
        """Return the mean (n, k) of what `of` makes of all scores of the faces `x`, double."""
        torch.set_num_threads(1)
        padded = np.zeros((-(-len(x) // BLOCK) * BLOCK, x.shape[1]), x.dtype)
        padded[: len(x)] = x
        blocks = np.split(padded, len(padded) // BLOCK) if len(x) else [padded]
        with torch.inference_mode():
            each = [self._mean(faces_of(block, self.shape.side), of) for block in blocks]
        return torch.cat(each)[: len(x)]

    def _mean(self, faces: Tensor, of: Callable[[Tensor], Tensor]) -> Tensor:
        total = torch.zeros(len(faces), self.shape.classes, dtype=torch.float64)
        both = [_channels(view, self.shape.relief) for view in (faces, faces.flip(3))]
        for net in self.nets:
            one, other = (of(net(view).double()) for view in both)
            total += one + other
        return total / (2 * self.shape.members)

    def save(self, folder: Path) -> None:
        """Write FOLDER/net.safetensors and its shape and temperature as net.json."""
        weights = {name: value.contiguous() for name, value in self.nets.state_dict().items()}
        with files.atomic(folder / "net.safetensors") as temporary:
            save_file(weights, temporary)
        files.write_json(folder / "net.json", {**self.shape._asdict(), "heat": self.heat})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        told = files.read_json(folder / "net.json", *Shape._fields, "heat")
        with files.intact(folder / "net.json"):
            found = cls(Shape(*(told[name] for name in Shape._fields)), told["heat"])
        with files.intact(folder / "net.safetensors"):
            found.nets.load_state_dict(load_file(folder / "net.safetensors"))
        return found


class Lesson(NamedTuple):
    """What a net learns from: surfaces of n faces, their classes (n,) and weights (n,).

    `loss` says of scores (b, k) and the `y` of a batch how far they are apart.
    """

    surfaces: warp.Surface
    y: Tensor
    weights: Array
    loss: Callable[[Tensor, Tensor], Tensor]


def _layers(shape: Shape) -> nn.Sequential:
    """Four convolutions, each but the last halving the face, then two dense layers."""
    width = shape.width
    planes = [3 if shape.relief else 1, width, 2 * width, 3 * width, 4 * width]
    layers: list[nn.Module] = []
    for number, (before, after) in enumerate(pairwise(planes)):
        halved = [nn.MaxPool2d(2)] if number < 3 else []  # before the rest: a quarter of the work
        layers += [nn.Conv2d(before, after, 3, padding=1), *halved, nn.BatchNorm2d(after)]
        layers.append(nn.ReLU())
    flat = planes[-1] * (shape.side // 8) ** 2
    layers += [nn.Flatten(), nn.Linear(flat, HIDDEN), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(HIDDEN, shape.classes))


def _train(
    net: nn.Module, lesson: Lesson, steps: int, relief: float, rng: np.random.Generator
) -> None:
    """Train `net` in place; whatever is random follows `rng`, not torch's own stream."""
    initialise(net, rng)
    adam = torch.optim.AdamW(net.parameters(), RATE, weight_decay=DECAY, fused=True)
    net.train()
    for share, rows in _batches(lesson.weights, steps, rng):
        adam.param_groups[0]["lr"] = RATE * one_cycle(share)
        surface, change = lesson.surfaces.pick(rows), warp.draw(len(rows), rng)
        faces = warp.noisy(warp.changed(surface, change, relief), rng)
        scores = _forward(net, _channels(faces, relief), rng)
        adam.zero_grad()
        lesson.loss(scores, lesson.y[rows]).backward()  # type: ignore[no-untyped-call]
        adam.step()
    net.eval()


def _smoothed(scores: Tensor, y: Tensor) -> Tensor:
    return functional.cross_entropy(scores, y, label_smoothing=SMOOTHING)


def _probabilities(scores: Tensor) -> Tensor:
    return torch.softmax(scores, dim=1)


def _batches(
    weights: Array, steps: int, rng: np.random.Generator
) -> Iterator[tuple[float, Tensor]]:
    """Yield how much of the training is done, and a batch's rows, `steps` times.

    Over all steps each face comes as often as its weight says, rounded up or down by chance.
    """
    total = steps * BATCH
    until = np.cumsum(weights, dtype=np.float64) / weights.sum(dtype=np.float64)
    marks = (np.arange(total) + rng.random()) / total
    rows = np.searchsorted(until, marks, side="right").clip(max=len(weights) - 1)
    for step, chosen in enumerate(np.split(rng.permutation(rows), steps)):
        yield (step + 0.5) / steps, torch.from_numpy(chosen)


def one_cycle(share: float) -> float:
    """Return the rate as a share of the highest, when `share` of the training is done.

    Smith, Topin (2018): it rises from `START` and falls to 0, both along half a cosine.
    """
    if share < WARM:
        return START + (1 - START) * (1 - math.cos(math.pi * share / WARM)) / 2
    return (1 + math.cos(math.pi * (share - WARM) / (1 - WARM))) / 2


def _forward(net: nn.Module, faces: Tensor, rng: np.random.Generator) -> Tensor:
    """Return the scores of a train batch; units of the hidden layer are left out by `rng`."""
    *body, last = net.children()
    for layer in body:
        faces = layer(faces)
    kept = torch.from_numpy(rng.random(tuple(faces.shape), np.float32) >= DROPPED)
    scores: Tensor = last(faces * kept / (1 - DROPPED))
    return scores


def _channels(faces: Tensor, relief: float) -> Tensor:
    """Return what a net sees of faces (n, 1, S, S): them, and with relief their slopes."""
    seen = torch.cat([faces, warp.slopes(faces, relief)], 1) if relief else faces
    return seen.contiguous(memory_format=torch.channels_last)


def faces_of(x: Array, side: int) -> Tensor:
    """Return rows of grey values as faces (n, 1, side, side) in [-1, 1]."""
    faces = torch.from_numpy(np.asarray(x, np.float32).reshape(-1, 1, side, side))
    return faces / 127.5 - 1
