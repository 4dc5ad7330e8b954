"""How strongly each action unit is shown: nets that learned it from virtual people, who know it."""

from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from depthfaces.classify import warp
from depthfaces.classify.net import FLAT, LabelledImages, Net, Shape, faces_of
from depthfaces.schema import Classify

Array = npt.NDArray[Any]

# Facial Action Coding System (Ekman, Friesen 1978). Those of the virtual camera, in its order, but
# for 14, 18, 22 and 43: none of the seven emotions shows them, so they cannot be learned.
NAMES = {
    1: "inner brow up",
    2: "outer brow up",
    4: "brow down",
    5: "lid up",
    6: "cheek up",
    7: "lids tight",
    9: "nose wrinkle",
    10: "upper lip up",
    12: "lip corner up",
    15: "lip corner down",
    16: "lower lip down",
    17: "chin up",
    20: "lips stretched",
    23: "lips tight",
    24: "lips pressed",
    25: "lips part",
    26: "jaw drop",
    27: "mouth stretch",
}


class Units:
    """The mean strengths, 0 to 1, of a few nets over a face and its mirror image."""

    def __init__(self, net: Net) -> None:
        self.net = net

    @classmethod
    def fit(cls, x: Array, strengths: Array, seed: int, params: Classify) -> Self:
        """Train on faces `x` (n, side^2), uint8, and their units' strengths (n, U) in [0, 1]."""
        torch.set_num_threads(1)
        side = round(x.shape[1] ** 0.5)
        relief = params.net_relief if params.net_relief > FLAT else 0.0
        net = Net(Shape(side, params.net_width, strengths.shape[1], params.net_members, relief))
        surfaces, y = warp.Surface.of(faces_of(x, side)), torch.from_numpy(strengths).float()
        net.learn(
            LabelledImages(surfaces, y, np.ones(len(x)), _apart), params.net_steps, seed, "units"
        )
        return cls(net)

    def predict(self, x: Array) -> Array:
        """Return the strengths (n, U) of the faces `x` (n, side^2), uint8."""
        return np.asarray(self.net.mean(x, torch.sigmoid).numpy())

    def save(self, folder: Path) -> None:
        """Write it into `folder`."""
        self.net.save(folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        return cls(Net.load(folder))


def _apart(scores: Tensor, strengths: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(scores, strengths)
