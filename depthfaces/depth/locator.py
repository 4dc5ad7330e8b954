"""Find the nose tip and the head's pose in a metric map, by a small network.

It was trained on the virtual camera alone (`python -m bench.locator` trains it anew), which knows
the true nose of every frame. No real frame was learned from; how virtual faces move was set by the
means of six recorded people.
"""

from collections import defaultdict
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load
from torch import Tensor, nn
from torch.nn import functional

STRIDE = 2  # map pixels a cell of the heat map: 10 mm
ANGLE = 30.0  # degrees that the network's pose output 1 stands for
DILATIONS = (1, 2, 4, 8, 4, 2, 1)
WIDTH = 24


class Found(NamedTuple):
    """What the network says of one map; places in map pixels, angles in degrees."""

    column: float
    row: float
    confidence: float
    yaw: float
    pitch: float
    roll: float


class Locator(nn.Module):
    """Dilated convolutions at a cell of 10 mm; 38,029 weights."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, WIDTH, 5, STRIDE, 2)
        self.body = nn.ModuleList(
            nn.Conv2d(WIDTH, WIDTH, 3, padding=step, dilation=step) for step in DILATIONS
        )
        self.heat = nn.Conv2d(WIDTH, 1, 1)
        self.none = nn.Linear(WIDTH, 1)
        self.pose = nn.Sequential(nn.Linear(WIDTH, 32), nn.ReLU(), nn.Linear(32, 3))

    def forward(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Return log-probabilities (n, h * w + 1), the last for "no nose here", and pose (n, 3).

        `maps` (n, 1, H, W) as in `metric`; h = H / 2, w = W / 2.
        """
        x = functional.relu(self.stem(maps))
        for layer in self.body:
            x = x + functional.relu(layer(x))
        heat = self.heat(x).flatten(1)
        logits = torch.cat([heat, self.none(x.mean((2, 3)))], 1)
        attention = torch.softmax(heat, 1).unsqueeze(1)
        seen = (x.flatten(2) * attention).sum(2)
        return torch.log_softmax(logits, 1), self.pose(seen)


@cache
def trained() -> Locator:
    """Return the network with the weights that ship with the package."""
    network = Locator()
    network.load_state_dict(load(files(__package__).joinpath("locator.safetensors").read_bytes()))
    return network.eval()


def locate(maps: list[npt.NDArray[np.float32]], network: Locator | None = None) -> list[Found]:
    """Return the nose in each map (h, w), in map pixels; what comes together does not matter."""
    alike = defaultdict(list)  # maps of one padded size go through the network together
    for place, one in enumerate(maps):
        alike[tuple(max(64, -(-side // 32) * 32) for side in one.shape)].append(place)
    found: dict[int, Found] = {}
    for side, places in alike.items():
        batch = np.ones((len(places), 1, *side), np.float32)  # 1 = nothing there
        for place, target in zip(places, batch, strict=True):
            height, width = maps[place].shape
            target[0, :height, :width] = maps[place]
        found |= zip(places, _look(batch, network or trained()), strict=True)
    return [found[place] for place in range(len(maps))]


def _look(batch: npt.NDArray[np.float32], network: Locator) -> list[Found]:
    with torch.no_grad():
        logs, poses = network(torch.from_numpy(batch))
    cells = [side // STRIDE for side in batch.shape[2:]]
    heat = logs[:, :-1].exp().reshape(len(batch), *cells).numpy()
    angles = poses.numpy() * ANGLE
    return [_peak(one, angle) for one, angle in zip(heat, angles, strict=True)]


def _peak(heat: npt.NDArray[np.float32], angles: npt.NDArray[np.float32]) -> Found:
    """Return the mean place of the 5 x 5 cells round the peak, and the probability in them."""
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    top, left = max(int(row) - 2, 0), max(int(column) - 2, 0)
    part = heat[top : top + 5, left : left + 5].astype(np.float64)
    mass = part.sum()
    y = (part.sum(1) @ (top + np.arange(part.shape[0]))) / mass
    x = (part.sum(0) @ (left + np.arange(part.shape[1]))) / mass
    yaw, pitch, roll = (float(angle) for angle in angles)
    # Cell c of a 5 x 5, stride 2, padding 2 convolution is centred on map pixel 2c.
    return Found(STRIDE * x, STRIDE * y, float(mass), yaw, pitch, roll)
