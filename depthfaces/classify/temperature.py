"""Temperature scaling: one number, fitted to validation faces."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax

Array = npt.NDArray[Any]


def fit_temperature(scores: Array, y: Array) -> float:
    """Return the T in [0.01, 100] with the least log loss of softmax(scores / T).

    Guo et al. (2017): one number, so it changes the confidence, never the prediction.
    """
    from scipy.optimize import minimize_scalar  # noqa: PLC0415 - predictions do without

    def log_loss(log_t: float) -> float:
        log_probabilities = log_softmax(scores / np.exp(log_t), axis=1)
        return -float(log_probabilities[np.arange(len(y)), y].mean())

    return float(np.exp(minimize_scalar(log_loss, bounds=np.log((0.01, 100)), method="bounded").x))
