"""What a machine is given of a face: features of a trained discriminator, or a control."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from joblib import Parallel, delayed
from tqdm import tqdm

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


class Wanted(NamedTuple):
    """A net to be trained: the faces (n, 64, 64) that it sees, and the arm."""

    images: Floats
    arm: str


def learn_all(
    wanted: dict[str, Wanted], plan: Dfeatures, seeds: Sequence[int], threads: int
) -> list[dict[str, Learned]]:
    """Return, for each seed, the nets by name; as many train side by side as there are threads.

    Each has one thread, so that what it learns does not depend on how many there are.
    """
    torch.set_num_threads(1)
    jobs = [
        (one, seeding.number(seed, "dcgan", name)) for seed in seeds for name, one in wanted.items()
    ]
    work = Parallel(n_jobs=threads, prefer="threads", return_as="generator")
    done = work(delayed(learn)(one, plan, seed) for one, seed in jobs)
    nets = list(tqdm(done, "dcgan", total=len(jobs), unit="net"))
    torch.set_num_threads(threads)
    return [
        dict(zip(wanted, nets[start : start + len(wanted)], strict=True))
        for start in range(0, len(nets), len(wanted) or 1)
    ] or [{} for _ in seeds]


def learn(wanted: Wanted, plan: Dfeatures, seed: int) -> Learned:
    """Train a DCGAN on faces without their labels; the arm says with which beta1, if at all."""
    settings = dcgan.Settings.of(plan.gan)
    if wanted.arm == "second":
        settings = replace(settings, beta1=plan.second_beta1)
    if wanted.arm == "untrained":  # its running statistics are measured all the same
        settings = replace(settings, epochs=0)
    return Learned(dcgan.fit(wanted.images, None, settings, seed))


def pixels(images: Array) -> Array:
    """Return faces (n, 64, 64) as rows (n, 4096)."""
    return images.reshape(len(images), -1)
