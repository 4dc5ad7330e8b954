"""The features of a face: those of a trained discriminator, or a control."""

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
FeatureView = Callable[[Array], Array]  # faces (n, 64, 64) to features (n, D)

ARM_NAMES = ("printed", "second", "untrained", "pixels")
TRAINED_ARMS = ARM_NAMES[:2]
CONTROL_ARMS = ARM_NAMES[2:]


def arm_titles(plan: Dfeatures) -> dict[str, str]:
    """Return the title of each arm in the chapter."""
    return {
        "printed": f"DCGAN, β1 {plan.gan.beta1:g} as printed",
        "second": f"DCGAN, β1 {plan.second_beta1:g}",
        "untrained": "DCGAN before training",
        "pixels": "the bare pixels",
    }


@dataclass(frozen=True)
class DcganView:
    """The features of a DCGAN, trained or untrained (without loss curves)."""

    nets: dcgan.Trained

    def __call__(self, images: Array) -> Array:
        """Return the last convolutional layer (n, 128 width) of faces (n, 64, 64)."""
        return dcgan.features(self.nets.critic, images)

    def generate(self, count: int, rng: np.random.Generator) -> Floats:
        """Return `count` generated faces (count, 64, 64)."""
        shape = self.nets.generator.shape
        z = rng.standard_normal((count, shape.latent), np.float32)
        return sample(self.nets.generator, z, np.zeros(count, np.int64))


class NetRequest(NamedTuple):
    """A net to train: its training faces (n, 64, 64), and its arm."""

    images: Floats
    arm: str


def train_views(
    requests: dict[str, NetRequest], plan: Dfeatures, seeds: Sequence[int], threads: int
) -> list[dict[str, DcganView]]:
    """Train the requested nets under each seed, in parallel on `threads` threads; by name.

    Each net trains on one thread, so that the results do not depend on `threads`.
    """
    torch.set_num_threads(1)
    jobs = [
        (request, seeding.number(seed, "dcgan", name))
        for seed in seeds
        for name, request in requests.items()
    ]
    parallel = Parallel(n_jobs=threads, prefer="threads", return_as="generator")
    trained = parallel(delayed(train_view)(request, plan, seed) for request, seed in jobs)
    nets = list(tqdm(trained, "dcgan", total=len(jobs), unit="net"))
    torch.set_num_threads(threads)
    return [
        dict(zip(requests, nets[start : start + len(requests)], strict=True))
        for start in range(0, len(nets), len(requests) or 1)
    ] or [{} for _ in seeds]


def train_view(request: NetRequest, plan: Dfeatures, seed: int) -> DcganView:
    """Train a DCGAN on faces without their labels; the arm sets beta1, or no training at all."""
    settings = dcgan.Settings.of(plan.gan)
    if request.arm == "second":
        settings = replace(settings, beta1=plan.second_beta1)
    if request.arm == "untrained":  # its running statistics are measured all the same
        settings = replace(settings, epochs=0)
    return DcganView(dcgan.fit(request.images, None, settings, seed))


def flat_pixels(images: Array) -> Array:
    """Return the pixels of faces (n, 64, 64) as features (n, 4096)."""
    return images.reshape(len(images), -1)
