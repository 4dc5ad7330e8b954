"""VGG-19 (Simonyan and Zisserman 2015, configuration E) with a head for small grey faces."""

import torch
from torch import nn

from depthfaces.schema.studies import Vgg
from depthfaces.studies.lessons import Dropout

# Channels of the 16 convolutions in widths (64 as published), by stage; each stage ends in a
# halving. 48 pixels become 24, 12, 6, 3, 1.
STAGE_WIDTHS = ((1, 1), (2, 2), (4, 4, 4, 4), (8, 8, 8, 8), (8, 8, 8, 8))
# Size of the two hidden dense layers in widths: 512; the published 4,096 are for 7 x 7 maps.
HEAD_WIDTHS = 8


class Vgg19(nn.Sequential):
    """Faces (n, 1, S, S) in [0, 1], S at least 32, to scores (n, classes)."""

    def __init__(self, classes: int, side: int, section: Vgg, generator: torch.Generator) -> None:
        layers: list[nn.Module] = []
        in_channels, base_width = 1, section.width
        for stage_widths in STAGE_WIDTHS:
            for width_multiple in stage_widths:
                layers.append(nn.Conv2d(in_channels, width_multiple * base_width, 3, padding=1))
                layers += [nn.BatchNorm2d(width_multiple * base_width)] if section.norm else []
                layers.append(nn.ReLU())
                in_channels = width_multiple * base_width
            layers.append(nn.MaxPool2d(2))
        flat_size = in_channels * (side >> len(STAGE_WIDTHS)) ** 2
        hidden_size = HEAD_WIDTHS * base_width
        for input_size in (flat_size, hidden_size):
            layers += [
                nn.Flatten(),
                nn.Linear(input_size, hidden_size),
                nn.ReLU(),
                Dropout(section.dropout, generator),
            ]
        super().__init__(*layers, nn.Linear(hidden_size, classes))
