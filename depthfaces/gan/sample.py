"""Faces from a trained generator: the same latent at the same place gives the same bits."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from depthfaces.gan.networks import Generator

# Latents a call. Always so many: floating-point sums depend on a batch's size and on the place
# in it (its slot), but not on what else the batch holds.
BLOCK = 50

Floats = npt.NDArray[np.float32]


def prior(seed: int, length: int) -> Floats:
    """Return the latent (length,) that belongs to `seed`, drawn from N(0, I)."""
    return np.asarray(np.random.default_rng(seed).standard_normal(length, np.float32))


@torch.inference_mode()
def sample(generator: Generator, z: Floats, labels: npt.NDArray[Any]) -> Floats:
    """Return the faces (n, S, S) in [-1, 1] of latents `z` (n, latent) and `labels` (n,)."""
    count, size = len(z), generator.shape.size
    padded = np.zeros((-(-count // BLOCK) * BLOCK, z.shape[1]), np.float32)
    padded[:count] = z
    wanted = np.zeros(len(padded), np.int64)
    wanted[:count] = labels
    faces = np.empty((len(padded), size, size), np.float32)
    place = next(generator.parameters()).device
    for start in range(0, len(padded), BLOCK):
        rows = slice(start, start + BLOCK)
        z_block = torch.from_numpy(padded[rows]).to(place)
        block = generator(z_block, torch.from_numpy(wanted[rows]).to(place))
        faces[rows] = block[:, 0].cpu().numpy()
    return faces[:count]


def renderer(generator: Generator, label: int) -> Callable[[Floats], Floats]:
    """Return the function of latents (n, latent) to their faces (n, S, S) of one emotion."""
    return lambda z: sample(generator, z, np.full(len(z), label))


def remake(generator: Generator, z: Floats, label: int, slot: int) -> Floats:
    """Return the one face (S, S) that `sample` made of `z` (latent,) in place `slot` of a block."""
    block = np.zeros((BLOCK, len(z)), np.float32)
    block[slot] = z
    faces = sample(generator, block, np.full(BLOCK, label))
    return np.asarray(faces[slot])
