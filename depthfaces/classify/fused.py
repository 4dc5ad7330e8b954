"""A user-trained net fused with the nets of the package: the product of their probabilities."""

from functools import cache
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from depthfaces import files, shipped
from depthfaces.classify.calibration import Calibrator, class_margins
from depthfaces.classify.net import FLAT, Net
from depthfaces.classify.sample import Sample
from depthfaces.errors import DataError
from depthfaces.kept_config import CONFIG
from depthfaces.schema import Classify

Array = npt.NDArray[Any]


class ShippedNets(NamedTuple):
    """The nets of the package, their calibrator, and the emotions that they know."""

    net: Net
    calibrator: Calibrator
    classes: list[str]


@cache
def shipped_nets() -> ShippedNets:
    """Read the nets of the package."""
    config = files.read_json(shipped.FOLDER / CONFIG, "classes", "models")
    calibration = config["models"]["net"]["calibration"]
    calibrator = Calibrator(calibration["slope"], calibration["biases"])
    return ShippedNets(Net.load(shipped.FOLDER / "net"), calibrator, config["classes"])


class Fused:
    """Late fusion: probabilities of a `Net` times those of nets that saw virtual people alone."""

    view: ClassVar[str] = "pixels"

    def __init__(self, own_net: Net, class_names: tuple[str, ...]) -> None:
        self.own_net, self.class_names = own_net, class_names
        self.shipped_columns = [shipped_nets().classes.index(name) for name in class_names]

    @classmethod
    def fit(cls, train: Sample, validation: Sample, seed: int, params: Classify) -> Self:
        """Train the own net; the shipped nets are fixed."""
        unknown_classes = sorted(set(train.names) - set(shipped_nets().classes))
        side = shipped_nets().net.shape.side
        if unknown_classes or train.x.shape[1] != side**2 or params.net_relief <= FLAT:
            known_classes = ", ".join(shipped_nets().classes)
            raise DataError(
                f"classify.models: fused expected depth faces of {side} x {side} "
                f"(features.pixels) and the emotions {known_classes}; found "
                f"{unknown_classes[0] if unknown_classes else 'other faces'}; take net"
            )
        return cls(Net.fit(train, validation, seed, params), train.names)

    def predict(self, x: Array) -> Array:
        """Return probabilities (n, k) of the faces `x` (n, side^2), uint8."""
        net, calibrator, _ = shipped_nets()
        product = (
            self.own_net.predict(x)
            * calibrator.probabilities(class_margins(net, x))[:, self.shipped_columns]
        )
        return np.asarray(product / product.sum(axis=1, keepdims=True))

    def save(self, folder: Path) -> None:
        """Write the own net into `folder`, and the emotions of its training as fused.json."""
        self.own_net.save(folder)
        files.write_json(folder / "fused.json", {"names": self.class_names})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        stored = files.read_json(folder / "fused.json", "names")
        with files.intact(folder / "fused.json"):
            return cls(Net.load(folder), tuple(stored["names"]))
