"""A DCGAN of 64 px, trained by plain epochs; with labels its critic learns to classify."""

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
from depthfaces.studies.nets import SIDE, WIDTH_MULTIPLES, Critic, Design, Generator, initialise

Floats = npt.NDArray[np.float32]

ADAM_BETA2 = 0.999
INFERENCE_BATCH = 64  # faces per forward pass outside training
STATISTICS_BATCHES = 16  # over which running statistics are measured after training


@dataclass(frozen=True)
class Settings:
    """Settings of a training: nets, length, Adam, and two for critics that classify."""

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
        """Return the settings of a section of params.yaml."""
        design = Design(section.latent, section.width, section.activation, classes)
        learning_rates = section.lr_generator, section.lr_discriminator
        return cls(design, section.epochs, section.batch, *learning_rates, section.beta1)

    def changed(self, **changes: Any) -> Self:
        """Return the same settings with other values."""
        return replace(self, **changes)


class Trained(NamedTuple):
    """Both nets in evaluation mode, and one row per epoch: losses, mean real probabilities."""

    generator: Generator
    critic: Critic
    curves: list[dict[str, float]]


def fit(
    images: Floats, labels: npt.NDArray[np.int64] | None, settings: Settings, seed: int
) -> Trained:
    """Train on faces (n, 64, 64) in [-1, 1]; with `labels` (n,) the critic learns to classify.

    An incomplete last batch is dropped; the faces are shuffled anew in each epoch.
    """
    if images.shape[1:] != (SIDE, SIDE) or len(images) < 2:
        raise DataError(f"expected two faces of {SIDE} px or more, found an array {images.shape}")
    training = _Training(images, labels, settings, seed)
    progress_bar = tqdm(range(settings.epochs), "dcgan", unit="epoch", disable=None, leave=False)
    curves = [{"epoch": epoch + 1, **training.run_epoch()} for epoch in progress_bar]
    training.measure_running_statistics()
    return Trained(training.generator, training.critic, curves)


def judge(critic: Critic, images: Floats) -> Floats:
    """Return the critic's logits (n, outputs) of faces (n, 64, 64)."""
    return _in_batches(critic, images, next(critic.parameters()).device)


def features(critic: Critic, images: Floats) -> Floats:
    """Return the critic's last convolutional layer (n, 128 width) of faces (n, 64, 64)."""
    return _in_batches(critic.features, images, next(critic.parameters()).device)


def real_probability(logits: Tensor) -> Tensor:
    """Return the probability (n,) of being real of logits (n, outputs)."""
    if logits.shape[1] == 1:
        return logits[:, 0].sigmoid()
    return 1 - logits.softmax(dim=1)[:, -1]


