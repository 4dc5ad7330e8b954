"""A net of one's own beside the nets that come with the package: the product of what both say."""

from functools import cache
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from depthfaces import files, shipped
from depthfaces.classify.calibration import Calibrator, margins
from depthfaces.classify.net import FLAT, Net
from depthfaces.classify.sample import Sample
from depthfaces.errors import DataError
from depthfaces.kept_config import CONFIG
from depthfaces.schema import Classify

Array = npt.NDArray[Any]


class Prior(NamedTuple):
    """The nets of the package, how sure they may be, and the emotions that they know."""

    net: Net
    calibrator: Calibrator
    classes: list[str]


@cache
def prior() -> Prior:
    """Read the nets of the package."""
    config = files.read_json(shipped.FOLDER / CONFIG, "classes", "models")
    told = config["models"]["net"]["calibration"]
    calibrator = Calibrator(told["slope"], told["biases"])
    return Prior(Net.load(shipped.FOLDER / "net"), calibrator, config["classes"])


class Fused:
    """Late fusion: probabilities of a `Net` times those of nets that saw virtual people alone."""

    view: ClassVar[str] = "pixels"

    def __init__(self, own: Net, names: tuple[str, ...]) -> None:
        self.own, self.names = own, names
        self.columns = [prior().classes.index(name) for name in names]

    @classmethod
    def fit(cls, train: Sample, validation: Sample, seed: int, params: Classify) -> Self:
        """Train the own net; the others know their emotions already."""
        strange = sorted(set(train.names) - set(prior().classes))
        side = prior().net.shape.side
        if strange or train.x.shape[1] != side**2 or params.net_relief <= FLAT:
            known = ", ".join(prior().classes)
            raise DataError(
                f"classify.models: fused expected depth faces of {side} x {side} "
                f"(features.pixels) and the emotions {known}; found "
                f"{strange[0] if strange else 'other faces'}; take net"
            )
        return cls(Net.fit(train, validation, seed, params), train.names)

    def predict(self, x: Array) -> Array:
        """Return probabilities (n, k) of the faces `x` (n, side^2), uint8."""
        net, calibrator, _ = prior()
        both = self.own.predict(x) * calibrator.probabilities(margins(net, x))[:, self.columns]
        return np.asarray(both / both.sum(axis=1, keepdims=True))

    def save(self, folder: Path) -> None:
        """Write the own net into `folder`, and the emotions that it was taught as fused.json."""
        self.own.save(folder)
        files.write_json(folder / "fused.json", {"names": self.names})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        told = files.read_json(folder / "fused.json", "names")
        with files.intact(folder / "fused.json"):
            return cls(Net.load(folder), tuple(told["names"]))
