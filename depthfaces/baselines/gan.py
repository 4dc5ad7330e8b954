"""The plain GAN: the same code as the distilled one, without distillation."""

from depthfaces import seeding
from depthfaces.baselines.samples import Array, Sampler
from depthfaces.faces import FaceSet
from depthfaces.gan import train as training
from depthfaces.gan.sample import sample
from depthfaces.schema import Params


def fit(train: FaceSet, validation: FaceSet, settings: Params, seed: int) -> Sampler:
    """Train for `baselines.gan_steps`; `validation` is not used."""
    gan = settings.gan.model_copy(update={"steps": settings.baselines.gan_steps})
    plain = settings.kd.model_copy(update={"enabled": False})
    generator = training.fit(train, gan, plain, seed).generator_teacher

    def sampler(labels: Array, seed: int) -> Array:
        rng = seeding.stream(seed, "latents")
        z = rng.standard_normal((len(labels), gan.latent), "f4")
        return sample(generator, z, labels)

    return sampler
