"""A DCGAN of 64 px, trained by plain epochs; with labels its critic learns to name the classes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, count, islice
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from tqdm import tqdm

from depthfaces import seeding
from depthfaces.errors import DataError, IntegrityError
from depthfaces.gan import devices
from depthfaces.gan.losses import logistic_discriminator, logistic_generator
from depthfaces.gan.networks.base import BatchNorm
from depthfaces.schema.studies import Dcgan
from depthfaces.studies.nets import SIDE, TIMES, Critic, Design, Generator, initialise

Floats = npt.NDArray[np.float32]

BETA2 = 0.999
BLOCK = 64  # faces a call outside training
SETTLING = 16  # batches by which the running statistics are measured after training


@dataclass(frozen=True)
class Settings:
    """A training: the nets, its length, Adam, and (for a critic of classes) two more knobs."""

    design: Design
    epochs: int
    batch: int
    lr_generator: float
    lr_discriminator: float
    beta1: float
    dropout: float = 0.0  # share of the critic's last features left out at each step
    fake_weight: float = 1.0  # weight of generated faces in the critic's loss

    @classmethod
    def of(cls, section: Dcgan, classes: int = 0) -> Self:
        """Return the training that a section of params.yaml describes."""
        design = Design(section.latent, section.width, section.activation, classes)
        rates = section.lr_generator, section.lr_discriminator
        return cls(design, section.epochs, section.batch, *rates, section.beta1)

    def changed(self, **changes: Any) -> Self:
        """Return the same training with other values."""
        return replace(self, **changes)


class Trained(NamedTuple):
    """Both nets, ready to be used, and a row an epoch: losses, mean chance of being real."""

    generator: Generator
    critic: Critic
    curves: list[dict[str, float]]


def fit(
    images: Floats, labels: npt.NDArray[np.int64] | None, settings: Settings, seed: int
) -> Trained:
    """Train on faces (n, 64, 64) in [-1, 1]; with `labels` (n,) the critic learns to name them.

    A last batch that is not full is left out; the faces are shuffled anew in each epoch.
    """
    if images.shape[1:] != (SIDE, SIDE) or len(images) < 2:
        raise DataError(f"expected two faces of {SIDE} px or more, found an array {images.shape}")
    training = _Training(images, labels, settings, seed)
    epochs = tqdm(range(settings.epochs), "dcgan", unit="epoch", disable=None, leave=False)
    curves = [{"epoch": epoch + 1, **training.epoch()} for epoch in epochs]
    training.settle()
    return Trained(training.generator, training.critic, curves)


def judge(critic: Critic, images: Floats) -> Floats:
    """Return the critic's logits (n, outputs) of faces (n, 64, 64)."""
    return _in_blocks(critic, images, next(critic.parameters()).device)


def features(critic: Critic, images: Floats) -> Floats:
    """Return the critic's last convolutional layer (n, 128 width) of faces (n, 64, 64)."""
    return _in_blocks(critic.features, images, next(critic.parameters()).device)


def chance_real(scores: Tensor) -> Tensor:
    """Return the chance (n,) of being real that logits (n, outputs) give."""
    if scores.shape[1] == 1:
        return scores[:, 0].sigmoid()
    return 1 - scores.softmax(dim=1)[:, -1]


