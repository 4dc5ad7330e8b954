"""The Inception network of the usual FID, from a TorchScript file that the user provides."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy.typing as npt
import torch

from depthfaces import files
from depthfaces.embed.batches import apply_in_batches
from depthfaces.errors import DataError, IntegrityError
from depthfaces.schema import Params

Array = npt.NDArray[Any]
FILE_NAME = "inception-2015-12-05.pt"
SHA256 = "f58cb9b6ec323ed63459aa4fb441fe750cfe39fafad6da5cb504a16f19e958f4"
INPUT_NOTE = "depth repeated to three channels, resized by the network itself"


def load(_train: Array, params: Params) -> Callable[[Array], Array]:
    """Return the encoder to 2,048 numbers; the file at `compare.inception` is verified first.

    A TorchScript file holds code: only the one known file is ever opened.
    """
    path = Path(params.compare.inception)
    if not path.is_file():
        raise DataError(f"compare.inception: expected the file {FILE_NAME}, found none at {path}")
    checksum = files.checksum(path)
    if checksum != SHA256:
        raise IntegrityError(f"{path}: expected {FILE_NAME} with sha256 {SHA256}, found {checksum}")
    net = torch.jit.load(path)  # type: ignore[no-untyped-call] # torch ships it without types

    def extract_features(x: torch.Tensor) -> torch.Tensor:
        rgb_images = ((x + 1) * 127.5).round().to(torch.uint8).repeat(1, 3, 1, 1)
        return torch.as_tensor(net(rgb_images, return_features=True))

    return lambda images: apply_in_batches(extract_features, images, "inception")
