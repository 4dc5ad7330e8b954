"""Detect the nose tip and the head's pose in a metric map with a small network.

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

STRIDE = 2  # map pixels per cell of the heat map: 10 mm
ANGLE_SCALE = 30.0  # degrees that the network's pose output 1 stands for
DILATIONS = (1, 2, 4, 8, 4, 2, 1)
WIDTH = 24


class Detection(NamedTuple):
    """The nose tip and head pose of one map: position in map pixels, angles in degrees."""

    column: float
    row: float
    confidence: float
    yaw: float
    pitch: float
    roll: float


class Locator(nn.Module):
    """Dilated convolutions over cells of 10 mm; 38,029 weights."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, WIDTH, 5, STRIDE, 2)
        self.body = nn.ModuleList(
            nn.Conv2d(WIDTH, WIDTH, 3, padding=dilation, dilation=dilation)
            for dilation in DILATIONS
        )
        self.heat = nn.Conv2d(WIDTH, 1, 1)
        self.none = nn.Linear(WIDTH, 1)
        self.pose = nn.Sequential(nn.Linear(WIDTH, 32), nn.ReLU(), nn.Linear(32, 3))

    def forward(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Return log-probabilities (n, h * w + 1), the last for "no nose here", and pose (n, 3).

        `maps` (n, 1, H, W) as in `metric`; h = H / 2, w = W / 2.
        """
        x = functional.relu(self.stem(maps))
        for dilated_layer in self.body:
            x = x + functional.relu(dilated_layer(x))
        heat_logits = self.heat(x).flatten(1)
        logits = torch.cat([heat_logits, self.none(x.mean((2, 3)))], 1)
        attention = torch.softmax(heat_logits, 1).unsqueeze(1)
        attended_features = (x.flatten(2) * attention).sum(2)
        return torch.log_softmax(logits, 1), self.pose(attended_features)


@cache
def trained_locator() -> Locator:
    """Return the network with the weights that ship with the package."""
    network = Locator()
    network.load_state_dict(load(files(__package__).joinpath("locator.safetensors").read_bytes()))
    return network.eval()


def locate_noses(
    maps: list[npt.NDArray[np.float32]], network: Locator | None = None
) -> list[Detection]:
    """Detect the nose in each map (h, w); results do not depend on batching."""
    indices_by_shape = defaultdict(list)  # maps of one padded size go through the network together
    for map_index, metric_map in enumerate(maps):
        indices_by_shape[
            tuple(max(64, -(-length // 32) * 32) for length in metric_map.shape)
        ].append(map_index)
    detections: dict[int, Detection] = {}
    for padded_shape, map_indices in indices_by_shape.items():
        padded_maps = np.ones((len(map_indices), 1, *padded_shape), np.float32)  # 1 = nothing there
        for map_index, padded_map in zip(map_indices, padded_maps, strict=True):
            height, width = maps[map_index].shape
            padded_map[0, :height, :width] = maps[map_index]
        detections |= zip(
            map_indices, _detect(padded_maps, network or trained_locator()), strict=True
        )
    return [detections[map_index] for map_index in range(len(maps))]


def _detect(padded_maps: npt.NDArray[np.float32], network: Locator) -> list[Detection]:
    with torch.no_grad():
        log_probabilities, pose_outputs = network(torch.from_numpy(padded_maps))
    grid_shape = [side // STRIDE for side in padded_maps.shape[2:]]
    heat_maps = log_probabilities[:, :-1].exp().reshape(len(padded_maps), *grid_shape).numpy()
    pose_angles = pose_outputs.numpy() * ANGLE_SCALE
    return [
        _peak_detection(heat_map, map_angles)
        for heat_map, map_angles in zip(heat_maps, pose_angles, strict=True)
    ]


def _peak_detection(
    heat_map: npt.NDArray[np.float32], pose_angles: npt.NDArray[np.float32]
) -> Detection:
    """Return the mean position of the 5 x 5 cells round the peak, and their probability."""
    peak_row, peak_column = np.unravel_index(heat_map.argmax(), heat_map.shape)
    top, left = max(int(peak_row) - 2, 0), max(int(peak_column) - 2, 0)
    peak_patch = heat_map[top : top + 5, left : left + 5].astype(np.float64)
    peak_probability = peak_patch.sum()
    y = (peak_patch.sum(1) @ (top + np.arange(peak_patch.shape[0]))) / peak_probability
    x = (peak_patch.sum(0) @ (left + np.arange(peak_patch.shape[1]))) / peak_probability
    yaw, pitch, roll = (float(angle) for angle in pose_angles)
    # Cell c of a 5 x 5, stride 2, padding 2 convolution is centred on map pixel 2c.
    return Detection(STRIDE * x, STRIDE * y, float(peak_probability), yaw, pitch, roll)
