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
from depthfaces.classify.temperature import fit_temperature
from depthfaces.schema import Classify

Array = npt.NDArray[Any]


# Scaled features are clipped at this many deviations. A column that hardly varies among the train
# faces would else dominate the distance of a new face: faces of another camera or of a generator
# would all be predicted as the most frequent class.
FAR = 3.0


class Machine(NamedTuple):
    """Scaler, support vectors (s, D) sorted by class, and the solution of libsvm.

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
    """One machine per pair of classes; validation sets the temperature."""

    view: ClassVar[str] = "features"

    @classmethod
    def fit(cls, train: Sample, validation: Sample, seed: int, params: Classify) -> Self:
        """Fit scaler and machine on `train` only. Nothing here is random."""
        return cls.of_cost(train, validation, params.svm_cost)

    @classmethod
    def of_cost(cls, train: Sample, validation: Sample, cost: float) -> Self:
        """Fit to `train`, a face on the wrong side at `cost` times its weight.

        The kernel exp(-|a - b|^2 / D) is computed ahead, by one matrix product: ten times as fast
        as libsvm's own at thousands of columns.
        """
        train = train.used()
        scaler = StandardScaler().fit(train.x)
        scaled = scaler.transform(train.x).clip(-FAR, FAR)
        machine = SVC(C=cost, kernel="precomputed")
        machine.fit(rbf_kernel(scaled), train.y, train.w)
        model = cls(
            scaler.mean_.astype(np.float32),
            scaler.scale_.astype(np.float32),
            scaled[machine.support_].astype(np.float32),
            machine.dual_coef_,
            machine.intercept_,
            machine.n_support_,
            np.ones(()),
        )
        if not len(validation.y):
            return model
        temperature = fit_temperature(model.scores(validation.x), validation.y)
        return model._replace(heat=np.array(temperature))

    def predict(self, x: Array) -> Array:
        """Return softmax(scores / heat)."""
        return np.asarray(softmax(self.scores(x) / self.heat, axis=1))

    def scores(self, x: Array) -> Array:
        """Return one score per class (n, k): pairs won, and by how much, squeezed below 1 / 3."""
        kernel = self._kernel(x)
        if len(self.counts) == 2:
            decisions = (kernel @ self.coefficients.T + self.offsets)[:, 0]
            return np.stack([-decisions, decisions], axis=1)
        pair_wins, decision_sums = np.zeros((2, len(x), len(self.counts)))
        for (i, j), decisions in zip(
            combinations(range(len(self.counts)), 2), self._pair_decisions(kernel), strict=True
        ):
            pair_wins[:, i] += decisions >= 0
            pair_wins[:, j] += decisions < 0
            decision_sums[:, i] += decisions
            decision_sums[:, j] -= decisions
        return np.asarray(pair_wins + decision_sums / (3 * (np.abs(decision_sums) + 1)))

    def margins(self, x: Array) -> Array:
        """Return each class's mean soft vote against the others (n, k), in (-1, 1).

        A soft vote is tanh(decision / 2), a logistic curve: whole votes would count a close
        decision like a clear one, and plain sums would let clear ones outweigh the close one.
        """
        kernel = self._kernel(x)
        if len(self.counts) == 2:
            votes = np.tanh((kernel @ self.coefficients.T + self.offsets)[:, 0] / 2)
            return np.stack([-votes, votes], axis=1)
        vote_sums = np.zeros((len(x), len(self.counts)))
        class_pairs = combinations(range(len(self.counts)), 2)
        for (i, j), decisions in zip(class_pairs, self._pair_decisions(kernel), strict=True):
            votes = np.tanh(decisions / 2)
            vote_sums[:, i] += votes
            vote_sums[:, j] -= votes
        return np.asarray(vote_sums / (len(self.counts) - 1))

    def _kernel(self, x: Array) -> Array:
        scaled = ((x - self.mean) / self.scale).clip(-FAR, FAR)
        return np.asarray(rbf_kernel(scaled, self.support).astype(np.float64))

    def _pair_decisions(self, kernel: Array) -> list[Array]:
        """Return each pair's decision (n,): at least 0 for its first class."""
        class_stops = np.cumsum(self.counts)
        class_rows = [
            slice(stop - count, stop) for stop, count in zip(class_stops, self.counts, strict=True)
        ]
        return [
            kernel[:, class_rows[i]] @ self.coefficients[j - 1, class_rows[i]]
            + kernel[:, class_rows[j]] @ self.coefficients[i, class_rows[j]]
            + offset
            for (i, j), offset in zip(
                combinations(range(len(class_rows)), 2), self.offsets, strict=True
            )
        ]

    def save(self, folder: Path) -> None:
        """Write FOLDER/machine.npz."""
        files.write_npz(folder / "machine.npz", **self._asdict())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read FOLDER/machine.npz."""
        content = files.read_npz(folder / "machine.npz", *cls._fields)
        return cls(**{name: content[name] for name in cls._fields})
