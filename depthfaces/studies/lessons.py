"""Training of face classifiers, one or many in parallel: what the studies' CNNs share."""

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
BatchAugmentation = Callable[[Tensor, np.random.Generator], Tensor]
Job = TypeVar("Job")
JobResult = TypeVar("JobResult")

INFERENCE_BATCH = 128  # faces per forward pass outside training


class LabelledImages(NamedTuple):
    """Faces (n, S, S) as grey levels, and their classes (n,)."""

    images: Bytes
    labels: Array


class TrainingPlan(NamedTuple):
    """Length of a training, in evaluations and steps between them, and Adam's rate.

    `augmentation`, if any, augments each batch (n, 1, S, S) in [0, 1]. With `linear_decay` the rate
    falls linearly to 0, evaluation by evaluation.
    """

    evaluations: int
    steps_per_evaluation: int
    batch_size: int
    learning_rate: float
    augmentation: BatchAugmentation | None = None
    linear_decay: bool = False


class FittedNet(NamedTuple):
    """The net of the evaluation with the lowest validation loss, and one row per evaluation.

    A row holds step, train (mean loss of the steps), validation (loss) and accuracy (there).
    """

    net: nn.Module
    learning_curve: list[dict[str, float]]


class Dropout(nn.Module):
    """Dropout with a random stream of its own: parallel fits do not disturb each other."""

    def __init__(self, rate: float, random_stream: torch.Generator) -> None:
        super().__init__()
        self.rate, self.random_stream = rate, random_stream

    def forward(self, x: Tensor) -> Tensor:
        """Return `x` with a random share set to 0 and the rest scaled up, in training only."""
        if not (self.training and self.rate):
            return x
        uniform_draws = torch.rand(x.shape, generator=self.random_stream)
        return x * (uniform_draws >= self.rate).to(x) / (1 - self.rate)


class BatchFeed:
    """Endless batches: every face once in random order, then anew."""

    def __init__(
        self, train_set: LabelledImages, plan: TrainingPlan, rng: np.random.Generator
    ) -> None:
        self.train_set, self.plan, self.rng = train_set, plan, rng
        self.waiting_rows = np.empty(0, np.intp)

    def next_batch(self) -> tuple[Tensor, Tensor]:
        """Return faces (batch, 1, S, S) in [0, 1] and their classes."""
        while len(self.waiting_rows) < self.plan.batch_size:
            fresh_rows = self.rng.permutation(len(self.train_set.labels))
            self.waiting_rows = np.concatenate([self.waiting_rows, fresh_rows])
        batch_rows, self.waiting_rows = np.split(self.waiting_rows, [self.plan.batch_size])
        faces = to_tensor(self.train_set.images[batch_rows])
        if self.plan.augmentation is not None:
            faces = self.plan.augmentation(faces, self.rng)
        return faces, torch.from_numpy(np.asarray(self.train_set.labels[batch_rows], np.int64))


def fit(
    net: nn.Module,
    train_set: LabelledImages,
    validation_set: LabelledImages,
    plan: TrainingPlan,
    rng: np.random.Generator,
) -> FittedNet:
    """Train `net` by Adam for all steps of `plan`; keep the weights of least validation loss."""
    device = devices.processes().device
    net.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload] # its stub lacks it
    optimiser = torch.optim.Adam(net.parameters(), plan.learning_rate)
    scheduler = torch.optim.lr_scheduler.LambdaLR(
        optimiser,
        lambda evaluations_done: 1 - plan.linear_decay * evaluations_done / plan.evaluations,
    )
    train_batches = BatchFeed(train_set, plan, rng)
    learning_curve: list[dict[str, float]] = []
    best_weights: dict[str, Tensor] = {}
    for evaluation in range(1, plan.evaluations + 1):
        train_loss = _train_steps(net, optimiser, train_batches)
        scheduler.step()
        probabilities = predict_probabilities(net, validation_set.images)
        measures = {
            "step": evaluation * plan.steps_per_evaluation,
            "train": train_loss,
            "validation": float(cross_entropies(probabilities, validation_set.labels).mean()),
            "accuracy": float((probabilities.argmax(axis=1) == validation_set.labels).mean()),
        }
        if not learning_curve or measures["validation"] < min(
            earlier_measures["validation"] for earlier_measures in learning_curve
        ):
            best_weights = {
                name: value.detach().clone() for name, value in net.state_dict().items()
            }
        learning_curve.append(measures)
    net.load_state_dict(best_weights)
    return FittedNet(net, learning_curve)


