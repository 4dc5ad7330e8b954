"""The classifier of the study: three convolutions and two dense layers at 100 px, as printed."""

from itertools import pairwise

import numpy as np
import torch
from torch import nn

from depthfaces.gan.networks.base import initialise
from depthfaces.schema.studies import BalanceCnn
from depthfaces.studies.lessons import Dropout

SIDE = 100  # of a face in pixels
LAST = 10  # side of the last maps: 98 49 47 23 21 10


class Cnn(nn.Sequential):
    """Faces (n, channels, 100, 100) in [0, 1] to scores (n, classes); softmax is in the loss.

    Width 32 and dense 1024 with 3 channels and 2 classes are the published 6,585,314 parameters.
    First weights are Glorot's, the usual ones of the library such tables are printed from.
    """

    def __init__(
        self, classes: int, wanted: BalanceCnn, rng: np.random.Generator, channels: int = 1
    ) -> None:
        layers: list[nn.Module] = []
        for before, after in pairwise((channels, wanted.width, wanted.width, 2 * wanted.width)):
            # ReLU after the pooling gives what it gives before it, from a quarter of the numbers.
            layers += [nn.Conv2d(before, after, 3), nn.MaxPool2d(2), nn.ReLU()]
        stream = torch.Generator().manual_seed(int(rng.integers(2**63)))
        layers += [
            nn.Flatten(),
            nn.Linear(2 * wanted.width * LAST**2, wanted.dense),
            nn.ReLU(),
            Dropout(wanted.dropout, stream),
            nn.Linear(wanted.dense, classes),
        ]
        super().__init__(*layers)
        initialise(self, rng)
