"""A support vector machine with a Gaussian kernel."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from depthfaces.classify.sample import Sample
from depthfaces.schema import Classify


def fit_predict(
    train: Sample, validation: Sample, x: npt.NDArray[Any], seed: int, params: Classify
) -> npt.NDArray[Any]:
    """Return probabilities (n, k) of the rows of `x`; validation decides how sure they are.

    The scaler sees train only. The kernel exp(-|a - b|^2 / D) is computed ahead, by one matrix
    product: ten times as fast as libsvm's own at thousands of columns. Nothing here is random.
    """
    scaler = StandardScaler().fit(train.x)
    support = scaler.transform(train.x)

    machine = SVC(C=params.svm_cost, kernel="precomputed").fit(rbf_kernel(support), train.y)

    def scores(faces: npt.NDArray[Any]) -> npt.NDArray[Any]:
        values = machine.decision_function(rbf_kernel(scaler.transform(faces), support))
        return np.stack([-values, values], axis=1) if values.ndim == 1 else np.asarray(values)

    warmth = temperature(scores(validation.x), validation.y)
    return np.asarray(softmax(scores(x) / warmth, axis=1))


def temperature(scores: npt.NDArray[Any], y: npt.NDArray[Any]) -> float:
    """Return the T in [0.01, 100] with the least log loss of softmax(scores / T).

    Guo et al. (2017): one number, so it changes how sure the machine is, never what it says.
    """

    def loss(log_t: float) -> float:
        shares = log_softmax(scores / np.exp(log_t), axis=1)
        return -float(shares[np.arange(len(y)), y].mean())

    return float(np.exp(minimize_scalar(loss, bounds=np.log((0.01, 100)), method="bounded").x))
