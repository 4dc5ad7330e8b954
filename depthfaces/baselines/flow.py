"""Rectified flow: a net that says which way from noise to a face (Liu et al. 2023).

Between noise x0 and a face x1 lies x_t = (1 - t) x0 + t x1; from there the velocity is x1 - x0. A
face is drawn by following it from fresh noise, t = 0 to 1, by Heun's method. The net answers with
the face x1 itself, and the velocity is (x1 - x_t) / (1 - t): a small net has no room to carry the
noise through, and trained on velocities it left grain on every face.
"""

from collections.abc import Callable
from copy import deepcopy

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from depthfaces import seeding
from depthfaces.baselines.samples import Array, Sampler
from depthfaces.baselines.unet import UNet, initialise
from depthfaces.errors import ParamsError
from depthfaces.faces import FaceSet
from depthfaces.gan.feed import Feed
from depthfaces.schema import Params

BATCH = 32
RATE = 2e-3  # of Adam, falling to 0 along a half cosine
DECAY = 0.998  # of the weights' running average, which is what draws
LEAST, SOFT = 0.05, 0.25  # of 1 - t that is divided by: in drawing (one of 20 steps), in training
BLOCK = 50  # faces a call: always so many, so that a face's numbers never change

Velocity = Callable[[Tensor, Tensor], Tensor]


def fit(train: FaceSet, validation: FaceSet, settings: Params, seed: int) -> Sampler:
    """Train for `baselines.flow_steps`; `validation` is not used."""
    wanted, side = settings.baselines, train.images.shape[1]
    if side % 8:
        raise ParamsError(f"baseline flow: expected faces of a multiple of 8 pixels, found {side}")
    net = UNet(8 * wanted.flow_width, len(train.classes))
    initialise(net, seeding.stream(seed, "weights"))
    mean = _train(net, Feed(train, seeding.stream(seed, "batches")), wanted.flow_steps)

    def sampler(labels: Array, seed: int) -> Array:
        rng = seeding.stream(seed, "latents")
        padded = np.zeros(-(-len(labels) // BLOCK) * BLOCK, np.int64)
        padded[: len(labels)] = labels
        faces = []
        for part in np.split(padded, len(padded) // BLOCK):
            noise = torch.from_numpy(rng.standard_normal((BLOCK, 1, side, side), np.float32))
            faces.append(_draw(mean, noise, torch.from_numpy(part), wanted.flow_heun))
        return np.concatenate(faces)[: len(labels)]

    return sampler


def velocity(net: UNet, place: Tensor, times: Tensor, labels: Tensor) -> Tensor:
    """Return (x1 - x_t) / (1 - t) by the net's x1, at `place` (n, 1, S, S) and `times` (n,)."""
    left = (1 - times).clamp(min=LEAST)[:, None, None, None]
    way: Tensor = (net(place, times, labels) - place) / left
    return way


def flow_loss(net: UNet, faces: Tensor, labels: Tensor, noise: Tensor, times: Tensor) -> Tensor:
    """Return the mean squared error of the velocities; faces and noise (n, 1, S, S), times (n,).

    v - (x1 - x0) = (net's x1 - x1) / (1 - t); what is divided by stays above `SOFT`, or the last
    polish would outweigh the face's shape.
    """
    share = times[:, None, None, None]
    between = (1 - share) * noise + share * faces
    error: Tensor = (net(between, times, labels) - faces) / (1 - share).clamp(min=SOFT)
    return error.square().mean()


def heun(way: Velocity, start: Tensor, steps: int) -> Tensor:
    """Return where `start` (n, ...) is carried from t = 0 to 1, in `steps` steps of second order.

    A step goes by the mean of the velocities at its beginning and where that one leads to; the last
    by the first alone, as at t = 1 no way is left (Karras et al. 2022).
    """
    place, length = start, 1 / steps
    for number in range(steps):
        now, then = (torch.full((len(start),), (number + at) / steps) for at in (0, 1))
        first = way(place, now)
        second = way(place + length * first, then) if number + 1 < steps else first
        place = place + length / 2 * (first + second)
    return place


def _train(net: UNet, feed: Feed, steps: int) -> UNet:
    """Train `net` and return the running average of it."""
    mean = deepcopy(net).requires_grad_(False)
    adam = torch.optim.Adam(net.parameters(), RATE)
    slower = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    for number in tqdm(range(steps), "flow", unit="step", mininterval=2):
        faces, labels = feed.fetch(BATCH)
        noise = feed.latents(BATCH, faces[0].numel()).view_as(faces)
        times = torch.sigmoid(feed.latents(BATCH, 1)[:, 0])  # most in the middle: the hard part
        adam.zero_grad()
        flow_loss(net, faces, labels, noise, times).backward()  # type: ignore[no-untyped-call]
        adam.step()
        slower.step()
        decay = min(DECAY, (1 + number) / (10 + number))
        for old, new in zip(mean.parameters(), net.parameters(), strict=True):
            old.lerp_(new.detach(), 1 - decay)
    return mean


@torch.inference_mode()
def _draw(net: UNet, noise: Tensor, labels: Tensor, steps: int) -> Array:
    return np.asarray(heun(lambda x, t: velocity(net, x, t, labels), noise, steps)[:, 0].numpy())
