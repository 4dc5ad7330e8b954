"""Classical augmentation as published: random rotation, mirroring, zoom, crop and sharpening."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import affine_grid, avg_pool2d, grid_sample, pad

DRAWS_PER_FACE = 6  # uniform numbers


class ChangeRanges(NamedTuple):
    """Half widths of uniform draws: degrees, share of the size, pixels; mirroring; strength."""

    rotation: float
    zoom: float
    crop: int
    flip: bool
    sharpen: float


def random_augmentation(ranges: ChangeRanges) -> Callable[[Tensor, np.random.Generator], Tensor]:
    """Return the function that augments a batch (n, 1, S, S) by draws from a random stream."""

    def augment_batch(faces: Tensor, rng: np.random.Generator) -> Tensor:
        uniform_draws = torch.from_numpy(rng.random((len(faces), DRAWS_PER_FACE), np.float32))
        return change_faces(faces, uniform_draws, ranges)

    return augment_batch


def change_faces(faces: Tensor, draws: Tensor, ranges: ChangeRanges) -> Tensor:
    """Return `faces` (n, 1, S, S) in [0, 1], each changed by its `draws` (n, 6) in [0, 1).

    A crop is a window moved by up to `crop` pixels; uncovered pixels repeat the border.
    """
    signed_draws = 2 * draws - 1
    angles = math.radians(ranges.rotation) * signed_draws[:, 0]
    scales = 1 + ranges.zoom * signed_draws[:, 1]
    crop_reach = 2 * ranges.crop / faces.shape[-1]  # a face spans [-1, 1]
    mirror_signs = torch.where((draws[:, 4] < 0.5) & ranges.flip, -1.0, 1.0).to(faces)
    cosine, sine = scales * angles.cos(), scales * angles.sin()
    x_rows = torch.stack([cosine * mirror_signs, -sine, crop_reach * signed_draws[:, 2]], 1)
    y_rows = torch.stack([sine * mirror_signs, cosine, crop_reach * signed_draws[:, 3]], 1)
    sampling_grid = affine_grid(
        torch.stack([x_rows, y_rows], 1), list(faces.shape), align_corners=False
    )
    warped_faces = grid_sample(faces, sampling_grid, padding_mode="border", align_corners=False)
    return sharpen_faces(warped_faces, ranges.sharpen * draws[:, 5])


def sharpen_faces(faces: Tensor, strength: Tensor) -> Tensor:
    """Return x + strength (x - blurred x), cut to [0, 1]: an unsharp mask by face."""
    blurred_faces = avg_pool2d(pad(faces, [1] * 4, mode="replicate"), 3, stride=1)
    return (faces + strength.view(-1, 1, 1, 1) * (faces - blurred_faces)).clamp(0, 1)
