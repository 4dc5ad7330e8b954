"""The nets of the DCGAN of 64 px that three studies share.

Layers as the publications on facial expressions print them (width 64, Radford et al. 2016): the
critic halves the side four times to 8 * width maps of 4 x 4, the generator goes the same way back.
Where they are silent we take DCGAN's own: BatchNorm after every convolution but the critic's first
and the two last, no bias before a BatchNorm, weights N(0, 0.02).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from depthfaces.gan.networks import base
from depthfaces.gan.networks.base import SLOPE, BatchNorm, Shape, channels_last

SIDE = 64  # of a face in pixels
TIMES = (1, 2, 4, 8)  # channels at 32, 16, 8 and 4 px, in widths
SPREAD = 0.02  # standard deviation of first weights
ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "gelu": nn.GELU,
    "relu": nn.ReLU,
    "leaky": partial(nn.LeakyReLU, SLOPE),
}


@dataclass(frozen=True)
class Design:
    """What fixes the nets; with `classes` the generator is told one and the critic names it."""

    latent: int
    width: int
    activation: str
    classes: int = 0
    channels: int = 1

    @property
    def outputs(self) -> int:
        """Return the critic's outputs: one logit, or one a class and one for `generated`."""
        return self.classes + 1


class Generator(base.Generator):
    """z, and the one-hot class if there are any, to faces (n, channels, 64, 64) in [-1, 1]."""

    def __init__(self, design: Design) -> None:
        super().__init__(Shape(SIDE, design.classes, design.latent, design.width))
        planes = [design.width * times for times in reversed(TIMES)]
        first = nn.ConvTranspose2d(design.latent + design.classes, planes[0], 4, bias=False)
        blocks = [_block(first, design)]
        for before, after in pairwise(planes):
            up = nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False)
            blocks.append(_block(up, design))
        last = nn.ConvTranspose2d(planes[-1], design.channels, 4, 2, 1)
        self.body = nn.Sequential(*blocks, last, nn.Tanh())
        channels_last(self)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        """Return the faces of `z` (n, latent); `labels` (n,) are looked at if there are classes."""
        if self.shape.classes:
            z = torch.cat([z, one_hot(labels, self.shape.classes).to(z.dtype)], dim=1)
        faces: Tensor = self.body(z[:, :, None, None])
        return faces


class Critic(nn.Module):
    """Faces (n, channels, 64, 64) to logits (n, outputs); the published sigmoid is in the loss."""

    def __init__(self, design: Design) -> None:
        super().__init__()
        planes = [design.width * times for times in TIMES]
        first = nn.Conv2d(design.channels, planes[0], 4, 2, 1)
        blocks: list[nn.Module] = [nn.Sequential(first, ACTIVATIONS[design.activation]())]
        for before, after in pairwise(planes):
            down = nn.Conv2d(before, after, 4, 2, 1, bias=False)
            blocks.append(_block(down, design))
        self.body = nn.Sequential(*blocks)
        self.last = nn.Conv2d(planes[-1], design.outputs, 4)
        channels_last(self)

    def features(self, faces: Tensor) -> Tensor:
        """Return the last convolutional layer's maps (n, 8 width, 4, 4): 8,192 at width 64."""
        maps: Tensor = self.body(faces.contiguous(memory_format=torch.channels_last))
        return maps

    def forward(self, faces: Tensor, kept: Tensor | None = None) -> Tensor:
        """Return the logits; `kept` (n, 8 width, 4, 4) are dropout's factors in training."""
        maps = self.features(faces)
        logits: Tensor = self.last(maps if kept is None else maps * kept)
        return logits.flatten(1)


def initialise(net: nn.Module, noise: torch.Generator) -> None:
    """Draw DCGAN's first weights: N(0, .02), of a BatchNorm N(1, .02); biases 0."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | BatchNorm):
            mean = 1.0 if isinstance(module, BatchNorm) else 0.0
            nn.init.normal_(module.weight, mean, SPREAD, noise)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def _block(convolution: nn.Module, design: Design) -> nn.Sequential:
    """Return a convolution, BatchNorm over its outputs, and the activation."""
    planes = int(convolution.out_channels)  # type: ignore[arg-type] # of a convolution
    return nn.Sequential(convolution, BatchNorm(planes), ACTIVATIONS[design.activation]())
