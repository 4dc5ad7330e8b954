"""VGG-19 (Simonyan and Zisserman 2015, configuration E) with a head for small grey faces."""

import torch
from torch import nn

from depthfaces.schema.studies import Vgg
from depthfaces.studies.lessons import Dropout

# Channels of the 16 convolutions in widths (64 as published), by stage; each stage ends in a
# halving. 48 pixels become 24, 12, 6, 3, 1.
STAGES = ((1, 1), (2, 2), (4, 4, 4, 4), (8, 8, 8, 8), (8, 8, 8, 8))
HEAD = 8  # widths of the two hidden dense layers: 512; the published 4,096 are for 7 x 7 maps


class Vgg19(nn.Sequential):
    """Faces (n, 1, S, S) in [0, 1], S at least 32, to scores (n, classes)."""

    def __init__(self, classes: int, side: int, wanted: Vgg, generator: torch.Generator) -> None:
        layers: list[nn.Module] = []
        before, width = 1, wanted.width
        for stage in STAGES:
            for widths in stage:
                layers.append(nn.Conv2d(before, widths * width, 3, padding=1))
                layers += [nn.BatchNorm2d(widths * width)] if wanted.norm else []
                layers.append(nn.ReLU())
                before = widths * width
            layers.append(nn.MaxPool2d(2))
        flat = before * (side >> len(STAGES)) ** 2
        hidden = HEAD * width
        for inputs in (flat, hidden):
            layers += [
                nn.Flatten(),
                nn.Linear(inputs, hidden),
                nn.ReLU(),
                Dropout(wanted.dropout, generator),
            ]
        super().__init__(*layers, nn.Linear(hidden, classes))
