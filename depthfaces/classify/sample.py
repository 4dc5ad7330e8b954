"""What a classifier is fitted on, and what every classifier can do."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol, Self

import numpy as np
import numpy.typing as npt

from depthfaces.schema import Classify

Array = npt.NDArray[Any]


class Sample(NamedTuple):
    """Features `x` (n, D), class numbers `y` (n,) in 0..k-1 and weights `w` (n,), None = all 1.

    `names` are those of the k classes, () where nobody asks for them.
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
        """Return the faces whose weight is above 0: of the others nothing is learned."""
        return self if self.w is None else self.pick(self.w > 0)


def join(samples: Sequence[Sample]) -> Sample:
    """Return all faces of `samples`; weights come along if any has some."""
    weighted = any(sample.w is not None for sample in samples)
    x, y = (np.concatenate(pieces) for pieces in zip(*(one[:2] for one in samples), strict=True))
    w = np.concatenate([one.weights() for one in samples]) if weighted else None
    return Sample(x, y, w, samples[0].names)


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
