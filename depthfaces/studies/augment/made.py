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
PIECE = 250  # faces that are scored at once


@dataclass(frozen=True)
class Made:
    """Generated faces (n, S, S) in [-1, 1], their classes (n,), and the discriminator's scores.

    `real` and `real_labels` (m,): its scores of validation people's faces, and their classes.
    `best` is the step the networks are of, `stopped` why training ended early, or nothing.
    """

    images: Array
    labels: Array
    scores: Array
    real: Array
    real_labels: Array
    best: int
    stopped: str

    @classmethod
    def by(cls, faces: FaceSet, counts: Array, settings: Params, seed: int) -> Self:
        """Return `counts` (classes,) faces of a GAN trained on the train split of `faces`.

        Generator and discriminator are the teachers of the check that validation people chose.
        """
        made = settings.studies.augment.made
        checks = min(settings.gan.checks, made.steps)
        changes = {"steps": made.steps, "width": made.width, "checks": checks}
        gan = settings.gan.model_copy(update=changes)
        trained = training.fit(faces, gan, settings.kd, seed)
        labels = np.repeat(np.arange(len(counts)), counts)
        z = seeding.stream(seed, "latents").standard_normal((len(labels), gan.latent), np.float32)
        images = sample(trained.generator_teacher, z, labels).clip(-1, 1)
        validation = np.flatnonzero(faces.table["split"] == "validation")
        judge, real_labels = trained.discriminator_teacher, faces.targets[validation]
        return cls(
            images,
            labels,
            scored(judge, images, labels),
            scored(judge, faces.images[validation], real_labels),
            real_labels,
            trained.best,
            trained.stopped,
        )


@torch.inference_mode()
def scored(discriminator: nn.Module, images: Array, labels: Array) -> Array:
    """Return the scores (n,) of faces (n, S, S) as faces of the classes `labels` (n,)."""
    found = []
    for start in range(0, len(images), PIECE):
        rows = slice(start, start + PIECE)
        piece = torch.from_numpy(np.array(images[rows], np.float32))[:, None]
        found.append(discriminator(piece, torch.from_numpy(np.asarray(labels[rows]))).numpy())
    return np.concatenate(found) if found else np.empty(0)
