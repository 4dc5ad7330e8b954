"""One training of the VGG-19: equally many steps whatever it is trained on, best look kept."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from depthfaces.classify.cnn import initialise
from depthfaces.schema.studies import Vgg
from depthfaces.studies.augment.change import DRAWS, Change, change
from depthfaces.studies.augment.prepare import Bytes
from depthfaces.studies.augment.vgg import Vgg19

Array = npt.NDArray[Any]
PIECE = 128  # faces asked at once


class Lesson(NamedTuple):
    """Faces (n, S, S) and their classes (n,)."""

    images: Bytes
    labels: Array


class Plan(NamedTuple):
    """What a fit is told: the classes, steps between looks at validation, augmentation or none."""

    classes: int
    steps: int
    how: Change | None
    seed: int


class Fitted(NamedTuple):
    """The net of the best look, and a row a look: step, train loss, validation loss, accuracy."""

    net: nn.Module
    curve: list[dict[str, float]]


def fit(train: Lesson, validation: Lesson, plan: Plan, wanted: Vgg) -> Fitted:
    """Train for `wanted.epochs` times `plan.steps` steps; the lowest validation loss is kept."""
    rng = np.random.default_rng(plan.seed)
    place = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    stream = torch.Generator().manual_seed(int(rng.integers(2**63)))
    side = train.images.shape[1]
    net = Vgg19(plan.classes, wanted.width, side, norm=wanted.norm, generator=stream)
    initialise(net, rng)
    net.to(place, memory_format=torch.channels_last)  # type: ignore[call-overload] # its stub lacks it
    adam = torch.optim.Adam(net.parameters(), wanted.rate)
    feed = Feed(train, wanted.batch, plan.how, rng)
    curve: list[dict[str, float]] = []
    kept: dict[str, Tensor] = {}
    for look in range(1, wanted.epochs + 1):
        loss = _pass(net, adam, feed, plan.steps)
        shares = answers(net, validation.images)
        mine = shares[np.arange(len(shares)), validation.labels]
        row = {
            "step": look * plan.steps,
            "train": loss,
            "validation": float(-np.log(mine + 1e-9).mean()),
            "accuracy": float((shares.argmax(axis=1) == validation.labels).mean()),
        }
        if not curve or row["validation"] < min(found["validation"] for found in curve):
            kept = {name: value.detach().clone() for name, value in net.state_dict().items()}
        curve.append(row)
    net.load_state_dict(kept)
    return Fitted(net, curve)


def _pass(net: nn.Module, adam: torch.optim.Adam, feed: "Feed", steps: int) -> float:
    """Take `steps` steps; return their mean loss."""
    net.train()
    place = next(net.parameters()).device
    losses = []
    for _ in range(steps):
        faces, labels = (part.to(place) for part in feed.fetch())
        loss = cross_entropy(net(faces), labels)
        adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()
        losses.append(loss.detach())
    return float(torch.stack(losses).mean())


class Feed:
    """Batches without end: every face once, shuffled, then all over again."""

    def __init__(
        self, lesson: Lesson, batch: int, how: Change | None, rng: np.random.Generator
    ) -> None:
        self.lesson, self.batch, self.how, self.rng = lesson, batch, how, rng
        self.waiting = np.empty(0, np.intp)

    def fetch(self) -> tuple[Tensor, Tensor]:
        """Return faces (batch, 1, S, S) in [0, 1], changed if so told, and their classes."""
        while len(self.waiting) < self.batch:
            fresh = self.rng.permutation(len(self.lesson.labels))
            self.waiting = np.concatenate([self.waiting, fresh])
        rows, self.waiting = np.split(self.waiting, [self.batch])
        faces = tensor(self.lesson.images[rows])
        if self.how is not None:
            draws = torch.from_numpy(self.rng.random((len(rows), DRAWS), np.float32))
            faces = change(faces, draws, self.how)
        return faces, torch.from_numpy(np.asarray(self.lesson.labels[rows], np.int64))


@torch.inference_mode()
def answers(net: nn.Module, images: Bytes) -> Array:
    """Return probabilities (n, classes) of the faces (n, S, S)."""
    net.eval()
    place = next(net.parameters()).device
    found = []
    for start in range(0, len(images), PIECE):
        scores = net(tensor(images[start : start + PIECE]).to(place))
        found.append(torch.softmax(scores.double(), dim=1).cpu().numpy())
    return np.concatenate(found)


def tensor(images: Bytes) -> Tensor:
    """Return grey levels (n, S, S) as faces (n, 1, S, S) in [0, 1]."""
    return torch.from_numpy(images).float()[:, None] / 255
