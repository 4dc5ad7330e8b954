"""The nets of the DCGAN of 64 px that three studies share.

Layers as the publications on facial expressions print them (width 64, Radford et al. 2016): the
critic halves the side four times to 8 * width maps of 4 x 4, the generator mirrors it.
What they do not state is that of DCGAN: BatchNorm after every convolution but the critic's first
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
WIDTH_MULTIPLES = (1, 2, 4, 8)  # channels at 32, 16, 8 and 4 px, in widths
WEIGHT_DEVIATION = 0.02  # standard deviation of first weights
ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "gelu": nn.GELU,
    "relu": nn.ReLU,
    "leaky": partial(nn.LeakyReLU, SLOPE),
}


@dataclass(frozen=True)
class Design:
    """Sizes of both nets; with `classes` the generator is conditional and the critic classifies."""

    latent: int
    width: int
    activation: str
    classes: int = 0
    channels: int = 1

    @property
    def outputs(self) -> int:
        """Return the critic's outputs: one logit, or one per class and one for `generated`."""
        return self.classes + 1


class Generator(base.Generator):
    """z, and the one-hot class if there are any, to faces (n, channels, 64, 64) in [-1, 1]."""

    def __init__(self, design: Design) -> None:
        super().__init__(Shape(SIDE, design.classes, design.latent, design.width))
        channel_counts = [design.width * multiple for multiple in reversed(WIDTH_MULTIPLES)]
        first_convolution = nn.ConvTranspose2d(
            design.latent + design.classes, channel_counts[0], 4, bias=False
        )
        blocks = [_conv_block(first_convolution, design)]
        for in_channels, out_channels in pairwise(channel_counts):
            upsampling = nn.ConvTranspose2d(in_channels, out_channels, 4, 2, 1, bias=False)
            blocks.append(_conv_block(upsampling, design))
        last_convolution = nn.ConvTranspose2d(channel_counts[-1], design.channels, 4, 2, 1)
        self.body = nn.Sequential(*blocks, last_convolution, nn.Tanh())
        channels_last(self)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        """Return the faces of `z` (n, latent); `labels` (n,) are used if there are classes."""
        if self.shape.classes:
            z = torch.cat([z, one_hot(labels, self.shape.classes).to(z.dtype)], dim=1)
        faces: Tensor = self.body(z[:, :, None, None])
        return faces


class Critic(nn.Module):
    """Faces (n, channels, 64, 64) to logits (n, outputs); the published sigmoid is in the loss."""

    def __init__(self, design: Design) -> None:
        super().__init__()
        channel_counts = [design.width * multiple for multiple in WIDTH_MULTIPLES]
        first_convolution = nn.Conv2d(design.channels, channel_counts[0], 4, 2, 1)
        blocks: list[nn.Module] = [
            nn.Sequential(first_convolution, ACTIVATIONS[design.activation]())
        ]
        for in_channels, out_channels in pairwise(channel_counts):
            downsampling = nn.Conv2d(in_channels, out_channels, 4, 2, 1, bias=False)
            blocks.append(_conv_block(downsampling, design))
        self.body = nn.Sequential(*blocks)
        self.last = nn.Conv2d(channel_counts[-1], design.outputs, 4)
        channels_last(self)

    def features(self, faces: Tensor) -> Tensor:
        """Return the last convolutional layer's maps (n, 8 width, 4, 4): 8,192 at width 64."""
        maps: Tensor = self.body(faces.contiguous(memory_format=torch.channels_last))
        return maps

    def forward(self, faces: Tensor, dropout_mask: Tensor | None = None) -> Tensor:
        """Return the logits; `dropout_mask` (n, 8 width, 4, 4) scales the features in training."""
        maps = self.features(faces)
        logits: Tensor = self.last(maps if dropout_mask is None else maps * dropout_mask)
        return logits.flatten(1)


def initialise(net: nn.Module, noise: torch.Generator) -> None:
    """Draw DCGAN's first weights: N(0, .02), of a BatchNorm N(1, .02); biases 0."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | BatchNorm):
            mean = 1.0 if isinstance(module, BatchNorm) else 0.0
            nn.init.normal_(module.weight, mean, WEIGHT_DEVIATION, noise)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def _conv_block(convolution: nn.Module, design: Design) -> nn.Sequential:
    """Return a convolution, BatchNorm over its outputs, and the activation."""
    channel_count = int(convolution.out_channels)  # type: ignore[arg-type] # of a convolution
    return nn.Sequential(convolution, BatchNorm(channel_count), ACTIVATIONS[design.activation]())
