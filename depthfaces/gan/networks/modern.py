"""The default networks: upsampling generator, projection discriminator without BatchNorm."""

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from depthfaces.gan.networks import base
from depthfaces.gan.networks.base import SLOPE, BatchNorm, Shape, channels_last

SMALLEST = 4  # side of the smallest feature maps, where the size is a power of two
# Channels of the largest maps, if the net is that wide: with fewer their float32 sums share a line
# of the cache, two threads of BatchNorm wait for each other, and a step takes 9 % longer.
LINE = 16


def sides(shape: Shape) -> list[int]:
    """Return the sides of the feature maps: 4, 8, ..., size; of 48 pixels 6, 12, 24, 48.

    A size is halved as often as it is even and leaves at least `SMALLEST` pixels.
    """
    found = [shape.size]
    while found[0] % 2 == 0 and found[0] >= 2 * SMALLEST:
        found.insert(0, found[0] // 2)
    return found


def channels(shape: Shape, side: int) -> int:
    """Return the channels of maps of `side`: 8 widths at most; half a one, or LINE, at `size`."""
    least = min(shape.width, LINE) if side == shape.size else 4
    return max(least, shape.width * min(8 * side, shape.size // 2) // side)


def features(shape: Shape) -> int:
    """Return how many features the discriminator judges by."""
    return channels(shape, sides(shape)[0])


class Condition(nn.Embedding):
    """Labels (n,) to vectors (n, length): an emotion's, and of virtual people what is theirs.

    The domain's vector is one for all emotions, so that one which only virtual people showed can be
    drawn in yours. It starts at 0: until taught apart, both domains are one.
    """

    def __init__(self, shape: Shape, length: int) -> None:
        super().__init__(shape.classes, length)
        self.virtual = nn.Parameter(torch.zeros(length)) if shape.domains > 1 else None

    def forward(self, labels: Tensor) -> Tensor:
        """Return e_y, or e_y + v for a label of virtual people: `labels` are y, or classes + y."""
        if self.virtual is None:
            return super().forward(labels)
        domain = (labels // self.num_embeddings)[:, None]
        return super().forward(labels % self.num_embeddings) + domain * self.virtual

    @torch.no_grad()
    def reorder(self, rows: list[int]) -> None:
        """Put the vector of row `rows[k]` into row k."""
        under: Any = getattr(self, "parametrizations", None)  # spectral norm's
        weight = under.weight.original if under else self.weight
        weight.copy_(weight[rows].clone())


class Generator(base.Generator):
    """A generator by upsampling and convolution.

    Transposed convolutions leave a checkerboard, nearest neighbours leave the lines of a grid.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        planes = [channels(shape, side) for side in sides(shape)]
        self.side = sides(shape)[0]
        self.embed = Condition(shape, shape.latent)
        self.start = nn.Linear(2 * shape.latent, planes[0] * self.side**2)
        self.body = nn.Sequential(
            BatchNorm(planes[0]),
            nn.LeakyReLU(SLOPE),
            *(_up(a, b, shape.upsample) for a, b in pairwise(planes)),
            nn.Conv2d(planes[-1], 1, 3, padding=1),
            nn.Tanh(),
        )
        channels_last(self)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        """Return the faces of the latents `z` with the emotions `labels`."""
        joined = torch.cat([z, self.embed(labels)], dim=1)
        maps = self.start(joined).view(len(z), -1, self.side, self.side)
        faces: Tensor = self.body(maps.contiguous(memory_format=torch.channels_last))
        return faces


class Discriminator(base.Discriminator):
    """A discriminator that takes labels by projection: D = psi(f) + <e_y, f>.

    Miyato and Koyama (2018). No BatchNorm: it would mix the scores of a batch.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        self.body = describer(shape)
        self.score = nn.Linear(features(shape), 1)
        self.embed = Condition(shape, features(shape))
        if shape.spectral:
            for module in [*self.body.modules(), self.score, self.embed]:
                if hasattr(module, "weight"):
                    spectral_norm(module)
        channels_last(self)

    def forward(self, faces: Tensor, labels: Tensor) -> Tensor:
        """Return one score a face."""
        found = self.body(faces)
        scores: Tensor = self.score(found).squeeze(1) + (self.embed(labels) * found).sum(1)
        return scores


class Deviation(nn.Module):
    """Add a map that holds the mean standard deviation over groups of faces (Karras 2018).

    A generator that makes equal faces is then seen at once. A last group that is short is
    measured as it is, and one face alone as 0.
    """

    group = 4

    def forward(self, maps: Tensor) -> Tensor:
        """Return (n, c + 1, h, w) of (n, c, h, w)."""
        spread = [
            part.float().var(0, unbiased=False).add(1e-8).sqrt().mean().expand(len(part))
            for part in torch.split(maps, self.group)
        ]
        height, width = maps.shape[2:]
        added = torch.cat(spread).to(maps.dtype).view(-1, 1, 1, 1).expand(-1, 1, height, width)
        return torch.cat([maps, added], dim=1)


def describer(shape: Shape) -> nn.Sequential:
    """Return the net from faces (n, 1, size, size) to features (n, features(shape))."""
    planes = [1, *(channels(shape, side) for side in sides(shape)[-2::-1])]
    extra = [Deviation()] if shape.deviation else []
    return nn.Sequential(
        *(_down(a, b) for a, b in pairwise(planes)),
        *extra,
        nn.Flatten(),
        nn.Linear((planes[-1] + len(extra)) * sides(shape)[0] ** 2, features(shape)),
        nn.LeakyReLU(SLOPE),
    )


def _up(planes: int, out: int, upsample: str) -> nn.Module:
    return nn.Sequential(
        nn.Upsample(scale_factor=2, mode=upsample),
        nn.Conv2d(planes, out, 3, padding=1),
        BatchNorm(out),
        nn.LeakyReLU(SLOPE),
    )


def _down(planes: int, out: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(planes, out, 4, 2, 1), nn.LeakyReLU(SLOPE))
