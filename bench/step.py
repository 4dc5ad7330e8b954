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
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import l1_loss, mse_loss, softplus

from depthfaces import params
from depthfaces.faces import FaceSet
from depthfaces.gan.networks import Shape, discriminator, generator
from depthfaces.gan.trainer import Trainer

ROUND = 5  # steps timed together


def plain(faces: FaceSet, p: params.Params, place: torch.device) -> Callable[[int], None]:
    """Return the step of the plain loop."""
    gan, kd = p.gan, p.kd
    shape = Shape(faces.images.shape[1], len(faces.classes), gan.latent, gan.width, gan.recipe)
    nets = [
        net.to(place, memory_format=torch.contiguous_format)
        for net in (generator(shape), discriminator(shape))
    ]
    g, d = nets
    g_teacher, d_teacher = (copy.deepcopy(net).eval().requires_grad_(False) for net in nets)
    betas = (gan.beta1, gan.beta2)
    g_adam = torch.optim.Adam(g.parameters(), gan.lr_generator, betas)
    d_adam = torch.optim.Adam(d.parameters(), gan.lr_discriminator, betas)
    rows = np.flatnonzero(faces.table["split"] == "train")
    images = torch.from_numpy(faces.images[rows][:, None].copy())
    labels = torch.from_numpy(faces.targets[rows])

    def step(number: int) -> None:
        chosen = torch.randint(len(rows), (gan.batch,))
        x, y = images[chosen].to(place), labels[chosen].to(place)
        z = torch.randn(gan.batch, gan.latent, device=place)
        fake = g(z, y)
        penalised = number % gan.penalty_every == 0
        x.requires_grad_(penalised)
        real_score, fake_score = d(x, y), d(fake.detach(), y)
        loss = softplus(-real_score).mean() + softplus(fake_score).mean()
        if penalised:
            (slope,) = torch.autograd.grad(real_score.sum(), x, create_graph=True)
            loss = loss + gan.r1 * gan.penalty_every * slope.square().sum((1, 2, 3)).mean() / 2
        with torch.no_grad():
            real_taught, fake_taught = d_teacher(x, y), d_teacher(fake, y)
        taught = (mse_loss(real_score, real_taught) + mse_loss(fake_score, fake_taught)) / 2
        d_adam.zero_grad()
        (loss + kd.discriminator * taught).backward()
        d_adam.step()
        score = d(fake, y)
        with torch.no_grad():
            shown = g_teacher(z, y)
        g_adam.zero_grad()
        (softplus(-score).mean() + kd.generator * l1_loss(fake, shown)).backward()
        g_adam.step()
        loss.item()
        with torch.no_grad():
            for student, teacher in ((g, g_teacher), (d, d_teacher)):
                pairs = zip(
                    student.state_dict().values(), teacher.state_dict().values(), strict=True
                )
                for theirs, mine in pairs:
                    if mine.is_floating_point():
                        mine.mul_(kd.decay).add_((1 - kd.decay) * theirs)

    return step


def main(folder: Path, steps: int) -> None:
    """Print the ratio of the two loops' images a second."""
    p = params.load()
    gan = p.gan.model_copy(update={"encoder_steps": 1, "loss": "logistic", "r2": 0.0})
    p = p.model_copy(update={"gan": gan})
    torch.set_num_threads(p.threads)
    faces = FaceSet.open(folder)
    trainer = Trainer(faces, p.gan, p.kd, 0)
    loops = {"plain": plain(faces, p, trainer.devices.device), "ours": trainer.step}
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
