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

ROUND_STEPS = 5  # steps per timed block


class PlainLoop:
    """The plain loop, with its own nets, optimisers and faces."""

    def __init__(self, faces: FaceSet, settings: params.Params, device: torch.device) -> None:
        self.gan_params, self.kd_params, self.device = settings.gan, settings.kd, device
        image_size, class_count = faces.images.shape[1], len(faces.classes)
        shape = Shape(
            image_size,
            class_count,
            settings.gan.latent,
            settings.gan.width,
            settings.gan.recipe,
            upsample=settings.gan.upsample,
        )
        self.generator, self.discriminator = (
            net.to(device, memory_format=torch.contiguous_format)
            for net in (generator(shape), discriminator(shape))
        )
        self.generator_teacher, self.discriminator_teacher = (
            copy.deepcopy(net).eval().requires_grad_(False)
            for net in (self.generator, self.discriminator)
        )
        betas = (settings.gan.beta1, settings.gan.beta2)
        self.generator_optimiser = torch.optim.Adam(
            self.generator.parameters(), settings.gan.lr_generator, betas
        )
        self.discriminator_optimiser = torch.optim.Adam(
            self.discriminator.parameters(), settings.gan.lr_discriminator, betas
        )
        train_rows = np.flatnonzero(faces.table["split"] == "train")
        self.images = torch.from_numpy(faces.images[train_rows][:, None].copy())
        self.labels = torch.from_numpy(faces.targets[train_rows])

    def __call__(self, step_number: int) -> None:
        """Take step `step_number`."""
        batch_rows = torch.randint(len(self.images), (self.gan_params.batch,))
        real_faces, labels = (
            self.images[batch_rows].to(self.device),
            self.labels[batch_rows].to(self.device),
        )
        z = torch.randn(self.gan_params.batch, self.gan_params.latent, device=self.device)
        fake_faces = self.generator(z, labels)
        self._discriminator_step(
            real_faces,
            labels,
            fake_faces.detach(),
            step_number % self.gan_params.penalty_every == 0,
        )
        fake_scores = self.discriminator(fake_faces, labels)
        with torch.no_grad():
            teacher_faces = self.generator_teacher(z, labels)
        self.generator_optimiser.zero_grad()
        (
            softplus(-fake_scores).mean()
            + self.kd_params.generator * l1_loss(fake_faces, teacher_faces)
        ).backward()
        self.generator_optimiser.step()
        self._average_weights(self.generator, self.generator_teacher)
        self._average_weights(self.discriminator, self.discriminator_teacher)

    def _discriminator_step(
        self,
        real_faces: torch.Tensor,
        labels: torch.Tensor,
        fake_faces: torch.Tensor,
        is_penalised: bool,
    ) -> None:
        real_faces.requires_grad_(is_penalised)
        real_scores, fake_scores = (
            self.discriminator(real_faces, labels),
            self.discriminator(fake_faces, labels),
        )
        loss = softplus(-real_scores).mean() + softplus(fake_scores).mean()
        if is_penalised:
            (gradient,) = torch.autograd.grad(real_scores.sum(), real_faces, create_graph=True)
            penalty_weight = self.gan_params.r1 * self.gan_params.penalty_every
            loss = loss + penalty_weight * gradient.square().sum((1, 2, 3)).mean() / 2
        with torch.no_grad():
            real_teacher_scores, fake_teacher_scores = (
                self.discriminator_teacher(real_faces, labels),
                self.discriminator_teacher(fake_faces, labels),
            )
        distillation_loss = (
            mse_loss(real_scores, real_teacher_scores) + mse_loss(fake_scores, fake_teacher_scores)
        ) / 2
        self.discriminator_optimiser.zero_grad()
        (loss + self.kd_params.discriminator * distillation_loss).backward()
        self.discriminator_optimiser.step()
        loss.item()

    @torch.no_grad()
    def _average_weights(self, student: torch.nn.Module, teacher: torch.nn.Module) -> None:
        pairs = zip(student.state_dict().values(), teacher.state_dict().values(), strict=True)
        for student_values, teacher_values in pairs:
            if teacher_values.is_floating_point():
                teacher_values.mul_(self.kd_params.decay).add_(
                    (1 - self.kd_params.decay) * student_values
                )


def main(folder: Path, steps: int) -> None:
    """Print the ratio of the two loops' images a second."""
    settings = params.load()
    gan_params = settings.gan.model_copy(update={"encoder_steps": 1, "loss": "logistic", "r2": 0.0})
    settings = settings.model_copy(update={"gan": gan_params})
    torch.set_num_threads(settings.threads)
    faces = FaceSet.open(folder)
    trainer = Trainer(faces, settings.gan, settings.kd, 0)
    training_loops = {
        "plain": PlainLoop(faces, settings, trainer.devices.device),
        "ours": trainer.step,
    }
    seconds_by_loop: dict[str, list[float]] = {loop_name: [] for loop_name in training_loops}
    for first_step in range(0, steps, ROUND_STEPS):
        for loop_name, run_step in training_loops.items():
            start_time = time.perf_counter()
            for step_number in range(first_step, first_step + ROUND_STEPS):
                run_step(step_number)
            if trainer.devices.device.type == "cuda":
                torch.cuda.synchronize()
            if first_step:  # the first round warms up
                seconds_by_loop[loop_name].append((time.perf_counter() - start_time) / ROUND_STEPS)
    images_per_second = {
        loop_name: settings.gan.batch / statistics.median(step_seconds)
        for loop_name, step_seconds in seconds_by_loop.items()
    }
    for loop_name, loop_rate in images_per_second.items():
        print(f"{loop_name:6} {loop_rate:7.0f} images/s")
    print(f"ratio  {images_per_second['ours'] / images_per_second['plain']:7.2f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 60)
