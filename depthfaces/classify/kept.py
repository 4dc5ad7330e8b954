"""A stored classifier, ready to predict: imports here are paid at every call of `recognise`."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy.typing as npt

from depthfaces import kept_config
from depthfaces.classify.calibration import Calibrator, class_margins
from depthfaces.classify.net import Net
from depthfaces.classify.sample import Classifier


class Kept(NamedTuple):
    """A stored classifier with its name and config."""

    model: Classifier
    name: str
    config: dict[str, Any]

    @property
    def calibration(self) -> dict[str, Any] | None:
        """Return slope, biases and `sure_from`; None where there were too few people."""
        calibration: dict[str, Any] | None = self.config["models"][self.name].get("calibration")
        return calibration

    def probabilities(self, x: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the probabilities (n, k) of the rows of `x` (n, D), calibrated if possible."""
        return calibrated_probabilities(self.model, self.calibration, x)


def calibrated_probabilities(
    model: Classifier, calibration: dict[str, Any] | None, x: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    """Return the probabilities (n, k) of the rows of `x`; the model's own without `calibration`."""
    if calibration is None:
        return model.predict(x)
    return Calibrator(calibration["slope"], calibration["biases"]).probabilities(
        class_margins(model, x)
    )


def load(folder: Path, name: str) -> Kept:
    """Read the classifier `name` from `folder`; "" is the best one by validation."""
    model_name, config = kept_config.read(folder, name)
    if model_name == "net":
        return Kept(Net.load(folder / model_name), model_name, config)
    from depthfaces.classify.family import CLASSIFIERS  # noqa: PLC0415 - others take seconds to load

    return Kept(CLASSIFIERS[model_name].load(folder / model_name), model_name, config)
