"""How sure a score is where people take turns at being learned from and asked, or draws overlap."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from depthfaces.verdict.resampling import Scored, macro_f1

Floats = npt.NDArray[np.floating]
FEWEST = 2  # people of a sample below which nothing can be said of their luck


class Turns:
    """Draws by the jackknife of people: what each person moves a score by, left out of all of it.

    Whoever is left out is neither learned from (the draws with them go) nor asked. That holds for
    overlapping draws as well, which are not independent of each other. A resampled score is the
    value plus the people's influences times normal numbers, the same ones for every arm, so that
    differences are paired; a common factor makes intervals those of Student's t.
    """

    def __init__(
        self,
        predictions: pd.DataFrame,
        learned: Mapping[int, Sequence[str]],
        draws: int,
        rng: np.random.Generator,
    ) -> None:
        """Draw for `predictions`: all arms and classifiers; `learned` names each draw's people."""
        self.classes = np.unique(predictions[["label", "predicted"]].to_numpy(str))
        self.asked = np.unique(predictions["person"].to_numpy(str))
        self.learned = {draw: set(people) for draw, people in learned.items()}
        self.runs = sorted(self.learned)
        taught = set().union(*self.learned.values())
        # Two samples where the people asked are others than those learned from, else one.
        apart = taught.isdisjoint(self.asked)
        samples = [set(self.asked), taught] if apart else [taught | set(self.asked)]
        self.samples = [sorted(sample) for sample in samples if len(sample) >= FEWEST]
        freedom = min(len(sample) for sample in self.samples) - 1
        self.normal = [rng.standard_normal((draws, len(sample))) for sample in self.samples]
        self.factor = np.sqrt(freedom / rng.chisquare(freedom, draws))

    def score(self, rows: pd.DataFrame) -> Scored:
        """Return macro-F1 of the predictions `rows` of one arm and classifier."""
        counts = self._counts(rows)  # (people asked, runs, 2, k)
        runs = macro_f1(counts.sum(axis=0))
        moved = np.zeros_like(self.factor)
        for sample, normal in zip(self.samples, self.normal, strict=True):
            without = np.array([self._without(counts, person) for person in sample])
            influence = without - without.mean()
            moved += np.sqrt((len(sample) - 1) / len(sample)) * (normal @ influence)
        value = float(runs.mean())
        return Scored(value, value + self.factor * moved, runs)

    def _without(self, counts: Floats, person: str) -> float:
        """Return the mean over the runs if `person` had not been there.

        Where no run is left that did without them, only their answers go.
        """
        rest = counts[self.asked != person].sum(axis=0)
        kept = [k for k, draw in enumerate(self.runs) if person not in self.learned[draw]]
        kept = [k for k in kept if rest[k].any()] or [k for k in range(len(rest)) if rest[k].any()]
        return float(macro_f1(rest[kept]).mean())

    def _counts(self, rows: pd.DataFrame) -> Floats:
        """Return hits, and calls + faces, by class: (people, runs, 2, k)."""
        true = np.searchsorted(self.classes, rows["label"].to_numpy(str))
        called = np.searchsorted(self.classes, rows["predicted"].to_numpy(str))
        person = np.searchsorted(self.asked, rows["person"].to_numpy(str))
        run = np.searchsorted(self.runs, rows["draw"].to_numpy())
        counts = np.zeros((len(self.asked), len(self.runs), 2, len(self.classes)))
        right: Any = true == called
        np.add.at(counts, (person[right], run[right], 0, true[right]), 1)
        np.add.at(counts, (person, run, 1, true), 1)
        np.add.at(counts, (person, run, 1, called), 1)
        return counts
