"""What both recipes share: the shape that fixes a net, first weights, statistics of a batch."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, distributed, nn

SLOPE = 0.2  # of the leaky ReLU, as in DCGAN


@dataclass(frozen=True)
class Shape:
    """What fixes both networks: side of a face in pixels (a multiple of 16), classes, ..."""

    size: int
    classes: int
    latent: int
    width: int
    recipe: str = "modern"
    spectral: bool = False  # spectral norm in the discriminator
    deviation: bool = False  # minibatch standard deviation in the discriminator
    upsample: str = "bilinear"  # or nearest, in the generator
    domains: int = 1  # 2: yours, and virtual people, whose labels follow after all classes

    @property
    def described(self) -> dict[str, Any]:
        """Return what rebuilds this shape: of one domain as it was before there were two."""
        single = {"domains"} if self.domains == 1 else set()
        return {key: value for key, value in asdict(self).items() if key not in single}


class Generator(nn.Module):
    """Latents (n, latent) and labels (n,) to faces (n, 1, size, size) in [-1, 1]."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        """Return the faces of the latents `z` with the emotions `labels`."""
        raise NotImplementedError


class Discriminator(nn.Module):
    """Faces (n, 1, size, size) and labels (n,) to scores (n,): logits, above 0 means real."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, faces: Tensor, labels: Tensor) -> Tensor:
        """Return one score a face."""
        raise NotImplementedError


class AverageOverProcesses(torch.autograd.Function):
    """The mean of a tensor over all processes; its gradient is the mean of theirs."""

    @staticmethod
    def forward(_: Any, values: Tensor) -> Tensor:
        """Return the mean of `values` of the processes."""
        values = values.clone()
        distributed.all_reduce(values)
        return values / distributed.get_world_size()

    @staticmethod
    def backward(_: Any, *slopes: Tensor) -> Tensor:
        """Return the mean of the `slopes` of the processes."""
        slope = slopes[0].contiguous().clone()
        distributed.all_reduce(slope)
        return slope / distributed.get_world_size()


class BatchNorm(nn.BatchNorm2d):
    """BatchNorm of (n, c) or (n, c, h, w), over the batches of all processes where several train.

    torch's own SyncBatchNorm does so on a GPU alone.
    """

    def _check_input_dim(self, input: Tensor) -> None:
        """Accept maps and plain features."""

    def forward(self, input: Tensor) -> Tensor:
        """Return `input` with mean 0 and variance 1 in each channel, times weight, plus bias."""
        if not self.training or not distributed.is_initialized():
            return super().forward(input)
        axes = [0, *range(2, input.ndim)]
        x = input.float()
        sums = torch.stack([x.mean(axes), x.square().mean(axes)])
        mean, square = AverageOverProcesses.apply(sums)  # type: ignore[no-untyped-call] # torch's
        variance = square - mean.square()
        count = x.numel() / x.shape[1] * distributed.get_world_size()
        self._average(mean.detach(), variance.detach() * count / (count - 1))
        view = [1, -1] + [1] * (input.ndim - 2)
        scale = self.weight / (variance + self.eps).sqrt()
        normal: Tensor = (x - mean.view(view)) * scale.view(view) + self.bias.view(view)
        return normal

    def _average(self, mean: Tensor, variance: Tensor) -> None:
        """Move the running statistics, as torch does."""
        assert self.running_mean is not None  # as we track
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        self.running_mean.lerp_(mean, self.momentum or 0)
        self.running_var.lerp_(variance, self.momentum or 0)
        self.num_batches_tracked.add_(1)


def initialise(net: nn.Module, rng: np.random.Generator) -> None:
    """Draw fresh weights from `rng`: Xavier-uniform, biases 0, embeddings N(0, I)."""
    generator = torch.Generator().manual_seed(int(rng.integers(2**63)))
    for module in net.modules():
        under = getattr(module, "parametrizations", None)  # spectral norm's
        weight: Any = under.weight.original if under else getattr(module, "weight", None)
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.xavier_uniform_(weight, generator=generator)
            nn.init.zeros_(module.bias)  # type: ignore[arg-type] # each of ours has one
        elif isinstance(module, nn.Embedding):
            nn.init.normal_(weight, generator=generator)


def channels_last(net: nn.Module) -> None:
    """Order the weights in memory as convolutions on a CPU like them: 1.9 times faster."""
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # its stub lacks it
