"""Apply a network to faces in batches, as numpy arrays."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from tqdm import tqdm

Array = npt.NDArray[Any]
BATCH_SIZE = 64  # faces per batch


def apply_in_batches(
    net: Callable[[torch.Tensor], torch.Tensor], images: Array, description: str
) -> Array:
    """Return the outputs of `net` for `images` (n, S, S), passed as (batch, 1, S, S) float32."""
    batch_outputs = []
    with torch.inference_mode():
        for batch_start in tqdm(
            range(0, len(images), BATCH_SIZE), description, unit="batch", leave=False, disable=None
        ):
            batch = torch.from_numpy(
                np.array(images[batch_start : batch_start + BATCH_SIZE], np.float32)
            )
            batch_outputs.append(net(batch[:, None]).numpy())
    return np.concatenate(batch_outputs)


def resized(images: torch.Tensor, side: int) -> torch.Tensor:
    """Return images (n, c, S, S) as (n, c, side, side), bilinear without antialiasing."""
    if images.shape[-1] == side:
        return images
    return torch.nn.functional.interpolate(
        images, (side, side), mode="bilinear", align_corners=False
    )
