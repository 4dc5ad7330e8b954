"""The generated faces of the study: the package's conditional GAN, trained on train people."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from depthfaces import seeding
from depthfaces.faces import FaceSet
from depthfaces.gan import train as training
from depthfaces.gan.sample import sample
from depthfaces.schema import Params

Array = npt.NDArray[Any]
SCORING_BATCH = 250  # faces per forward pass


@dataclass(frozen=True)
class GeneratedFaces:
    """Generated faces (n, S, S) in [-1, 1], their classes (n,), and the discriminator's scores.

    `real_scores` and `real_labels` (m,): its scores of validation faces, and their classes.
    `best_step` is the step of the chosen networks, `stop_reason` why training ended early, or ''.
    """

    images: Array
    labels: Array
    generated_scores: Array
    real_scores: Array
    real_labels: Array
    best_step: int
    stop_reason: str

    @classmethod
    def from_gan(cls, faces: FaceSet, counts: Array, settings: Params, seed: int) -> Self:
        """Return `counts` (classes,) faces of a GAN trained on the train split of `faces`.

        Both networks are the teachers of the evaluation that was best on validation people.
        """
        section = settings.studies.augment.made
        evaluation_count = min(settings.gan.checks, section.steps)
        gan_changes = {"steps": section.steps, "width": section.width, "checks": evaluation_count}
        gan_params = settings.gan.model_copy(update=gan_changes)
        trained_gan = training.fit(faces, gan_params, settings.kd, seed)
        labels = np.repeat(np.arange(len(counts)), counts)
        z = seeding.stream(seed, "latents").standard_normal(
            (len(labels), gan_params.latent), np.float32
        )
        images = sample(trained_gan.generator_teacher, z, labels).clip(-1, 1)
        validation_rows = np.flatnonzero(faces.table["split"] == "validation")
        discriminator, real_labels = (
            trained_gan.discriminator_teacher,
            faces.targets[validation_rows],
        )
        return cls(
            images,
            labels,
            discriminator_scores(discriminator, images, labels),
            discriminator_scores(discriminator, faces.images[validation_rows], real_labels),
            real_labels,
            trained_gan.best,
            trained_gan.stopped,
        )


@torch.inference_mode()
def discriminator_scores(discriminator: nn.Module, images: Array, labels: Array) -> Array:
    """Return the scores (n,) of faces (n, S, S) as faces of the classes `labels` (n,)."""
    score_batches = []
    for start in range(0, len(images), SCORING_BATCH):
        batch_rows = slice(start, start + SCORING_BATCH)
        image_batch = torch.from_numpy(np.array(images[batch_rows], np.float32))[:, None]
        score_batches.append(
            discriminator(image_batch, torch.from_numpy(np.asarray(labels[batch_rows]))).numpy()
        )
    return np.concatenate(score_batches) if score_batches else np.empty(0)
