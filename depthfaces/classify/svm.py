"""A support vector machine with a Gaussian kernel."""

from itertools import combinations
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from scipy.special import softmax
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from depthfaces import files
from depthfaces.classify.sample import Sample
from depthfaces.classify.temperature import temperature
from depthfaces.schema import Classify

Array = npt.NDArray[Any]


# Deviations beyond which a feature's value says no more. A column that hardly varies among the
# train faces would else decide alone how far a new face lies from all of them: faces of another
# camera or of a generator then get no answer but the commonest.
FAR = 3.0


class Machine(NamedTuple):
    """Scaler, support vectors (s, D) sorted by class, and what libsvm found about them.

    `coefficients` (k - 1, s): for a vector of class i, the one against class j stands in row j - 1
    (j > i) or j. `offsets` (k (k - 1) / 2,) by pair; `counts` (k,) vectors of each class. `heat`
    divides the scores before they become probabilities.
    """

    mean: Array
    scale: Array
    support: Array
    coefficients: Array
    offsets: Array
    counts: Array
    heat: Array


class Svm(Machine):
    """A machine for each pair of classes; validation decides how sure it is."""

    view: ClassVar[str] = "features"

    @classmethod
    def fit(cls, train: Sample, validation: Sample, seed: int, params: Classify) -> Self:
        """Fit scaler and machine on `train` only. Nothing here is random.

        A face's weight multiplies the cost of its lying on the wrong side.

        The kernel exp(-|a - b|^2 / D) is computed ahead, by one matrix product: ten times as fast
        as libsvm's own at thousands of columns.
        """
        train = train.used()
        scaler = StandardScaler().fit(train.x)
        scaled = scaler.transform(train.x).clip(-FAR, FAR)
        machine = SVC(C=params.svm_cost, kernel="precomputed")
        machine.fit(rbf_kernel(scaled), train.y, train.w)
        found = cls(
            scaler.mean_.astype(np.float32),
            scaler.scale_.astype(np.float32),
            scaled[machine.support_].astype(np.float32),
            machine.dual_coef_,
            machine.intercept_,
            machine.n_support_,
            np.ones(()),
        )
        if not len(validation.y):
            return found
        heat = temperature(found.scores(validation.x), validation.y)
        return found._replace(heat=np.array(heat))

    def predict(self, x: Array) -> Array:
        """Return softmax(scores / heat)."""
        return np.asarray(softmax(self.scores(x) / self.heat, axis=1))

    def scores(self, x: Array) -> Array:
        """Return a score a class (n, k): pairs won, and by how much, squeezed below 1 / 3."""
        kernel = self._kernel(x)
        if len(self.counts) == 2:
            values = (kernel @ self.coefficients.T + self.offsets)[:, 0]
            return np.stack([-values, values], axis=1)
        won, by = np.zeros((2, len(x), len(self.counts)))
        for (i, j), values in zip(
            combinations(range(len(self.counts)), 2), self._pairs(kernel), strict=True
        ):
            won[:, i] += values >= 0
            won[:, j] += values < 0
            by[:, i] += values
            by[:, j] -= values
        return np.asarray(won + by / (3 * (np.abs(by) + 1)))

    def margins(self, x: Array) -> Array:
        """Return each class's mean soft vote against the others (n, k), in (-1, 1).

        A soft vote is tanh(decision / 2), a logistic curve: whole votes would say as much of a
        close decision as of a clear one, and plain sums let clear ones outweigh the close one.
        """
        kernel = self._kernel(x)
        if len(self.counts) == 2:
            votes = np.tanh((kernel @ self.coefficients.T + self.offsets)[:, 0] / 2)
            return np.stack([-votes, votes], axis=1)
        total = np.zeros((len(x), len(self.counts)))
        pairs = combinations(range(len(self.counts)), 2)
        for (i, j), values in zip(pairs, self._pairs(kernel), strict=True):
            votes = np.tanh(values / 2)
            total[:, i] += votes
            total[:, j] -= votes
        return np.asarray(total / (len(self.counts) - 1))

    def _kernel(self, x: Array) -> Array:
        scaled = ((x - self.mean) / self.scale).clip(-FAR, FAR)
        return np.asarray(rbf_kernel(scaled, self.support).astype(np.float64))

    def _pairs(self, kernel: Array) -> list[Array]:
        """Return each pair's decision (n,): at least 0 for its first class."""
        stops = np.cumsum(self.counts)
        rows = [slice(stop - count, stop) for stop, count in zip(stops, self.counts, strict=True)]
        return [
            kernel[:, rows[i]] @ self.coefficients[j - 1, rows[i]]
            + kernel[:, rows[j]] @ self.coefficients[i, rows[j]]
            + offset
            for (i, j), offset in zip(combinations(range(len(rows)), 2), self.offsets, strict=True)
        ]

    def save(self, folder: Path) -> None:
        """Write FOLDER/machine.npz."""
        files.write_npz(folder / "machine.npz", **self._asdict())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read FOLDER/machine.npz."""
        content = files.read_npz(folder / "machine.npz", *cls._fields)
        return cls(**{name: content[name] for name in cls._fields})
