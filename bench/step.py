"""How quick a training step is beside a plainly written loop of the same networks.

    python -m bench.step FACES [STEPS]

Both loops train the same networks by the same losses on the same faces, teachers included, in turn
and in one process; the figure is the ratio of their medians. The plain loop is what one writes
first: faces from memory, float32, default memory order, torch's default Adam, losses fetched at
each step.
"""

import copy
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import l1_loss, mse_loss, softplus

from depthfaces import params
from depthfaces.faces import FaceSet
from depthfaces.gan.networks import Shape, discriminator, generator
from depthfaces.gan.trainer import Trainer

ROUND = 5  # steps timed together


class Plain:
    """The plain loop: its nets, optimisers and faces."""

    def __init__(self, faces: FaceSet, p: params.Params, place: torch.device) -> None:
        self.gan, self.kd, self.place = p.gan, p.kd, place
        size, classes = faces.images.shape[1], len(faces.classes)
        shape = Shape(
            size, classes, p.gan.latent, p.gan.width, p.gan.recipe, upsample=p.gan.upsample
        )
        self.g, self.d = (
            net.to(place, memory_format=torch.contiguous_format)
            for net in (generator(shape), discriminator(shape))
        )
        self.g_teacher, self.d_teacher = (
            copy.deepcopy(net).eval().requires_grad_(False) for net in (self.g, self.d)
        )
        betas = (p.gan.beta1, p.gan.beta2)
        self.g_adam = torch.optim.Adam(self.g.parameters(), p.gan.lr_generator, betas)
        self.d_adam = torch.optim.Adam(self.d.parameters(), p.gan.lr_discriminator, betas)
        rows = np.flatnonzero(faces.table["split"] == "train")
        self.images = torch.from_numpy(faces.images[rows][:, None].copy())
        self.labels = torch.from_numpy(faces.targets[rows])

    def __call__(self, number: int) -> None:
        """Take step `number`."""
        chosen = torch.randint(len(self.images), (self.gan.batch,))
        x, y = self.images[chosen].to(self.place), self.labels[chosen].to(self.place)
        z = torch.randn(self.gan.batch, self.gan.latent, device=self.place)
        fake = self.g(z, y)
        self._discriminate(x, y, fake.detach(), number % self.gan.penalty_every == 0)
        score = self.d(fake, y)
        with torch.no_grad():
            shown = self.g_teacher(z, y)
        self.g_adam.zero_grad()
        (softplus(-score).mean() + self.kd.generator * l1_loss(fake, shown)).backward()
        self.g_adam.step()
        self._average(self.g, self.g_teacher)
        self._average(self.d, self.d_teacher)

    def _discriminate(
        self, x: torch.Tensor, y: torch.Tensor, fake: torch.Tensor, penalised: bool
    ) -> None:
        x.requires_grad_(penalised)
        real_score, fake_score = self.d(x, y), self.d(fake, y)
        loss = softplus(-real_score).mean() + softplus(fake_score).mean()
        if penalised:
            (slope,) = torch.autograd.grad(real_score.sum(), x, create_graph=True)
            weight = self.gan.r1 * self.gan.penalty_every
            loss = loss + weight * slope.square().sum((1, 2, 3)).mean() / 2
        with torch.no_grad():
            real_taught, fake_taught = self.d_teacher(x, y), self.d_teacher(fake, y)
        taught = (mse_loss(real_score, real_taught) + mse_loss(fake_score, fake_taught)) / 2
        self.d_adam.zero_grad()
        (loss + self.kd.discriminator * taught).backward()
        self.d_adam.step()
        loss.item()

    @torch.no_grad()
    def _average(self, student: torch.nn.Module, teacher: torch.nn.Module) -> None:
        pairs = zip(student.state_dict().values(), teacher.state_dict().values(), strict=True)
        for theirs, mine in pairs:
            if mine.is_floating_point():
                mine.mul_(self.kd.decay).add_((1 - self.kd.decay) * theirs)


def main(folder: Path, steps: int) -> None:
    """Print the ratio of the two loops' images a second."""
    p = params.load()
    gan = p.gan.model_copy(update={"encoder_steps": 1, "loss": "logistic", "r2": 0.0})
    p = p.model_copy(update={"gan": gan})
    torch.set_num_threads(p.threads)
    faces = FaceSet.open(folder)
    trainer = Trainer(faces, p.gan, p.kd, 0)
    loops = {"plain": Plain(faces, p, trainer.devices.device), "ours": trainer.step}
    times: dict[str, list[float]] = {name: [] for name in loops}
    for start in range(0, steps, ROUND):
        for name, step in loops.items():
            began = time.perf_counter()
            for number in range(start, start + ROUND):
                step(number)
            if trainer.devices.device.type == "cuda":
                torch.cuda.synchronize()
            if start:  # the first round warms up
                times[name].append((time.perf_counter() - began) / ROUND)
    rates = {name: p.gan.batch / statistics.median(found) for name, found in times.items()}
    for name, rate in rates.items():
        print(f"{name:6} {rate:7.0f} images/s")
    print(f"ratio  {rates['ours'] / rates['plain']:7.2f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 60)
