"""How sure a classifier may be: one number, from validation faces."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax

Array = npt.NDArray[Any]


def temperature(scores: Array, y: Array) -> float:
    """Return the T in [0.01, 100] with the least log loss of softmax(scores / T).

    Guo et al. (2017): one number, so it changes how sure the machine is, never what it says.
    """
    from scipy.optimize import minimize_scalar  # noqa: PLC0415 - answers need none of it

    def loss(log_t: float) -> float:
        shares = log_softmax(scores / np.exp(log_t), axis=1)
        return -float(shares[np.arange(len(y)), y].mean())

    return float(np.exp(minimize_scalar(loss, bounds=np.log((0.01, 100)), method="bounded").x))
