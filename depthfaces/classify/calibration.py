"""Calibrated probabilities: of faces at 70 %, about seven in ten are classified correctly.

A classifier is overconfident on the faces that it was fitted to. So people are left out in turn,
the classifier is fitted to the others, and a calibrator is fitted to its margins on the faces left
out. Test people take no part in any of it.
"""

from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax, softmax

from depthfaces.classify.sample import Classifier

Array = npt.NDArray[Any]

BIN_COUNT = 10  # of equal width, of the probability of the prediction
MIN_PROBABILITY = 1e-6  # a probability of 0 has no logarithm
BIAS_PENALTY = 1e-3  # on the squared biases: the bias of a rare class would else follow a few faces
MIN_ACCURACY = 0.6  # predictions that are right less often than this are withheld


def class_margins(model: Classifier, x: Array) -> Array:
    """Return margins (n, k); their differences say how much better one class fits than another.

    They are an SVM's soft votes, and the log-probabilities of any other classifier.
    """
    if hasattr(model, "margins"):
        return np.asarray(model.margins(x))
    return np.asarray(np.log(np.maximum(model.predict(x), MIN_PROBABILITY)))


class Calibrator(NamedTuple):
    """Softmax(slope * margins + biases): Platt's scaling for several classes.

    Platt (1999); Guo et al. (2017). One slope, so that few faces suffice; one bias per class (k,).
    """

    slope: float
    biases: list[float]

    @classmethod
    def fit(cls, margins: Array, y: Array) -> Self:
        """Fit to margins (n, k) and classes `y` of faces that the classifier was not fitted to."""
        from scipy.optimize import minimize  # noqa: PLC0415 - predictions do without

        class_count = margins.shape[1]
        one_hot = np.eye(class_count)[y]

        def penalised_loss(parameters: Array) -> tuple[float, Array]:
            slope, biases = np.exp(parameters[0]), parameters[1:]
            log_probabilities = log_softmax(slope * margins + biases, axis=1)
            residuals = (np.exp(log_probabilities) - one_hot) / len(y)
            objective = (
                -(log_probabilities * one_hot).sum() / len(y) + BIAS_PENALTY * (biases**2).sum()
            )
            slope_gradient = slope * (residuals * margins).sum()
            return float(objective), np.array(
                [slope_gradient, *(residuals.sum(axis=0) + 2 * BIAS_PENALTY * biases)]
            )

        initial_values = np.array(
            [-np.log(margins.std() + MIN_PROBABILITY), *np.zeros(class_count)]
        )
        optimum = minimize(
            penalised_loss,
            initial_values,
            jac=True,
            method="L-BFGS-B",
            bounds=[(-10, 10)] * len(initial_values),
        )
        return cls(float(np.exp(optimum.x[0])), [float(bias) for bias in optimum.x[1:]])

    def probabilities(self, margins: Array) -> Array:
        """Return the calibrated probabilities (n, k) of margins (n, k)."""
        return np.asarray(softmax(self.slope * margins + np.array(self.biases), axis=1))


def confidence_threshold(probabilities: Array, y: Array) -> float:
    """Return the top probability from which on predictions are reported.

    It is where the accuracy, which may only rise with the probability (isotonic regression),
    reaches `MIN_ACCURACY`; 1 where it never does.
    """
    from sklearn.isotonic import IsotonicRegression  # noqa: PLC0415 - predictions do without

    top_probability = probabilities.max(axis=1)
    is_right = probabilities.argmax(axis=1) == y
    isotonic_accuracy = (
        IsotonicRegression(y_min=0, y_max=1)
        .fit(top_probability, is_right.astype(float))
        .predict(top_probability)
    )
    trusted_probabilities = top_probability[isotonic_accuracy >= MIN_ACCURACY]
    return float(trusted_probabilities.min()) if len(trusted_probabilities) else 1.0


def reliability_report(probabilities: Array, y: Array) -> dict[str, Any]:
    """Compare predicted probability and accuracy, over all faces and by bin.

    `ece` is the expected calibration error: the mean over the faces of |said - right| of their bin,
    where `said` is the mean top probability of a bin and `right` its accuracy. `by_chance` is its
    approximate value for exact probabilities: on few faces even those miss.
    """
    top_probability = probabilities.max(axis=1)
    is_right = probabilities.argmax(axis=1) == y
    bin_numbers = np.minimum((top_probability * BIN_COUNT).astype(int), BIN_COUNT - 1)
    bin_rows = [
        _bin_row(
            bin_number,
            top_probability[bin_numbers == bin_number],
            is_right[bin_numbers == bin_number],
        )
        for bin_number in np.unique(bin_numbers)
    ]
    bin_gaps = [row["faces"] * abs(row["said"] - row["right"]) for row in bin_rows]
    # A bin's surplus of right predictions has variance sum p (1 - p); E|normal| = sd sqrt(2/pi).
    bin_deviations = [
        np.sqrt((top_probability * (1 - top_probability))[bin_numbers == bin_number].sum())
        for bin_number in np.unique(bin_numbers)
    ]
    return {
        "ece": float(sum(bin_gaps) / len(y)),
        "by_chance": float(np.sqrt(2 / np.pi) * sum(bin_deviations) / len(y)),
        "faces": len(y),
        "accuracy": float(is_right.mean()),
        "said": float(top_probability.mean()),
        "bins": bin_rows,
    }


def _bin_row(bin_number: int, top_probability: Array, is_right: Array) -> dict[str, Any]:
    return {
        "from": int(bin_number) / BIN_COUNT,
        "to": (int(bin_number) + 1) / BIN_COUNT,
        "faces": len(top_probability),
        "said": float(top_probability.mean()),
        "right": float(is_right.mean()),
    }