@torch.inference_mode()
def _in_blocks(call: Callable[[Tensor], Tensor], images: Floats, place: torch.device) -> Floats:
    """Return `call` of the faces, always BLOCK at once: sums depend on a batch's size."""
    padded = np.zeros((-(-len(images) // BLOCK) * BLOCK, 1, *images.shape[1:]), np.float32)
    padded[: len(images), 0] = images
    parts = [
        call(torch.from_numpy(padded[start : start + BLOCK]).to(place)).flatten(1).cpu().numpy()
        for start in range(0, len(padded), BLOCK)
    ]
    return np.concatenate(parts)[: len(images)]


class _Training:
    """The state of one training."""

    def __init__(
        self, images: Floats, labels: npt.NDArray[np.int64] | None, settings: Settings, seed: int
    ) -> None:
        self.settings, self.place = settings, devices.processes().device
        self.rng = seeding.stream(seed, "order")
        self.noise = torch.Generator().manual_seed(seeding.number(seed, "noise"))
        self.images = torch.from_numpy(np.ascontiguousarray(images, np.float32))[:, None]
        known = np.zeros(len(images), np.int64) if labels is None else labels
        self.labels = torch.from_numpy(np.asarray(known, np.int64))
        self.generator, self.critic = Generator(settings.design), Critic(settings.design)
        self.adams = []
        for net, rate in (
            (self.generator, settings.lr_generator),
            (self.critic, settings.lr_discriminator),
        ):
            initialise(net, self.noise)
            net.to(self.place)
            self.adams.append(torch.optim.Adam(net.parameters(), rate, (settings.beta1, BETA2)))

    def epoch(self) -> dict[str, float]:
        """Take a step on each batch and return the mean of what the steps measured."""
        self.generator.train()
        self.critic.train()
        seen = torch.stack([self._step(rows) for rows in self._batches()]).mean(dim=0)
        if not seen.isfinite().all():
            raise IntegrityError("the DCGAN's losses are no numbers any more; lower its rates")
        return dict(zip(("critic", "generator", "real", "fake"), seen.tolist(), strict=True))

    def _batches(self) -> Iterator[npt.NDArray[np.intp]]:
        size = min(self.settings.batch, len(self.images))
        order = self.rng.permutation(len(self.images))
        for start in range(0, len(order) - size + 1, size):
            yield order[start : start + size]

    def _step(self, rows: npt.NDArray[np.intp]) -> Tensor:
        """Take one step of each net; return both losses and the mean chances of being real."""
        faces, labels = self.images[rows].to(self.place), self.labels[rows].to(self.place)
        made = self._make(labels)
        real, fake = self._judge(faces), self._judge(made.detach())
        critic = self._critic_loss(real, fake, labels)
        self._descend(self.critic, self.adams[1], critic)
        judged = self._judge(made)
        generator = self._generator_loss(judged, labels)
        self._descend(self.generator, self.adams[0], generator)
        chances = [chance_real(scores).mean() for scores in (real, fake)]
        return torch.stack([critic, generator, *chances]).detach().cpu()

    def _make(self, labels: Tensor) -> Tensor:
        latent = self.settings.design.latent
        z = torch.randn((len(labels), latent), generator=self.noise).to(self.place)
        faces: Tensor = self.generator(z, labels)
        return faces

    def _judge(self, faces: Tensor) -> Tensor:
        """Return the logits, a share of the last features left out."""
        share, kept = self.settings.dropout, None
        if share:
            shape = (len(faces), TIMES[-1] * self.settings.design.width, 4, 4)
            kept = (torch.rand(shape, generator=self.noise) >= share).to(self.place) / (1 - share)
        scores: Tensor = self.critic(faces, kept)
        return scores

    def _critic_loss(self, real: Tensor, fake: Tensor, labels: Tensor) -> Tensor:
        """Return the logistic loss, or CE of true classes plus weight * CE of `generated`."""
        classes = self.settings.design.classes
        if not classes:
            return logistic_discriminator(real=real, fake=fake)
        generated = cross_entropy(fake, torch.full_like(labels, classes))
        return cross_entropy(real, labels) + self.settings.fake_weight * generated

    def _generator_loss(self, judged: Tensor, labels: Tensor) -> Tensor:
        """Return how far the critic is from calling made faces real, or their class."""
        if not self.settings.design.classes:
            return logistic_generator(real=judged, fake=judged)
        return cross_entropy(judged, labels)

    def _descend(self, net: nn.Module, adam: torch.optim.Adam, loss: Tensor) -> None:
        """Take a step of one net; the other's slopes are not even computed."""
        own = list(net.parameters())
        for parameter, slope in zip(own, torch.autograd.grad(loss, own), strict=True):
            parameter.grad = slope
        adam.step()

    @torch.no_grad()
    def settle(self) -> None:
        """Measure the running statistics anew under the final weights: those are the ones in use.

        The critic's are of real faces alone, for those it will be shown.
        """
        for net in (self.generator, self.critic):
            for module in net.modules():
                if isinstance(module, BatchNorm):
                    module.reset_running_stats()
                    module.momentum = None  # a plain mean over the batches
            net.train()
        passes = (self._batches() for _ in count())
        for rows in islice(chain.from_iterable(passes), SETTLING):
            self._make(self.labels[rows].to(self.place))
            self.critic.features(self.images[rows].to(self.place))
        self.generator.eval()
        self.critic.eval()
