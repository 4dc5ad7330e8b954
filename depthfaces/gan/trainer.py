"""One training's nets, optimisers, running averages and random streams, and its step."""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import get_total_norm
from torch.optim import Adam

from depthfaces import seeding
from depthfaces.faces import FaceSet
from depthfaces.gan import encoder, losses
from depthfaces.gan.augment import DRAWS, adapt, augment
from depthfaces.gan.checkpoint import below
from depthfaces.gan.devices import Devices
from depthfaces.gan.distill import decay_at, follow, teacher_of
from depthfaces.gan.feed import Batch, Both, Feed, check_batch, feed_of
from depthfaces.gan.networks import Shape, discriminator, generator, initialise
from depthfaces.schema import Gan, Kd

ANCHOR = 0.99  # decay of LeCam's running averages of the scores

Row = dict[str, Tensor]


class Trainer:
    """Four nets that learn from the train split of a set, a step at a time."""

    def __init__(
        self, faces: FaceSet, gan: Gan, kd: Kd, seed: int, virtual: FaceSet | None = None
    ) -> None:
        self.gan, self.kd = gan, kd
        self.devices = Devices(gan.precision, gan.batch)
        check_batch(faces, gan.batch)
        rng = seeding.stream(seed, "batches")
        self.feed: Feed | Both = feed_of(faces, gan, rng)
        if virtual is not None:
            self.feed = Both(self.feed, feed_of(virtual, gan, rng))
        size, classes = faces.images.shape[1], len(self.feed.classes)
        given = (gan.latent, gan.width, gan.recipe, gan.spectral, gan.deviation, gan.upsample)
        self._build(Shape(size, classes, *given, domains=1 if virtual is None else 2), seed)
        self.encoder = encoder.fit(
            feed_of(faces, gan, seeding.stream(seed, "encoder-batches")),
            size,
            gan.encoder_steps,
            seeding.stream(seed, "encoder"),
        ).to(self.devices.device)
        self.loss_d, self.loss_g = losses.LOSSES[gan.loss]
        place = self.devices.device
        # The augmentation's probability; LeCam's averages of the scores of real and made faces.
        self.running = {
            "chance": torch.zeros((), device=place),
            "anchors": torch.zeros(2, device=place),
        }

    def _build(self, shape: Shape, seed: int) -> None:
        weights = seeding.stream(seed, "weights")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seeding.number(seed, "vectors"))  # where spectral norm's ones start
            students = {"generator": generator(shape), "discriminator": discriminator(shape)}
        for net in students.values():
            initialise(net, weights)
            net.to(self.devices.device)
        teachers = {f"{name}_teacher": teacher_of(net) for name, net in students.items()}
        self.nets: dict[str, nn.Module] = {**students, **teachers}
        self.calls = dict(self.nets)
        if self.gan.compile:
            # Penalties take a second derivative, which torch cannot compile.
            plain = {"discriminator"} if self.gan.r1 or self.gan.r2 else set()
            self.calls |= self.devices.compiled(
                {name: net for name, net in self.nets.items() if name not in plain}
            )
        betas = (self.gan.beta1, self.gan.beta2)
        rates = {"generator": self.gan.lr_generator, "discriminator": self.gan.lr_discriminator}
        self.adams = {
            name: Adam(net.parameters(), rates[name], betas, fused=True)
            for name, net in students.items()
        }

    def step(self, number: int) -> Row:
        """Take step `number` (from 0) of both nets and their teachers; return its losses."""
        self._set_rates(number)
        batch = self._fetch()
        with self.devices.arithmetic():
            fake = self.calls["generator"](batch.z, batch.labels).float()
        found = self._discriminate(batch, fake.detach(), number)
        found |= self._generate(batch, fake, number)
        decay = decay_at(number, self.kd.decay)
        for name in ("generator", "discriminator"):
            teacher, student = self.nets[f"{name}_teacher"], self.nets[name]
            follow(teacher, student, decay, freeze_buffers=self.kd.freeze_buffers)
        return found

    def _set_rates(self, number: int) -> None:
        """Let the learning rates fall by a half cosine to `lr_end` of what they were."""
        end = self.gan.lr_end
        share = end + (1 - end) * (1 + math.cos(math.pi * number / self.gan.steps)) / 2
        self.adams["generator"].param_groups[0]["lr"] = self.gan.lr_generator * share
        self.adams["discriminator"].param_groups[0]["lr"] = self.gan.lr_discriminator * share

    def _fetch(self) -> Batch:
        count = self.gan.batch
        whole = (
            *self.feed.fetch(count),
            self.feed.latents(count, self.gan.latent),
            self.feed.labels(count),
            self.feed.uniform(3 * count, DRAWS).view(count, 3, DRAWS),
        )
        return Batch(*(self.devices.part(tensor) for tensor in whole))

    def _seen(self, faces: Tensor, draws: Tensor) -> Tensor:
        """Return `faces` as the discriminator sees them."""
        return augment(faces, self.running["chance"], draws) if self.gan.augment else faces

    def _scores(self, name: str, faces: Tensor, labels: Tensor) -> Tensor:
        with self.devices.arithmetic():
            return self.calls[name](faces, labels).float()  # type: ignore[no-any-return]

    def _discriminate(self, batch: Batch, fake: Tensor, number: int) -> Row:
        real = self._seen(batch.real, batch.draws[:, 0])
        fake = self._seen(fake, batch.draws[:, 1])
        penalised = number % self.gan.penalty_every == 0
        real.requires_grad_(penalised and self.gan.r1 > 0)
        fake.requires_grad_(penalised and self.gan.r2 > 0)
        scores = self._scores("discriminator", real, batch.real_labels)
        fake_scores = self._scores("discriminator", fake, batch.labels)
        loss = adversarial = self.loss_d(real=scores, fake=fake_scores)
        found = {"d": adversarial}
        for faces, seen, weight in ((real, scores, self.gan.r1), (fake, fake_scores, self.gan.r2)):
            if faces.requires_grad:  # the pause between penalties is made up for by their weight
                penalty = losses.slope_penalty(faces, seen)
                loss = loss + weight * self.gan.penalty_every * penalty
        if self.gan.lecam:
            anchors = self.running["anchors"]
            loss = loss + self.gan.lecam * losses.lecam_penalty(scores, fake_scores, anchors)
        if self.kd.enabled:
            pairs = ((real, batch.real_labels), (fake, batch.labels))
            found["d_kd"] = self._teach_discriminator((scores, fake_scores), pairs)
            loss = loss + self._weight(self.kd.discriminator, number) * found["d_kd"]
        found["d_slope"] = self._descend("discriminator", loss)
        self._remember(scores, fake_scores)
        return self._told(found)

    def _teach_discriminator(
        self, scores: tuple[Tensor, Tensor], faces: tuple[tuple[Tensor, Tensor], ...]
    ) -> Tensor:
        with torch.no_grad():
            taught = [self._scores("discriminator_teacher", *pair) for pair in faces]
        values = [scores[0], taught[0], scores[1], taught[1]]
        if self.gan.recipe == "paper":  # its discriminator ends in a sigmoid
            values = [torch.sigmoid(value) for value in values]
        return losses.discriminator_distillation(*values)

    def _generate(self, batch: Batch, fake: Tensor, number: int) -> Row:
        net = self.nets["discriminator"].requires_grad_(False)
        scores = self._scores("discriminator", self._seen(fake, batch.draws[:, 2]), batch.labels)
        real = scores
        if self.gan.loss == "relativistic":
            with torch.no_grad():
                seen = self._seen(batch.real, batch.draws[:, 0])
                real = self._scores("discriminator", seen, batch.real_labels)
        loss = adversarial = self.loss_g(real=real, fake=scores)
        found = {"g": adversarial}
        if self.kd.enabled:
            found["g_kd"] = self._teach_generator(batch, fake)
            loss = loss + self._weight(self.kd.generator, number) * found["g_kd"]
        found["g_slope"] = self._descend("generator", loss)
        net.requires_grad_(True)
        return self._told(found)

    def _teach_generator(self, batch: Batch, fake: Tensor) -> Tensor:
        with torch.no_grad(), self.devices.arithmetic():
            taught = self.calls["generator_teacher"](batch.z, batch.labels).float()
        if self.kd.form == "pixel":
            return losses.pixel_distillation(fake, taught)
        levels = self.encoder.levels
        return losses.perceptual_distillation(levels(fake), levels(taught))

    def _weight(self, weight: float, number: int) -> float:
        """Return a distillation's weight at a step: it rises evenly over `kd.warmup` steps."""
        return weight * min(1.0, (number + 1) / max(1, self.kd.warmup))

    def _descend(self, name: str, loss: Tensor) -> Tensor:
        """Move a net against the gradient of `loss`; return the gradient's length."""
        adam, parameters = self.adams[name], list(self.nets[name].parameters())
        adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.devices.average_gradients(parameters)
        length = get_total_norm([p.grad for p in parameters if p.grad is not None])
        adam.step()
        return length

    def _remember(self, real: Tensor, fake: Tensor) -> None:
        means = self.devices.mean(torch.stack([real.detach().mean(), fake.detach().mean()]))
        self.running["anchors"] = self.running["anchors"].lerp(means, 1 - ANCHOR)
        if self.gan.augment:
            self.running["chance"] = self.devices.mean(
                adapt(self.running["chance"], real, self.gan.augment)
            )

    def _told(self, found: Row) -> Row:
        """Return the mean over all processes of what each found."""
        values = self.devices.mean(torch.stack([value.detach() for value in found.values()]))
        return dict(zip(found, values.unbind(), strict=True))

    def start_from(self, nets: dict[str, Any]) -> None:
        """Take the weights of other nets of the same shape, by name; of one domain is enough."""
        classes = self.feed.classes
        for name, net in self.nets.items():
            net.load_state_dict(net.state_dict() | nets[name].state_dict())
            if classes != sorted(classes):  # a set's are, and those nets have learned a set alone
                embed: Any = net.embed
                embed.reorder([sorted(classes).index(label) for label in classes])

    @property
    def tensors(self) -> dict[str, Tensor]:
        """Return every tensor that the next step depends on, by name."""
        found = {f"running.{name}": value for name, value in self.running.items()}
        for name, net in self.nets.items():
            found |= {f"net.{name}.{key}": value for key, value in net.state_dict().items()}
        for name, adam in self.adams.items():
            for index, moments in adam.state_dict()["state"].items():
                found |= {f"adam.{name}.{index}.{key}": value for key, value in moments.items()}
        return found

    def restore(self, tensors: dict[str, Tensor], feed: Any) -> None:
        """Go on from `tensors` and the feed's `state`."""
        place = self.devices.device
        self.running = {name: value.to(place) for name, value in below(tensors, "running").items()}
        for name, net in self.nets.items():
            net.load_state_dict(below(tensors, f"net.{name}"))
        for name, adam in self.adams.items():
            _restore_adam(adam, below(tensors, f"adam.{name}"))
        self.feed.state = feed


def _restore_adam(adam: Adam, tensors: dict[str, Tensor]) -> None:
    """Give `adam` its moments back, in their weights' order in memory: its fused step needs it."""
    weights = adam.param_groups[0]["params"]
    moments: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        index, _, name = key.partition(".")
        place = torch.empty_like(weights[int(index)]) if value.ndim else torch.empty_like(value)
        moments.setdefault(int(index), {})[name] = place.copy_(value)
    adam.load_state_dict({**adam.state_dict(), "state": moments})
