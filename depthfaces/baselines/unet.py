"""A small U-shaped net that sees faces, a time and a label, and answers with an image."""

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

GROUPS = 8  # of channels that a norm takes together
WAVES = 32  # sines, and as many cosines, that say the time


class UNet(nn.Module):
    """Images (n, 1, S, S), times (n,) in [0, 1] and labels (n,) to images (n, 1, S, S).

    Pixels are folded by two first (Shi et al. 2016), so the widest maps have a quarter of the
    places; three levels of `width`, 2 and 3 times `width` channels. S is a multiple of 8.
    """

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        near, middle, far = width, 2 * width, 3 * width
        told = 4 * width
        self.embed = nn.Embedding(classes, told)
        self.time = nn.Sequential(nn.Linear(2 * WAVES, told), nn.SiLU(), nn.Linear(told, told))
        self.start = nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(4, near, 3, padding=1))
        self.down = nn.ModuleList([Block(near, near, told), Block(near, middle, told)])
        self.bottom = nn.ModuleList([Block(middle, far, told), Block(far, far, told)])
        self.up = nn.ModuleList(
            [Block(far + middle, middle, told), Block(middle + near, near, told)]
        )
        self.norm, self.last = nn.GroupNorm(GROUPS, near), nn.Conv2d(near, 4, 3, padding=1)
        self.shrink, self.grow = nn.AvgPool2d(2), nn.Upsample(scale_factor=2, mode="nearest")
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # its stub lacks it

    def forward(self, images: Tensor, times: Tensor, labels: Tensor) -> Tensor:
        """Return what the net answers to `images` at `times` for `labels`."""
        told = self.time(waves(times)) + self.embed(labels)
        x, kept = self.start(images), []
        for block in self.down:
            x = block(x, told)
            kept.append(x)
            x = self.shrink(x)
        for block in self.bottom:
            x = block(x, told)
        for block in self.up:
            x = block(torch.cat([self.grow(x), kept.pop()], dim=1), told)
        return functional.pixel_shuffle(self.last(functional.silu(self.norm(x))), 2)


class Block(nn.Module):
    """Two convolutions beside a straight way; what the net is told scales and shifts between."""

    def __init__(self, planes: int, out: int, told: int) -> None:
        super().__init__()
        self.first = nn.Sequential(
            nn.GroupNorm(GROUPS, planes), nn.SiLU(), nn.Conv2d(planes, out, 3, padding=1)
        )
        self.norm = nn.GroupNorm(GROUPS, out, affine=False)
        self.tell = nn.Linear(told, 2 * out)
        self.last = nn.Conv2d(out, out, 3, padding=1)
        self.straight = nn.Conv2d(planes, out, 1) if planes != out else nn.Identity()

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        """Return maps (n, out, h, w) of `x` (n, planes, h, w) and `told` (n, told)."""
        scale, shift = self.tell(told)[:, :, None, None].chunk(2, dim=1)
        between = self.norm(self.first(x)) * (1 + scale) + shift
        result: Tensor = self.straight(x) + self.last(functional.silu(between))
        return result


def waves(times: Tensor) -> Tensor:
    """Return times (n,) in [0, 1] as sines and cosines (n, 64), periods from 1/100 to 100."""
    rates = torch.logspace(-2, 2, WAVES, dtype=times.dtype) * (2 * math.pi)
    angles = times[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def initialise(net: UNet, rng: np.random.Generator) -> None:
    """Draw weights from `rng`: He-normal, biases 0; each block starts as its straight way."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.Linear | nn.Embedding):
            shape = tuple(module.weight.shape)
            inputs = shape[1] if isinstance(module, nn.Embedding) else int(np.prod(shape[1:]))
            draws = rng.standard_normal(shape, np.float32) * np.float32(1 / math.sqrt(inputs))
            with torch.no_grad():
                module.weight.copy_(torch.from_numpy(draws))
                if not isinstance(module, nn.Embedding):
                    nn.init.zeros_(module.bias)  # type: ignore[arg-type] # each of ours has one
    for block in net.modules():
        if isinstance(block, Block):
            nn.init.zeros_(block.last.weight)
            nn.init.zeros_(block.tell.weight)
    nn.init.zeros_(net.last.weight)
