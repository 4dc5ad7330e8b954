"""The classifier of the study: three convolutions and two dense layers at 100 px, as printed."""

from itertools import pairwise

import numpy as np
import torch
from torch import nn

from depthfaces.gan.networks.base import initialise
from depthfaces.schema.studies import BalanceCnn
from depthfaces.studies.lessons import Dropout

CNN_SIDE = 100  # of a face in pixels
LAST_MAP_SIDE = 10  # side of the last maps: 98 49 47 23 21 10


class Cnn(nn.Sequential):
    """Faces (n, channels, 100, 100) in [0, 1] to scores (n, classes); softmax is in the loss.

    Width 32 and dense 1024 with 3 channels and 2 classes are the published 6,585,314 parameters.
    First weights are Glorot's, the default of the library that prints such tables.
    """

    def __init__(
        self, classes: int, section: BalanceCnn, rng: np.random.Generator, channels: int = 1
    ) -> None:
        layers: list[nn.Module] = []
        for in_channels, out_channels in pairwise(
            (channels, section.width, section.width, 2 * section.width)
        ):
            # ReLU after the pooling equals ReLU before it, at a quarter of the cost.
            layers += [nn.Conv2d(in_channels, out_channels, 3), nn.MaxPool2d(2), nn.ReLU()]
        dropout_stream = torch.Generator().manual_seed(int(rng.integers(2**63)))
        layers += [
            nn.Flatten(),
            nn.Linear(2 * section.width * LAST_MAP_SIDE**2, section.dense),
            nn.ReLU(),
            Dropout(section.dropout, dropout_stream),
            nn.Linear(section.dense, classes),
        ]
        super().__init__(*layers)
        initialise(self, rng)
