"""What the study has found, all seeds together, before it is put into words."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.classify.scores import confusion, macro_f1
from depthfaces.schema.studies import Dfeatures
from depthfaces.studies.dfeatures.areas import Areas, Interval, areas
from depthfaces.studies.dfeatures.matrix import Cell
from depthfaces.studies.dfeatures.quality import Space
from depthfaces.studies.dfeatures.readings import numbers, published_marks
from depthfaces.studies.dfeatures.sets import Part, Set
from depthfaces.studies.dfeatures.units import Marks, marks
from depthfaces.studies.dfeatures.views import titles
from depthfaces.studies.intervals import Judge

if TYPE_CHECKING:
    from depthfaces.studies.dfeatures.study import Run

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Results:
    """The runs of all seeds on `home`, the cross-dataset cells, and what they were asked by."""

    found: list[Set]
    missing: list[str]
    runs: "list[Run]"
    best: str
    cells: list[Cell]
    space: Space
    plan: Dfeatures
    seed: int

    @property
    def home(self) -> Set:
        """Return the set that the study is about."""
        return self.found[0]

    @property
    def titles(self) -> dict[str, str]:
        """Return what each arm is called."""
        return titles(self.plan)

    @property
    def classes(self) -> list[str]:
        """Return its emotions."""
        return self.home.classes

    def judge(self, part: Part) -> Judge:
        """Return the judge of a part of the set: its own draws of people, the same of seeds."""
        rng = seeding.stream(self.seed, "draws", len(part.label))
        y = numbers(part, self.classes)
        return Judge.over(y, part.group, len(self.classes), len(self.runs), rng)

    @cached_property
    def asked(self) -> Judge:
        """Return the judge of people held out."""
        return self.judge(self.home.asked)

    @cached_property
    def everybody(self) -> Judge:
        """Return the judge of everybody, whom the published protocol asks."""
        return self.judge(self.home.whole())

    def called(self, arm: str) -> Array:
        """Return an arm's calls (seeds, m) of the faces of people held out."""
        return np.stack([run.readings[arm].called for run in self.runs])

    @cached_property
    def leaky_called(self) -> Array:
        """Return the published protocol's calls (seeds, n)."""
        return np.stack([run.leaky.called for run in self.runs])

    @property
    def grouped_called(self) -> Array:
        """Return the same net's calls (seeds, n) by folds that keep people together."""
        return np.stack([run.leaky.grouped for run in self.runs])

    def out_of_fold(self, arm: str) -> Interval:
        """Return an arm's accuracy on known people, folds by group."""
        folds = np.stack([run.readings[arm].folds for run in self.runs])
        return self.judge(self.home.known).interval(folds)

    def macro(self, arm: str) -> Interval:
        """Return an arm's macro-F1 on people held out."""
        return self.asked.interval(self.called(arm), macro_f1)

    @cached_property
    def emotions(self) -> Areas:
        """Return the areas of the best arm's emotions on people held out."""
        return self.of_emotions(self.best)

    def of_emotions(self, arm: str) -> Areas:
        """Return the areas of an arm's emotions, each against the rest, on people held out."""
        scores = np.stack([run.readings[arm].scores for run in self.runs])
        return areas(self._one_hot(self.home.asked), scores, self.asked)

    @cached_property
    def leaky_emotions(self) -> Areas:
        """Return the same by the published protocol."""
        scores = np.stack([run.leaky.scores for run in self.runs])
        return areas(self._one_hot(self.home.whole()), scores, self.everybody)

    @cached_property
    def marks(self) -> Marks | None:
        """Return the units of the faces of people held out."""
        return marks(self.home.asked.faces.table, self.plan.unit_shown)

    @cached_property
    def units(self) -> Areas | None:
        """Return the areas of the best arm's action units on people held out."""
        truth = self.marks
        if truth is None:
            return None
        return areas(truth.shown, self.unit_scores(self.best), self.asked)

    def unit_scores(self, arm: str) -> Array:
        """Return an arm's scores (seeds, m, 14) of the action units."""
        return np.stack([np.asarray(run.readings[arm].units) for run in self.runs])

    @cached_property
    def leaky_units(self) -> Areas | None:
        """Return the areas of the action units by the published protocol and its rule table."""
        truth = published_marks(self.home.whole())
        if truth is None:
            return None
        scores = np.stack([np.asarray(run.leaky.units) for run in self.runs])
        return areas(truth.shown, scores, self.everybody)

    def confusions(self) -> dict[str, Array]:
        """Return counts (k, k) over the seeds: the published protocol's, and the best arm's."""
        names = np.array(self.classes)

        def counts(part: Part, called: Array) -> Array:
            each = [confusion(part.label, names[row], self.classes) for row in called]
            return np.asarray(np.sum(each, axis=0))

        return {
            "folds by image (leaky)": counts(self.home.whole(), self.leaky_called),
            "people held out": counts(self.home.asked, self.called(self.best)),
        }

    @property
    def chance(self) -> float:
        """Return the share of the commonest emotion among the faces of people held out."""
        return float(np.bincount(self.asked.label).max() / len(self.asked.label))

    def _one_hot(self, part: Part) -> Array:
        return np.eye(len(self.classes), dtype=bool)[numbers(part, self.classes)]