def _train_steps(net: nn.Module, optimiser: torch.optim.Adam, train_batches: BatchFeed) -> float:
    """Take the steps between two evaluations; return their mean loss."""
    net.train()
    device = next(net.parameters()).device
    step_losses = []
    for _ in range(train_batches.plan.steps_per_evaluation):
        faces, labels = (half.to(device) for half in train_batches.next_batch())
        loss = cross_entropy(net(faces.contiguous(memory_format=torch.channels_last)), labels)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call] # torch's
        optimiser.step()
        step_losses.append(loss.detach())
    return float(torch.stack(step_losses).mean())


@torch.inference_mode()
def predict_probabilities(net: nn.Module, images: Bytes) -> Array:
    """Return probabilities (n, classes) of the faces (n, S, S)."""
    net.eval()
    device = next(net.parameters()).device
    probabilities = []
    for start in range(0, len(images), INFERENCE_BATCH):
        faces = to_tensor(images[start : start + INFERENCE_BATCH]).to(device)
        logits = net(faces.contiguous(memory_format=torch.channels_last))
        probabilities.append(torch.softmax(logits.double(), dim=1).cpu().numpy())
    return np.concatenate(probabilities)


def cross_entropies(probabilities: Array, labels: Array) -> Array:
    """Return -log of the true class's probability (n,); a probability of 0 counts as 1e-9."""
    return np.asarray(-np.log(np.maximum(probabilities[np.arange(len(labels)), labels], 1e-9)))


def to_tensor(images: Bytes) -> Tensor:
    """Return grey levels (n, S, S) as faces (n, 1, S, S) in [0, 1]."""
    return torch.from_numpy(images).float()[:, None] / 255


def to_grey_levels(images: Array, side: int) -> Bytes:
    """Return faces (n, S, S) in [-1, 1] as grey levels (n, side, side)."""
    grey_levels = (
        np.rint((np.asarray(images, np.float32) + 1) * 127.5).clip(0, 255).astype(np.uint8)
    )
    if grey_levels.shape[1:] == (side, side):
        return np.asarray(grey_levels)
    interpolation = cv2.INTER_AREA if side < grey_levels.shape[1] else cv2.INTER_LINEAR
    resized_faces = [
        cv2.resize(face, (side, side), interpolation=interpolation) for face in grey_levels
    ]
    return np.asarray(np.array(resized_faces, np.uint8).reshape(-1, side, side))


def floats(images: Array, side: int) -> npt.NDArray[np.float32]:
    """Return faces (n, S, S) in [-1, 1] at another size, (n, side, side)."""
    if images.shape[1:] == (side, side):
        return np.array(images, np.float32)
    interpolation = cv2.INTER_AREA if side < images.shape[1] else cv2.INTER_LINEAR
    resized_faces = [
        cv2.resize(np.array(face), (side, side), interpolation=interpolation) for face in images
    ]
    return np.asarray(np.array(resized_faces, np.float32).reshape(-1, side, side))


def side_by_side(
    work: Callable[[Job], JobResult], jobs: Sequence[Job], threads: int, name: str
) -> list[JobResult]:
    """Return `work` of each job, one job per core and thread; on a GPU one after the other.

    So results do not depend on `threads`.
    """
    core_count = 1 if torch.cuda.is_available() else threads
    torch.set_num_threads(1)
    try:
        run_jobs = Parallel(n_jobs=core_count, prefer="threads", return_as="generator")
        return list(
            tqdm(run_jobs(delayed(_on_one_thread)(work, job) for job in jobs), name, len(jobs))
        )
    finally:
        torch.set_num_threads(threads)


def _on_one_thread(work: Callable[[Job], JobResult], job: Job) -> JobResult:
    """Return `work(job)`; torch sets its number of threads for each calling thread."""
    torch.set_num_threads(1)
    return work(job)
