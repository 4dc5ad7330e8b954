"""VGG-19 (Simonyan and Zisserman 2015, configuration E) with a head for small grey faces."""

import torch
from torch import Tensor, nn

# Channels of the 16 convolutions in widths (64 as published), by stage; each stage ends in a
# halving. 48 pixels become 24, 12, 6, 3, 1.
STAGES = ((1, 1), (2, 2), (4, 4, 4, 4), (8, 8, 8, 8), (8, 8, 8, 8))
HEAD = 8  # widths of the two hidden dense layers: 512; the published 4,096 are for 7 x 7 maps
DROPPED = 0.5


class Dropout(nn.Module):
    """Dropout from a stream of its own: fits that run side by side do not disturb each other."""

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, x: Tensor) -> Tensor:
        """Return `x` with a random half set to 0 and the rest doubled, in training only."""
        if not self.training:
            return x
        draws = torch.rand(x.shape, generator=self.generator)
        return x * (draws >= DROPPED).to(x) / (1 - DROPPED)


class Vgg19(nn.Sequential):
    """Faces (n, 1, S, S) in [0, 1], S at least 32, to scores (n, classes)."""

    def __init__(
        self, classes: int, width: int, side: int, *, norm: bool, generator: torch.Generator
    ) -> None:
        layers: list[nn.Module] = []
        before = 1
        for stage in STAGES:
            for widths in stage:
                layers.append(nn.Conv2d(before, widths * width, 3, padding=1))
                layers += [nn.BatchNorm2d(widths * width)] if norm else []
                layers.append(nn.ReLU())
                before = widths * width
            layers.append(nn.MaxPool2d(2))
        flat = before * (side >> len(STAGES)) ** 2
        hidden = HEAD * width
        for inputs in (flat, hidden):
            layers += [nn.Flatten(), nn.Linear(inputs, hidden), nn.ReLU(), Dropout(generator)]
        super().__init__(*layers, nn.Linear(hidden, classes))
