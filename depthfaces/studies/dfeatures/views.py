"""What a machine is given of a face: features of a trained discriminator, or a control."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.gan.sample import sample
from depthfaces.schema.studies import Dfeatures
from depthfaces.studies import dcgan

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
View = Callable[[Array], Array]  # faces (n, 64, 64) to numbers (n, D)

ARMS = ("printed", "second", "untrained", "pixels")
TRAINED = ARMS[:2]
CONTROLS = ARMS[2:]


def titles(plan: Dfeatures) -> dict[str, str]:
    """Return what each arm is called in the chapter."""
    return {
        "printed": f"DCGAN, β1 {plan.gan.beta1:g} as printed",
        "second": f"DCGAN, β1 {plan.second_beta1:g}",
        "untrained": "DCGAN before training",
        "pixels": "the bare pixels",
    }


@dataclass(frozen=True)
class Learned:
    """A DCGAN that was trained, or not (no curves)."""

    nets: dcgan.Trained

    def __call__(self, images: Array) -> Array:
        """Return the last convolutional layer (n, 128 width) of faces (n, 64, 64)."""
        return dcgan.features(self.nets.critic, images)

    def draw(self, count: int, rng: np.random.Generator) -> Floats:
        """Return `count` generated faces (count, 64, 64)."""
        shape = self.nets.generator.shape
        z = rng.standard_normal((count, shape.latent), np.float32)
        return sample(self.nets.generator, z, np.zeros(count, np.int64))


def learn(images: Floats, arm: str, plan: Dfeatures, seed: int) -> Learned:
    """Train a DCGAN on faces without their labels; the arm says with which beta1, if at all."""
    settings = dcgan.Settings.of(plan.gan)
    if arm == "second":
        settings = replace(settings, beta1=plan.second_beta1)
    if arm == "untrained":  # its running statistics are measured all the same
        settings = replace(settings, epochs=0)
    return Learned(dcgan.fit(images, None, settings, seeding.number(seed, "dcgan", arm)))


def pixels(images: Array) -> Array:
    """Return faces (n, 64, 64) as rows (n, 4096)."""
    return images.reshape(len(images), -1)
