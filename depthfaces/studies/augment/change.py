"""Classical augmentation as published: turned, mirrored, zoomed, cropped, sharpened, by chance."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import affine_grid, avg_pool2d, grid_sample, pad

DRAWS = 6  # uniform numbers a face


class Change(NamedTuple):
    """Half widths of the even draws: degrees, share of the size, pixels; mirroring; strength."""

    rotation: float
    zoom: float
    crop: int
    flip: bool
    sharpen: float


def by_chance(how: Change) -> Callable[[Tensor, np.random.Generator], Tensor]:
    """Return the function that changes a batch (n, 1, S, S) by draws from a stream."""

    def changed(faces: Tensor, rng: np.random.Generator) -> Tensor:
        draws = torch.from_numpy(rng.random((len(faces), DRAWS), np.float32))
        return change(faces, draws, how)

    return changed


def change(faces: Tensor, draws: Tensor, how: Change) -> Tensor:
    """Return `faces` (n, 1, S, S) in [0, 1], each changed by its own `draws` (n, DRAWS) in [0, 1).

    A crop is a window moved by up to `crop` pixels; what it uncovers repeats the border.
    """
    amount = 2 * draws - 1
    angle = math.radians(how.rotation) * amount[:, 0]
    scale = 1 + how.zoom * amount[:, 1]
    reach = 2 * how.crop / faces.shape[-1]  # a face spans [-1, 1]
    mirror = torch.where((draws[:, 4] < 0.5) & how.flip, -1.0, 1.0).to(faces)
    cosine, sine = scale * angle.cos(), scale * angle.sin()
    across = torch.stack([cosine * mirror, -sine, reach * amount[:, 2]], 1)
    down = torch.stack([sine * mirror, cosine, reach * amount[:, 3]], 1)
    grid = affine_grid(torch.stack([across, down], 1), list(faces.shape), align_corners=False)
    moved = grid_sample(faces, grid, padding_mode="border", align_corners=False)
    return sharpened(moved, how.sharpen * draws[:, 5])


def sharpened(faces: Tensor, strength: Tensor) -> Tensor:
    """Return x + strength (x - blurred x), cut to [0, 1]: an unsharp mask, a strength a face."""
    blurred = avg_pool2d(pad(faces, [1] * 4, mode="replicate"), 3, stride=1)
    return (faces + strength.view(-1, 1, 1, 1) * (faces - blurred)).clamp(0, 1)
