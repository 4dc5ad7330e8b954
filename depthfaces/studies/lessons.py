"""One training of a classifier of faces, and many side by side: what the studies' CNNs share."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import cv2
import numpy as np
import numpy.typing as npt
import torch
from joblib import Parallel, delayed
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from tqdm import tqdm

from depthfaces.gan import devices

Array = npt.NDArray[Any]
Bytes = npt.NDArray[np.uint8]
Change = Callable[[Tensor, np.random.Generator], Tensor]
Job = TypeVar("Job")
Found = TypeVar("Found")

PIECE = 128  # faces that are asked at once


class Lesson(NamedTuple):
    """Faces (n, S, S) as grey levels, and their classes (n,)."""

    images: Bytes
    labels: Array


class Plan(NamedTuple):
    """How long a training lasts (looks at validation, steps between them), and Adam's rate.

    `change`, if any, augments each batch (n, 1, S, S) in [0, 1]. If `falling`, the rate falls
    evenly to 0, look by look.
    """

    looks: int
    steps: int
    batch: int
    rate: float
    change: Change | None = None
    falling: bool = False


class Fitted(NamedTuple):
    """The net of the look with the lowest validation loss, and a row a look.

    A row holds step, train (mean loss of the steps), validation (loss) and accuracy (there).
    """

    net: nn.Module
    curve: list[dict[str, float]]


class Dropout(nn.Module):
    """Dropout from a stream of its own: fits that run side by side do not disturb each other."""

    def __init__(self, share: float, generator: torch.Generator) -> None:
        super().__init__()
        self.share, self.generator = share, generator

    def forward(self, x: Tensor) -> Tensor:
        """Return `x` with a random share set to 0 and the rest raised, in training only."""
        if not (self.training and self.share):
            return x
        draws = torch.rand(x.shape, generator=self.generator)
        return x * (draws >= self.share).to(x) / (1 - self.share)


class Feed:
    """Batches without end: every face once, shuffled, then all over again."""

    def __init__(self, lesson: Lesson, plan: Plan, rng: np.random.Generator) -> None:
        self.lesson, self.plan, self.rng = lesson, plan, rng
        self.waiting = np.empty(0, np.intp)

    def fetch(self) -> tuple[Tensor, Tensor]:
        """Return faces (batch, 1, S, S) in [0, 1] and their classes."""
        while len(self.waiting) < self.plan.batch:
            fresh = self.rng.permutation(len(self.lesson.labels))
            self.waiting = np.concatenate([self.waiting, fresh])
        rows, self.waiting = np.split(self.waiting, [self.plan.batch])
        faces = tensor(self.lesson.images[rows])
        if self.plan.change is not None:
            faces = self.plan.change(faces, self.rng)
        return faces, torch.from_numpy(np.asarray(self.lesson.labels[rows], np.int64))


def fit(
    net: nn.Module, train: Lesson, validation: Lesson, plan: Plan, rng: np.random.Generator
) -> Fitted:
    """Train `net` by Adam, always `looks` x `steps` steps; the best look on validation is kept."""
    place = devices.processes().device
    net.to(place, memory_format=torch.channels_last)  # type: ignore[call-overload] # its stub lacks it
    adam = torch.optim.Adam(net.parameters(), plan.rate)
    slower = torch.optim.lr_scheduler.LambdaLR(
        adam, lambda done: 1 - plan.falling * done / plan.looks
    )
    feed = Feed(train, plan, rng)
    curve: list[dict[str, float]] = []
    kept: dict[str, Tensor] = {}
    for look in range(1, plan.looks + 1):
        loss = _steps(net, adam, feed)
        slower.step()
        shares = answers(net, validation.images)
        row = {
            "step": look * plan.steps,
            "train": loss,
            "validation": float(surprise(shares, validation.labels).mean()),
            "accuracy": float((shares.argmax(axis=1) == validation.labels).mean()),
        }
        if not curve or row["validation"] < min(found["validation"] for found in curve):
            kept = {name: value.detach().clone() for name, value in net.state_dict().items()}
        curve.append(row)
    net.load_state_dict(kept)
    return Fitted(net, curve)


def _steps(net: nn.Module, adam: torch.optim.Adam, feed: Feed) -> float:
    """Take the steps between two looks; return their mean loss."""
    net.train()
    place = next(net.parameters()).device
    losses = []
    for _ in range(feed.plan.steps):
        faces, labels = (part.to(place) for part in feed.fetch())
        loss = cross_entropy(net(faces.contiguous(memory_format=torch.channels_last)), labels)
        adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call] # torch's
        adam.step()
        losses.append(loss.detach())
    return float(torch.stack(losses).mean())


@torch.inference_mode()
def answers(net: nn.Module, images: Bytes) -> Array:
    """Return probabilities (n, classes) of the faces (n, S, S)."""
    net.eval()
    place = next(net.parameters()).device
    found = []
    for start in range(0, len(images), PIECE):
        faces = tensor(images[start : start + PIECE]).to(place)
        scores = net(faces.contiguous(memory_format=torch.channels_last))
        found.append(torch.softmax(scores.double(), dim=1).cpu().numpy())
    return np.concatenate(found)


def surprise(shares: Array, labels: Array) -> Array:
    """Return -log of the true class's probability (n,); a probability of 0 counts as 1e-9."""
    return np.asarray(-np.log(np.maximum(shares[np.arange(len(labels)), labels], 1e-9)))


def tensor(images: Bytes) -> Tensor:
    """Return grey levels (n, S, S) as faces (n, 1, S, S) in [0, 1]."""
    return torch.from_numpy(images).float()[:, None] / 255


def grey(images: Array, side: int) -> Bytes:
    """Return faces (n, S, S) in [-1, 1] as grey levels (n, side, side)."""
    levels = np.rint((np.asarray(images, np.float32) + 1) * 127.5).clip(0, 255).astype(np.uint8)
    if levels.shape[1:] == (side, side):
        return np.asarray(levels)
    how = cv2.INTER_AREA if side < levels.shape[1] else cv2.INTER_LINEAR
    sized = [cv2.resize(face, (side, side), interpolation=how) for face in levels]
    return np.asarray(np.array(sized, np.uint8).reshape(-1, side, side))


def floats(images: Array, side: int) -> npt.NDArray[np.float32]:
    """Return faces (n, S, S) in [-1, 1] at another size, (n, side, side)."""
    if images.shape[1:] == (side, side):
        return np.array(images, np.float32)
    how = cv2.INTER_AREA if side < images.shape[1] else cv2.INTER_LINEAR
    sized = [cv2.resize(np.array(face), (side, side), interpolation=how) for face in images]
    return np.asarray(np.array(sized, np.float32).reshape(-1, side, side))


def side_by_side(
    work: Callable[[Job], Found], jobs: Sequence[Job], threads: int, name: str
) -> list[Found]:
    """Return `work` of each job, a job a core and one thread each; on a GPU one after the other.

    So the sums inside are the same whatever `threads` is.
    """
    cores = 1 if torch.cuda.is_available() else threads
    torch.set_num_threads(1)
    try:
        run = Parallel(n_jobs=cores, prefer="threads", return_as="generator")
        return list(tqdm(run(delayed(_alone)(work, job) for job in jobs), name, len(jobs)))
    finally:
        torch.set_num_threads(threads)


def _alone(work: Callable[[Job], Found], job: Job) -> Found:
    """Return `work(job)`; the number of threads is a property of the thread that asks."""
    torch.set_num_threads(1)
    return work(job)
