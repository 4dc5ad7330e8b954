"""What a classifier is fitted on, and what every classifier can do."""

from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol, Self

import numpy.typing as npt

from depthfaces.schema import Classify

Array = npt.NDArray[Any]


class Sample(NamedTuple):
    """Features `x` (n, D) and class numbers `y` (n,) in 0..k-1."""

    x: Array
    y: Array


class Classifier(Protocol):
    """A fitted classifier. `view` says what it reads of a face: features or pixels."""

    view: ClassVar[str]

    @classmethod
    def fit(cls, train: Sample, validation: Sample, seed: int, params: Classify) -> Self:
        """Fit to `train`, tune on `validation`, on one thread."""

    def predict(self, x: Array) -> Array:
        """Return probabilities (n, k) of the rows of `x` (n, D)."""

    def save(self, folder: Path) -> None:
        """Write it into `folder`, without pickles."""

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote: it predicts the same, bit for bit."""
