"""The plain GAN: the same code as the distilled one, without distillation."""

from dataclasses import dataclass

from depthfaces import seeding
from depthfaces.baselines.samples import Array
from depthfaces.faces import FaceSet
from depthfaces.gan import train as training
from depthfaces.gan.sample import sample
from depthfaces.gan.trained import Trained
from depthfaces.schema import Gan, Kd, Params


@dataclass(frozen=True)
class Plain:
    """A sampler whose nets can be kept, with the settings that they were trained by."""

    trained: Trained
    gan: Gan
    kd: Kd

    def __call__(self, labels: Array, seed: int) -> Array:
        """Return a face for each label."""
        rng = seeding.stream(seed, "latents")
        z = rng.standard_normal((len(labels), self.gan.latent), "f4")
        return sample(self.trained.generator_teacher, z, labels)


def fit(train: FaceSet, validation: FaceSet, settings: Params, seed: int) -> Plain:
    """Train for `baselines.gan_steps`; `validation` is not used."""
    gan = settings.gan.model_copy(update={"steps": settings.baselines.gan_steps})
    kd = settings.kd.model_copy(update={"enabled": False})
    return Plain(training.fit(train, gan, kd, seed), gan, kd)