@torch.inference_mode()
def _in_batches(
    forward: Callable[[Tensor], Tensor], images: Floats, device: torch.device
) -> Floats:
    """Return `forward` of the faces in padded batches: float sums depend on a batch's size."""
    padded_images = np.zeros(
        (-(-len(images) // INFERENCE_BATCH) * INFERENCE_BATCH, 1, *images.shape[1:]), np.float32
    )
    padded_images[: len(images), 0] = images
    batch_outputs = [
        forward(torch.from_numpy(padded_images[start : start + INFERENCE_BATCH]).to(device))
        .flatten(1)
        .cpu()
        .numpy()
        for start in range(0, len(padded_images), INFERENCE_BATCH)
    ]
    return np.concatenate(batch_outputs)[: len(images)]


class _Training:
    """The state of one training."""

    def __init__(
        self, images: Floats, labels: npt.NDArray[np.int64] | None, settings: Settings, seed: int
    ) -> None:
        self.settings, self.device = settings, devices.processes().device
        self.order_stream = seeding.stream(seed, "order")
        self.noise_stream = torch.Generator().manual_seed(seeding.number(seed, "noise"))
        self.images = torch.from_numpy(np.ascontiguousarray(images, np.float32))[:, None]
        class_indices = np.zeros(len(images), np.int64) if labels is None else labels
        self.labels = torch.from_numpy(np.asarray(class_indices, np.int64))
        self.generator, self.critic = Generator(settings.design), Critic(settings.design)
        self.optimisers = []
        for net, learning_rate in (
            (self.generator, settings.lr_generator),
            (self.critic, settings.lr_discriminator),
        ):
            initialise(net, self.noise_stream)
            net.to(self.device)
            self.optimisers.append(
                torch.optim.Adam(net.parameters(), learning_rate, (settings.beta1, ADAM_BETA2))
            )

    def run_epoch(self) -> dict[str, float]:
        """Take one step per batch and return the mean measures of the steps."""
        self.generator.train()
        self.critic.train()
        mean_measures = torch.stack(
            [self._step(batch_rows) for batch_rows in self._batches()]
        ).mean(dim=0)
        if not mean_measures.isfinite().all():
            raise IntegrityError("the DCGAN's losses are no numbers any more; lower its rates")
        return dict(
            zip(("critic", "generator", "real", "fake"), mean_measures.tolist(), strict=True)
        )

    def _batches(self) -> Iterator[npt.NDArray[np.intp]]:
        batch_size = min(self.settings.batch, len(self.images))
        shuffled_rows = self.order_stream.permutation(len(self.images))
        for start in range(0, len(shuffled_rows) - batch_size + 1, batch_size):
            yield shuffled_rows[start : start + batch_size]

    def _step(self, rows: npt.NDArray[np.intp]) -> Tensor:
        """Take one step of each net; return both losses and mean probabilities of being real."""
        real_faces, labels = self.images[rows].to(self.device), self.labels[rows].to(self.device)
        fake_faces = self._generate(labels)
        real_logits, fake_logits = self._logits(real_faces), self._logits(fake_faces.detach())
        critic_loss = self._critic_loss(real_logits, fake_logits, labels)
        self._descend(self.critic, self.optimisers[1], critic_loss)
        generator_logits = self._logits(fake_faces)
        generator_loss = self._generator_loss(generator_logits, labels)
        self._descend(self.generator, self.optimisers[0], generator_loss)
        real_probabilities = [
            real_probability(logits).mean() for logits in (real_logits, fake_logits)
        ]
        return torch.stack([critic_loss, generator_loss, *real_probabilities]).detach().cpu()

    def _generate(self, labels: Tensor) -> Tensor:
        latent_size = self.settings.design.latent
        z = torch.randn((len(labels), latent_size), generator=self.noise_stream).to(self.device)
        fake_faces: Tensor = self.generator(z, labels)
        return fake_faces

    def _logits(self, faces: Tensor) -> Tensor:
        """Return the critic's logits, with dropout on its last features."""
        dropout_rate, dropout_mask = self.settings.dropout, None
        if dropout_rate:
            feature_shape = (len(faces), WIDTH_MULTIPLES[-1] * self.settings.design.width, 4, 4)
            dropout_mask = (
                torch.rand(feature_shape, generator=self.noise_stream) >= dropout_rate
            ).to(self.device) / (1 - dropout_rate)
        logits: Tensor = self.critic(faces, dropout_mask)
        return logits

    def _critic_loss(self, real_logits: Tensor, fake_logits: Tensor, labels: Tensor) -> Tensor:
        """Return the logistic loss, or CE of real faces plus weight * CE of generated ones."""
        class_count = self.settings.design.classes
        if not class_count:
            return logistic_discriminator(real=real_logits, fake=fake_logits)
        fake_loss = cross_entropy(fake_logits, torch.full_like(labels, class_count))
        return cross_entropy(real_logits, labels) + self.settings.fake_weight * fake_loss

    def _generator_loss(self, fake_logits: Tensor, labels: Tensor) -> Tensor:
        """Return the loss of generated faces that shall be taken for real, or for their class."""
        if not self.settings.design.classes:
            return logistic_generator(real=fake_logits, fake=fake_logits)
        return cross_entropy(fake_logits, labels)

    def _descend(self, net: nn.Module, optimiser: torch.optim.Adam, loss: Tensor) -> None:
        """Take a step of one net; no gradients of the other are computed."""
        parameters = list(net.parameters())
        for parameter, gradient in zip(
            parameters, torch.autograd.grad(loss, parameters), strict=True
        ):
            parameter.grad = gradient
        optimiser.step()

    @torch.no_grad()
    def measure_running_statistics(self) -> None:
        """Measure the running statistics anew under the final weights, for evaluation.

        The critic's are those of real faces alone, since only real faces are evaluated.
        """
        for net in (self.generator, self.critic):
            for module in net.modules():
                if isinstance(module, BatchNorm):
                    module.reset_running_stats()
                    module.momentum = None  # a plain mean over the batches
            net.train()
        epoch_batches = (self._batches() for _ in count())
        for batch_rows in islice(chain.from_iterable(epoch_batches), STATISTICS_BATCHES):
            self._generate(self.labels[batch_rows].to(self.device))
            self.critic.features(self.images[batch_rows].to(self.device))
        self.generator.eval()
        self.critic.eval()
