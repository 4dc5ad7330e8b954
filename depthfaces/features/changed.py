"""The train faces changed by classical means: the controls that any generator has to beat."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from depthfaces.depth.crop import Window
from depthfaces.faces import FaceSet
from depthfaces.features.augment import augmented
from depthfaces.features.posed import posed
from depthfaces.schema import Params

Batches = Iterator[npt.NDArray[np.float32]]


def changed(
    real: FaceSet, params: Params, batch: int
) -> Iterator[tuple[str, npt.NDArray[np.intp], Batches]]:
    """Yield (name, rows of the faces that are changed, their images) of each control.

    Each train face comes `features.augmented` times. Grey images have no third dimension to turn
    in, so only depth is posed.
    """
    train = np.flatnonzero(real.table["split"] == "train")
    rows = np.tile(train, params.features.augmented)
    yield "augmented", rows, augmented(real, rows, batch, params.seed)
    if real.table["unit"].iloc[0] == "mm":
        depths = params.preprocess.front, params.preprocess.back
        window = Window(real.images.shape[1], params.preprocess.crop, *depths)
        yield "posed", rows, posed(real, rows, window, params.seed, batch)
