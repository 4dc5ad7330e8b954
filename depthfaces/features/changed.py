"""Classical augmentations of the train faces: the controls that any generator has to beat."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from depthfaces.depth.crop import Window
from depthfaces.faces import FaceSet
from depthfaces.features.augment import augmented_batches
from depthfaces.features.posed import posed_batches
from depthfaces.schema import Params

ImageBatches = Iterator[npt.NDArray[np.float32]]


def changed(
    real: FaceSet, params: Params, batch_size: int
) -> Iterator[tuple[str, npt.NDArray[np.intp], ImageBatches]]:
    """Yield (name, rows of the augmented faces, their images) of each control set.

    Each train face is repeated `features.augmented` times. Grey images have no third dimension to
    turn in, so only depth is posed.
    """
    train_rows = np.flatnonzero(real.table["split"] == "train")
    rows = np.tile(train_rows, params.features.augmented)
    yield "augmented", rows, augmented_batches(real, rows, batch_size, params.seed)
    if real.table["unit"].iloc[0] == "mm":
        depth_range = params.preprocess.front, params.preprocess.back
        face_window = Window(real.images.shape[1], params.preprocess.crop, *depth_range)
        yield "posed", rows, posed_batches(real, rows, face_window, params.seed, batch_size)
