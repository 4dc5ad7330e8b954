"""A judge of emotions for the fitness: a small net trained on train faces alone.

It must never score what it has bred: evolution overfits its scorer.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, cross_entropy

from depthfaces.evolve.search import Array
from depthfaces.faces import FaceSet

SIDE = 32  # pixels: enough to see a mouth, and a face costs 3 million multiplications
EPOCHS = 25  # passes over the train faces; the one with the least loss on validation is kept
BATCH = 64


@dataclass(frozen=True)
class Judge:
    """Faces (n, S, S) in [-1, 1] to log p(emotion).

    `typical` says of each class how sure it is of real ones that it never saw: the median of log p
    over validation (0 where there is none). `about` is its accuracy and loss there.
    """

    net: nn.Module
    typical: list[float]
    about: dict[str, float]

    @torch.inference_mode()
    def log_probability(self, faces: Array) -> Array:
        """Return log p(emotion | face), (n, classes)."""
        return np.asarray(self.net(_small(faces)).log_softmax(1).numpy())


def fit(
    train: FaceSet, validation: FaceSet, classes: Sequence[str], rng: np.random.Generator
) -> Judge:
    """Train a judge on `train`, mirrored at random; `validation` chooses the epoch."""
    faces, targets = _tensors(train, classes)
    held, answers = _tensors(validation, classes)
    found: list[Judge] = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng.integers(2**63)))  # first weights and drop-out
        net = _network(len(classes))
        adam = torch.optim.AdamW(net.parameters(), 1e-3)
        for _ in range(EPOCHS):
            _pass(net, adam, faces, targets, rng)
            found.append(_judged(copy.deepcopy(net).eval(), held, answers))
    return min(found, key=lambda judge: judge.about["loss"])


@torch.inference_mode()
def _judged(net: nn.Module, held: Tensor, answers: Tensor) -> Judge:
    scores = net(held).log_softmax(1)
    right = scores.gather(1, answers[:, None])[:, 0]
    typical = [
        float(right[answers == target].median()) if (answers == target).any() else 0.0
        for target in range(scores.shape[1])
    ]
    accuracy = float((scores.argmax(1) == answers).float().mean())
    return Judge(net, typical, {"accuracy": accuracy, "loss": float(-right.mean())})


def _pass(
    net: nn.Module,
    adam: torch.optim.Optimizer,
    faces: Tensor,
    targets: Tensor,
    rng: np.random.Generator,
) -> None:
    net.train()
    for rows in torch.split(torch.from_numpy(rng.permutation(len(faces))), BATCH):
        mirrored = torch.from_numpy(rng.random(len(rows)) < 0.5)[:, None, None, None]
        batch = torch.where(mirrored, faces[rows].flip(3), faces[rows])
        adam.zero_grad()
        cross_entropy(net(batch), targets[rows]).backward()  # type: ignore[no-untyped-call]
        adam.step()


def _network(classes: int) -> nn.Module:
    layers: list[nn.Module] = []
    for planes, out in ((1, 16), (16, 32), (32, 64)):
        layers += [nn.Conv2d(planes, out, 3, padding=1), nn.BatchNorm2d(out), nn.ReLU()]
        layers += [nn.MaxPool2d(2)]
    layers += [nn.Flatten(), nn.Dropout(0.3), nn.Linear(64 * (SIDE // 8) ** 2, classes)]
    return nn.Sequential(*layers)


def _small(faces: Array) -> Tensor:
    return adaptive_avg_pool2d(torch.from_numpy(np.array(faces, np.float32))[:, None], SIDE)


def _tensors(faces: FaceSet, classes: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Return the faces at the judge's size and their indices into `classes`, batch by batch."""
    small = torch.cat([_small(images) for _, images in faces.batches(256)])
    targets = [classes.index(label) for label in faces.table["label"]]
    return small, torch.tensor(targets)
