"""The train sample of a classifier, and the protocol of all classifiers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol, Self

import numpy as np
import numpy.typing as npt

from depthfaces.schema import Classify

Array = npt.NDArray[Any]


class Sample(NamedTuple):
    """Features `x` (n, D), class numbers `y` (n,) in 0..k-1 and weights `w` (n,), None = all 1.

    `names` are those of the k classes, () where they are not needed.
    """

    x: Array
    y: Array
    w: Array | None = None
    names: tuple[str, ...] = ()

    def weights(self) -> Array:
        """Return the weights (n,)."""
        return np.ones(len(self.y)) if self.w is None else self.w

    def pick(self, rows: Array) -> Self:
        """Return the faces at `rows` (indices or a boolean mask)."""
        w = None if self.w is None else self.w[rows]
        return self._replace(x=self.x[rows], y=self.y[rows], w=w)

    def used(self) -> Self:
        """Return the faces with a weight above 0."""
        return self if self.w is None else self.pick(self.w > 0)


def join(samples: Sequence[Sample]) -> Sample:
    """Concatenate `samples`; the result has weights if any of them has."""
    is_weighted = any(sample.w is not None for sample in samples)
    x, y = (
        np.concatenate(arrays) for arrays in zip(*(sample[:2] for sample in samples), strict=True)
    )
    w = np.concatenate([sample.weights() for sample in samples]) if is_weighted else None
    return Sample(x, y, w, samples[0].names)


class Classifier(Protocol):
    """A fitted classifier. `view` is its input: features or pixels."""

    view: ClassVar[str]

    @classmethod
    def fit(cls, train: Sample, validation: Sample, seed: int, params: Classify) -> Self:
        """Fit to `train`, tune on `validation`, on one thread."""

    def predict(self, x: Array) -> Array:
        """Return probabilities (n, k) of the rows of `x` (n, D)."""

    def save(self, folder: Path) -> None:
        """Write the classifier into `folder`, without pickles."""

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote; predictions are the same, bit for bit."""
