"""Training: fetch, discriminator step, generator step, teachers, log."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.optim import Adam
from tqdm import tqdm

from depthfaces import seeding
from depthfaces.errors import IntegrityError
from depthfaces.faces import FaceSet
from depthfaces.gan import losses
from depthfaces.gan.distill import decay_at, follow, teacher_of
from depthfaces.gan.feed import Feed
from depthfaces.gan.networks import Discriminator, Generator, Shape, initialise
from depthfaces.schema import Gan, Kd

ROWS = 100  # of the history: each the mean over a hundredth of the training

Losses = dict[str, float]


@dataclass(frozen=True)
class Trained:
    """The four nets and the history: one row of mean losses every few steps."""

    generator: Generator
    discriminator: Discriminator
    generator_teacher: Generator
    discriminator_teacher: Discriminator
    history: list[Losses]


class Trainer:
    """One training's nets, optimisers and random streams."""

    def __init__(self, faces: FaceSet, gan: Gan, kd: Kd, seed: int) -> None:
        shape = Shape(faces.images.shape[1], len(faces.classes), gan.latent, gan.width)
        weights = seeding.stream(seed, "weights")
        self.gan, self.kd = gan, kd
        self.feed = Feed(faces, seeding.stream(seed, "batches"))
        self.generator, self.discriminator = Generator(shape), Discriminator(shape)
        initialise(self.generator, weights)
        initialise(self.discriminator, weights)
        self.generator_teacher = teacher_of(self.generator)
        self.discriminator_teacher = teacher_of(self.discriminator)
        betas = (gan.beta1, gan.beta2)
        self.adam_generator = Adam(self.generator.parameters(), gan.lr_generator, betas)
        self.adam_discriminator = Adam(self.discriminator.parameters(), gan.lr_discriminator, betas)

    def step(self, number: int) -> Losses:
        """Take one step of both nets and their teachers; return its losses."""
        real, real_labels = self.feed.fetch(self.gan.batch)
        labels = self.feed.labels(self.gan.batch)
        z = self.feed.latents(self.gan.batch, self.gan.latent)
        fake = self.generator(z, labels)
        found = self._discriminate(real, real_labels, fake.detach(), labels, number)
        found |= self._generate(fake, z, labels)
        self._teach(number)
        return found

    def _discriminate(
        self, real: Tensor, real_labels: Tensor, fake: Tensor, labels: Tensor, number: int
    ) -> Losses:
        penalised = self.gan.r1 > 0 and number % self.gan.r1_every == 0
        scores = self.discriminator(real.requires_grad_(penalised), real_labels)
        fake_scores = self.discriminator(fake, labels)
        loss = adversarial = losses.discriminator_loss(scores, fake_scores)
        found = {"d": adversarial.item()}
        if penalised:  # the pause between penalties is made up for by their weight
            penalty = losses.r1_penalty(real, scores)
            loss = loss + self.gan.r1 * self.gan.r1_every * penalty
        if self.kd.enabled:
            with torch.no_grad():
                taught = self.discriminator_teacher(real, real_labels)
                fake_taught = self.discriminator_teacher(fake, labels)
            distilled = losses.discriminator_distillation(scores, taught, fake_scores, fake_taught)
            loss = loss + self.kd.discriminator * distilled
            found["d_kd"] = distilled.item()
        _descend(self.adam_discriminator, loss)
        return found

    def _generate(self, fake: Tensor, z: Tensor, labels: Tensor) -> Losses:
        self.discriminator.requires_grad_(False)
        loss = adversarial = losses.generator_loss(self.discriminator(fake, labels))
        found = {"g": adversarial.item()}
        if self.kd.enabled:
            with torch.no_grad():
                taught = self.generator_teacher(z, labels)
            distilled = losses.generator_distillation(fake, taught)
            loss = loss + self.kd.generator * distilled
            found["g_kd"] = distilled.item()
        _descend(self.adam_generator, loss)
        self.discriminator.requires_grad_(True)
        return found

    def _teach(self, number: int) -> None:
        decay = decay_at(number, self.kd.decay)
        follow(self.generator_teacher, self.generator, decay)
        follow(self.discriminator_teacher, self.discriminator, decay)


def fit(faces: FaceSet, gan: Gan, kd: Kd, seed: int) -> Trained:
    """Train on the train split of `faces`; a loss that is no number ends it and says its step."""
    trainer = Trainer(faces, gan, kd, seed)
    history: list[Losses] = []
    window: list[Losses] = []
    every = max(1, gan.steps // ROWS)
    with tqdm(total=gan.steps * gan.batch, unit="image", desc="train", mininterval=2) as bar:
        for number in range(1, gan.steps + 1):
            window.append(trainer.step(number - 1))
            _check(window[-1], number)
            if number % every == 0 or number == gan.steps:
                history.append({"step": number, **_mean(window)})
                window.clear()
            bar.update(gan.batch)
    return Trained(
        trainer.generator,
        trainer.discriminator,
        trainer.generator_teacher,
        trainer.discriminator_teacher,
        history,
    )


def _descend(adam: Adam, loss: Tensor) -> None:
    adam.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    adam.step()


def _check(found: Losses, number: int) -> None:
    broken = {name: value for name, value in found.items() if not math.isfinite(value)}
    if broken:
        raise IntegrityError(
            f"expected finite losses, found {broken} at step {number}; nothing was written: "
            "lower gan.lr_generator and gan.lr_discriminator"
        )


def _mean(window: list[Losses]) -> Losses:
    return {name: sum(row[name] for row in window) / len(window) for name in window[0]}
