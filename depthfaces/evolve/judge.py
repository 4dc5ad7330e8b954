"""Judges of emotions for the fitness: small nets, each trained on other people of the train split.

They must never score what they have bred: evolution overfits its scorer. Several that learned from
different people are harder to fool than one.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, cross_entropy
from torch.nn.utils.fusion import fuse_conv_bn_eval

from depthfaces.evolve.search import Array
from depthfaces.faces import FaceSet

SIDE = 32  # pixels: enough to see a mouth, and a face costs 3 million multiplications
EPOCHS = 20  # passes over the train faces; the one with the least loss on validation is kept
BATCH = (8, 64)  # faces a step: a sixteenth of the set between these, so that a small one has steps


@dataclass(frozen=True)
class Panel:
    """Faces (n, S, S) in [-1, 1] to the judges' mean log p(emotion).

    `about` holds each judge's accuracy and loss on validation, `left_out` the groups of people
    that it never met, none where there are too few to leave some out.
    """

    nets: list[nn.Module]
    about: list[dict[str, float]]
    left_out: list[Array] = field(default_factory=list)

    @torch.inference_mode()
    def log_probability(self, faces: Array) -> Array:
        """Return the mean over judges of log p(emotion | face), (n, classes)."""
        small = _small(faces)
        return np.asarray(torch.stack([net(small).log_softmax(1) for net in self.nets]).mean(0))


@dataclass(frozen=True)
class Examples:
    """Faces at the judges' size (n, 1, 32, 32), their classes (n,) and their people's groups."""

    faces: Tensor
    targets: Tensor
    groups: Array

    @classmethod
    def of(cls, faces: FaceSet, classes: Sequence[str]) -> "Examples":
        """Return what `faces` teach, read batch by batch; targets are indices into `classes`."""
        small = torch.cat([_small(images) for _, images in faces.batches(256)])
        targets = torch.tensor([classes.index(label) for label in faces.table["label"]])
        return cls(small, targets, faces.table["group"].to_numpy())

    def without(self, groups: Array) -> "Examples":
        """Return the examples of all other groups."""
        rows = np.flatnonzero(~np.isin(self.groups, groups))
        return Examples(self.faces[rows], self.targets[rows], self.groups[rows])


def learn(faces: FaceSet, count: int, rng: np.random.Generator) -> Panel:
    """Return `count` judges of the classes of `faces`, taught and chosen on its own splits."""
    parts = [Examples.of(faces.split(name), faces.classes) for name in ("train", "validation")]
    return panel(parts[0], parts[1], count, rng)


def panel(train: Examples, validation: Examples, count: int, rng: np.random.Generator) -> Panel:
    """Train `count` judges, each on the people outside its fold of `train`."""
    groups = rng.permutation(np.unique(train.groups))
    enough = len(groups) > count
    left_out = [groups[fold::count] if enough else groups[:0] for fold in range(count)]
    found = []
    for strangers in left_out:
        seen = train.without(strangers) if enough else train
        found.append(fit(seen, validation, int(train.targets.max()) + 1, rng))
    return Panel([net for net, _ in found], [about for _, about in found], left_out)


def fit(
    train: Examples, validation: Examples, classes: int, rng: np.random.Generator
) -> tuple[nn.Module, dict[str, float]]:
    """Train one judge, faces mirrored at random; `validation` chooses the epoch."""
    found = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng.integers(2**63)))  # first weights and drop-out
        net = _network(classes)
        adam = torch.optim.AdamW(net.parameters(), 1e-3)
        for _ in range(EPOCHS):
            _pass(net, adam, train, rng)
            judge = copy.deepcopy(net).eval()
            found.append((judge, _judged(judge, validation)))
    best, about = min(found, key=lambda judge: judge[1]["loss"])
    return _settled(best), about


@torch.inference_mode()
def _judged(net: nn.Module, held: Examples) -> dict[str, float]:
    scores = net(held.faces)
    right = (scores.argmax(1) == held.targets).float().mean()
    return {"accuracy": float(right), "loss": float(cross_entropy(scores, held.targets))}


def _pass(
    net: nn.Module, adam: torch.optim.Optimizer, train: Examples, rng: np.random.Generator
) -> None:
    net.train()
    size = int(np.clip(len(train.faces) // 16, *BATCH))
    for rows in torch.split(torch.from_numpy(rng.permutation(len(train.faces))), size):
        if len(rows) == 1:
            continue  # BatchNorm has no variance of one face
        mirrored = torch.from_numpy(rng.random(len(rows)) < 0.5)[:, None, None, None]
        batch = torch.where(mirrored, train.faces[rows].flip(3), train.faces[rows])
        adam.zero_grad()
        loss = cross_entropy(net(batch), train.targets[rows])
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()


def _network(classes: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for planes, out in ((1, 16), (16, 32), (32, 64)):
        layers += [nn.Conv2d(planes, out, 3, padding=1), nn.BatchNorm2d(out), nn.ReLU()]
        layers += [nn.MaxPool2d(2)]
    layers += [nn.Flatten(), nn.Dropout(0.3), nn.Linear(64 * (SIDE // 8) ** 2, classes)]
    net = nn.Sequential(*layers)
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # its stub lacks it
    return net


def _settled(net: nn.Sequential) -> nn.Module:
    """Return the trained `net` with its BatchNorms in its convolutions, and pooled before ReLU.

    Equal to a few bits, and 3 times as fast.
    """
    layers: list[Any] = list(net)
    start = next(k for k, layer in enumerate(layers) if isinstance(layer, nn.Flatten))
    settled: list[nn.Module] = []
    for k in range(0, start, 4):
        convolution, norm, relu, pool = layers[k : k + 4]
        settled += [fuse_conv_bn_eval(convolution, norm), pool, relu]
    fast = nn.Sequential(*settled, *layers[start:]).eval()
    fast.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # its stub lacks it
    return fast


def _small(faces: Array) -> Tensor:
    return adaptive_avg_pool2d(torch.from_numpy(np.array(faces, np.float32))[:, None], SIDE)
