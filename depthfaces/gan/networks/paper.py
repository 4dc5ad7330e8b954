"""The published networks, layer by layer (arXiv 2508.09188), at any size; there width is 32."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from depthfaces.gan.networks import base
from depthfaces.gan.networks.base import SLOPE, BatchNorm, Shape, channels_last

HALVINGS = 4  # between a face and the smallest feature maps: 256 to 16 pixels


class Generator(base.Generator):
    """One-hot label joined to z, a linear layer, four transposed convolutions, one convolution."""

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        self.side = shape.size >> HALVINGS
        planes = [shape.width << power for power in range(HALVINGS, -1, -1)]
        many = planes[0] * self.side**2
        self.start = nn.Sequential(
            nn.Linear(shape.latent + shape.classes, many), BatchNorm(many), nn.LeakyReLU(SLOPE)
        )
        self.body = nn.Sequential(
            *(_up(a, b) for a, b in pairwise(planes)),
            nn.Conv2d(planes[-1], 1, 3, padding=1),
            nn.Tanh(),
        )
        channels_last(self)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        """Return the faces of the latents `z` with the emotions `labels`."""
        joined = torch.cat([z, one_hot(labels, self.shape.classes).to(z.dtype)], dim=1)
        maps = self.start(joined).view(len(z), -1, self.side, self.side)
        faces: Tensor = self.body(maps.contiguous(memory_format=torch.channels_last))
        return faces


class Discriminator(base.Discriminator):
    """The label as constant maps joined to the face, four strided convolutions, a linear layer.

    The published sigmoid is left to the losses, which take logits: the same function.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        planes = [2 * shape.width << power for power in range(HALVINGS)]
        self.body = nn.Sequential(
            nn.Conv2d(1 + shape.classes, planes[0], 4, 2, 1),
            nn.LeakyReLU(SLOPE),
            *(_down(a, b) for a, b in pairwise(planes)),
            nn.Flatten(),
            nn.Linear(planes[-1] * (shape.size >> HALVINGS) ** 2, 1),
        )
        channels_last(self)

    def forward(self, faces: Tensor, labels: Tensor) -> Tensor:
        """Return one score a face."""
        size = self.shape.size
        maps = one_hot(labels, self.shape.classes).to(faces.dtype)[:, :, None, None]
        joined = torch.cat([faces, maps.expand(-1, -1, size, size)], dim=1)
        scores: Tensor = self.body(joined.contiguous(memory_format=torch.channels_last)).squeeze(1)
        return scores


def _up(planes: int, out: int) -> nn.Module:
    return nn.Sequential(
        nn.ConvTranspose2d(planes, out, 4, 2, 1), BatchNorm(out), nn.LeakyReLU(SLOPE)
    )


def _down(planes: int, out: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(planes, out, 4, 2, 1), BatchNorm(out), nn.LeakyReLU(SLOPE))
