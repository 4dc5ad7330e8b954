"""Whether a generator copies the faces it was trained on."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from depthfaces.metrics.undefined import UndefinedError

Array = npt.NDArray[Any]


def closest_share(*, train: Array, held_out: Array, fake: Array) -> float:
    """Return the share of fakes nearer to a train face than to any held-out one; ties count half.

    0.5 for fakes that know neither, if both sides are equally many and equally varied.
    """
    if len(train) != len(held_out) or not len(fake):
        raise UndefinedError("needs fakes, and as many train faces as held-out ones")
    near, far = cdist(fake, train).min(axis=1), cdist(fake, held_out).min(axis=1)
    return float(np.mean((near < far) + 0.5 * (near == far)))


def authentic_share(*, train: Array, fake: Array) -> float:
    """Return the share of fakes farther from the nearest train face than that is from its own.

    Alaa et al. (2022), in shares rather than percent; copies of train give 0.
    """
    if len(train) < 2 or not len(fake):
        raise UndefinedError("needs fakes and 2 train faces")
    own = cdist(train, train)
    np.fill_diagonal(own, np.inf)
    apart = cdist(fake, train)
    nearest = apart.argmin(axis=1)
    return float(np.mean(apart.min(axis=1) > own.min(axis=1)[nearest]))
