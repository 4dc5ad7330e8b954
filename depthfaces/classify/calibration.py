"""Probabilities that mean something: of faces at 70 %, about seven in ten are right.

A classifier is too sure of the faces that it was fitted to. So people are left out in turn, the
classifier is fitted to the others, and from its margins on the faces left out a calibrator learns
how often such margins are right. Test people take no part in any of it.
"""

from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax, softmax

from depthfaces.classify.sample import Classifier

Array = npt.NDArray[Any]

BINS = 10  # equally wide, of the probability of the answer
FLOOR = 1e-6  # a probability of 0 has no logarithm
PENALTY = 1e-3  # on the squared biases: a rare class would else move far on a few faces
LEAST_RIGHT = 0.6  # an answer that is right less often than this is not given


def margins(model: Classifier, x: Array) -> Array:
    """Return (n, k) numbers whose differences say how much better one class fits than another.

    Of an SVM its soft votes, else the logarithms of its probabilities.
    """
    if hasattr(model, "margins"):
        return np.asarray(model.margins(x))
    return np.asarray(np.log(np.maximum(model.predict(x), FLOOR)))


class Calibrator(NamedTuple):
    """Softmax(slope * margins + biases): Platt's scaling for several classes.

    Platt (1999); Guo et al. (2017). One slope, so that few faces are enough; a bias (k,) a class.
    """

    slope: float
    biases: list[float]

    @classmethod
    def fit(cls, found: Array, y: Array) -> Self:
        """Fit to margins (n, k) of faces that the classifier was not fitted to, classes `y`."""
        from scipy.optimize import minimize  # noqa: PLC0415 - answers need none of it

        count = found.shape[1]
        right = np.eye(count)[y]

        def loss(numbers: Array) -> tuple[float, Array]:
            slope, biases = np.exp(numbers[0]), numbers[1:]
            shares = log_softmax(slope * found + biases, axis=1)
            off = (np.exp(shares) - right) / len(y)
            value = -(shares * right).sum() / len(y) + PENALTY * (biases**2).sum()
            steep = slope * (off * found).sum()
            return float(value), np.array([steep, *(off.sum(axis=0) + 2 * PENALTY * biases)])

        start = np.array([-np.log(found.std() + FLOOR), *np.zeros(count)])
        best = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(-10, 10)] * len(start))
        return cls(float(np.exp(best.x[0])), [float(bias) for bias in best.x[1:]])

    def probabilities(self, found: Array) -> Array:
        """Return the probabilities (n, k) that margins (n, k) mean."""
        return np.asarray(softmax(self.slope * found + np.array(self.biases), axis=1))


def sure_from(probabilities: Array, y: Array) -> float:
    """Return the least probability of an answer from which on answers are given.

    It is where the share of right answers, which may only rise with the probability (isotonic
    regression), reaches `LEAST_RIGHT`; 1 where it never does.
    """
    from sklearn.isotonic import IsotonicRegression  # noqa: PLC0415 - answers need none of it

    top = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == y
    rising = IsotonicRegression(y_min=0, y_max=1).fit(top, right.astype(float)).predict(top)
    good = top[rising >= LEAST_RIGHT]
    return float(good.min()) if len(good) else 1.0


def reliability(probabilities: Array, y: Array) -> dict[str, Any]:
    """Return how far what is said lies from what is right, over all faces and by bin.

    `ece` is the expected calibration error: the mean over the faces of |said - right| of their bin,
    where said is the mean probability of a bin's answers and right the share of right ones.
    `by_chance` is about what it is for exact probabilities: few faces never fit them.
    """
    top = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == y
    number = np.minimum((top * BINS).astype(int), BINS - 1)
    table = [
        _bin(place, top[number == place], right[number == place]) for place in np.unique(number)
    ]
    gaps = [row["faces"] * abs(row["said"] - row["right"]) for row in table]
    # A bin's surplus of right answers has the variance sum of p (1 - p); E|normal| = sd sqrt(2/pi).
    spread = [np.sqrt((top * (1 - top))[number == place].sum()) for place in np.unique(number)]
    return {
        "ece": float(sum(gaps) / len(y)),
        "by_chance": float(np.sqrt(2 / np.pi) * sum(spread) / len(y)),
        "faces": len(y),
        "accuracy": float(right.mean()),
        "said": float(top.mean()),
        "bins": table,
    }


def _bin(place: int, top: Array, right: Array) -> dict[str, Any]:
    return {
        "from": int(place) / BINS,
        "to": (int(place) + 1) / BINS,
        "faces": len(top),
        "said": float(top.mean()),
        "right": float(right.mean()),
    }
