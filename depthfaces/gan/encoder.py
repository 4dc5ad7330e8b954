"""A small net that tells the train faces' emotions apart: eyes for distillation and for checks."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from depthfaces.gan.feed import Feed
from depthfaces.gan.networks import Shape, initialise
from depthfaces.gan.networks.modern import describer, features

BATCH = 64
RATE = 2e-3
WIDTH = 8


class Encoder(nn.Module):
    """Faces (n, 1, S, S) to feature maps, features (n, 8 WIDTH) and class scores (n, classes)."""

    def __init__(self, size: int, classes: int) -> None:
        super().__init__()
        shape = Shape(size, classes, 1, WIDTH)
        self.body = describer(shape)
        self.head = nn.Linear(features(shape), classes)

    def levels(self, faces: Tensor) -> list[Tensor]:
        """Return what each halving sees, (n, c, h, w) each, and the features (n, f)."""
        found = [faces]
        for layer in self.body:
            found.append(layer(found[-1]))
        return [*found[1:-3], found[-1]]  # without the flattened maps and what is made of them

    def forward(self, faces: Tensor) -> tuple[Tensor, Tensor]:
        """Return features (n, f) and class scores (n, classes)."""
        found = self.body(faces)
        return found, self.head(found)


def fit(feed: Feed, size: int, steps: int, rng: np.random.Generator) -> Encoder:
    """Return a frozen encoder trained for `steps` on the faces of `feed` (train faces alone)."""
    net = Encoder(size, len(feed.classes))
    initialise(net, rng)
    adam = torch.optim.Adam(net.parameters(), RATE)
    for _ in range(steps):
        faces, labels = feed.fetch(BATCH)
        loss = cross_entropy(net(faces)[1], labels)
        adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()
    return net.eval().requires_grad_(False)
