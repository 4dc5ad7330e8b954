"""A stored classifier, ready to answer: what loads here loads each time that somebody asks."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy.typing as npt

from depthfaces import kept_config
from depthfaces.classify.calibration import Calibrator, margins
from depthfaces.classify.net import Net
from depthfaces.classify.sample import Classifier


class Kept(NamedTuple):
    """A stored classifier, its name, and the config that was stored with it."""

    model: Classifier
    name: str
    config: dict[str, Any]

    @property
    def calibration(self) -> dict[str, Any] | None:
        """Return slope, biases and `sure_from`; None where there were too few people."""
        found: dict[str, Any] | None = self.config["models"][self.name].get("calibration")
        return found

    def probabilities(self, x: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the probabilities (n, k) of the rows of `x` (n, D), calibrated where they can."""
        return calibrated(self.model, self.calibration, x)


def calibrated(
    model: Classifier, calibration: dict[str, Any] | None, x: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    """Return the probabilities (n, k) of the rows of `x`; the model's own without `calibration`."""
    if calibration is None:
        return model.predict(x)
    return Calibrator(calibration["slope"], calibration["biases"]).probabilities(margins(model, x))


def load(folder: Path, name: str) -> Kept:
    """Read the classifier `name` from `folder`; "" is the one that validation likes best."""
    chosen, config = kept_config.read(folder, name)
    if chosen == "net":
        return Kept(Net.load(folder / chosen), chosen, config)
    from depthfaces.classify.family import CLASSIFIERS  # noqa: PLC0415 - others take seconds to load

    return Kept(CLASSIFIERS[chosen].load(folder / chosen), chosen, config)
