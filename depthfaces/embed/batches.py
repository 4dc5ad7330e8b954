"""Run a network over faces in batches, as numpy arrays."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from tqdm import tqdm

Array = npt.NDArray[Any]
SIZE = 64  # faces at once


def run(net: Callable[[torch.Tensor], torch.Tensor], images: Array, name: str) -> Array:
    """Return `net` of `images` (n, S, S), given to it as (batch, 1, S, S) float32."""
    parts = []
    with torch.inference_mode():
        for start in tqdm(
            range(0, len(images), SIZE), name, unit="batch", leave=False, disable=None
        ):
            part = torch.from_numpy(np.array(images[start : start + SIZE], np.float32))
            parts.append(net(part[:, None]).numpy())
    return np.concatenate(parts)


def resized(images: torch.Tensor, side: int) -> torch.Tensor:
    """Return images (n, c, S, S) as (n, c, side, side), bilinear without antialiasing."""
    if images.shape[-1] == side:
        return images
    return torch.nn.functional.interpolate(
        images, (side, side), mode="bilinear", align_corners=False
    )
