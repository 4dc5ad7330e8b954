"""The results of the study over all seeds, from which the chapter is written."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.classify.scores import confusion, macro_f1
from depthfaces.schema.studies import Dfeatures
from depthfaces.studies.dfeatures.areas import Interval, RocAreas, roc_areas
from depthfaces.studies.dfeatures.matrix import CrossCell
from depthfaces.studies.dfeatures.quality import FaceSpace
from depthfaces.studies.dfeatures.readings import class_numbers, published_unit_labels
from depthfaces.studies.dfeatures.sets import FaceSample, StudySet
from depthfaces.studies.dfeatures.units import UnitLabels, unit_labels
from depthfaces.studies.dfeatures.views import arm_titles
from depthfaces.studies.intervals import Judge

if TYPE_CHECKING:
    from depthfaces.studies.dfeatures.study import SeedRun

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class StudyResults:
    """The runs of all seeds on `home`, the cross-dataset cells, and how they were obtained."""

    sets: list[StudySet]
    missing_sets: list[str]
    runs: "list[SeedRun]"
    best_arm: str
    cross_cells: list[CrossCell]
    face_space: FaceSpace
    plan: Dfeatures
    seed: int

    @property
    def home(self) -> StudySet:
        """Return the set that the study is about."""
        return self.sets[0]

    @property
    def arm_titles(self) -> dict[str, str]:
        """Return the title of each arm."""
        return arm_titles(self.plan)

    @property
    def classes(self) -> list[str]:
        """Return the emotions of `home`, sorted."""
        return self.home.classes

    def bootstrap_of(self, sample: FaceSample) -> Judge:
        """Return the bootstrap of a sample of the set, with its own draws of people and seeds."""
        rng = seeding.stream(self.seed, "draws", len(sample.label))
        y = class_numbers(sample, self.classes)
        return Judge.over(y, sample.group, len(self.classes), len(self.runs), rng)

    @cached_property
    def held_out_bootstrap(self) -> Judge:
        """Return the bootstrap of people held out."""
        return self.bootstrap_of(self.home.held_out)

    @cached_property
    def everybody_bootstrap(self) -> Judge:
        """Return the bootstrap of all people, on whom the published protocol tests."""
        return self.bootstrap_of(self.home.all_faces())

    def predicted(self, arm: str) -> Array:
        """Return the classes (seeds, m) that an arm predicts for the faces of people held out."""
        return np.stack([run.readings[arm].predicted for run in self.runs])

    @cached_property
    def leaky_predicted(self) -> Array:
        """Return the classes (seeds, n) predicted by the published protocol."""
        return np.stack([run.leaky_reading.predicted for run in self.runs])

    @property
    def grouped_predicted(self) -> Array:
        """Return the classes (seeds, n) of the same net by folds that keep people together."""
        return np.stack([run.leaky_reading.grouped_predictions for run in self.runs])

    def fold_accuracy(self, arm: str) -> Interval:
        """Return an arm's out-of-fold accuracy on train people, folds by group."""
        fold_predictions = np.stack([run.readings[arm].fold_predictions for run in self.runs])
        return self.bootstrap_of(self.home.train).interval(fold_predictions)

    def held_out_f1(self, arm: str) -> Interval:
        """Return an arm's macro-F1 on people held out."""
        return self.held_out_bootstrap.interval(self.predicted(arm), macro_f1)

    @cached_property
    def emotion_areas(self) -> RocAreas:
        """Return the areas of the best arm's emotions on people held out."""
        return self.arm_emotion_areas(self.best_arm)

    def arm_emotion_areas(self, arm: str) -> RocAreas:
        """Return the areas of an arm's emotions, each against the rest, on people held out."""
        scores = np.stack([run.readings[arm].scores for run in self.runs])
        return roc_areas(self._one_hot(self.home.held_out), scores, self.held_out_bootstrap)

    @cached_property
    def leaky_emotion_areas(self) -> RocAreas:
        """Return the areas of the emotions by the published protocol."""
        scores = np.stack([run.leaky_reading.scores for run in self.runs])
        return roc_areas(self._one_hot(self.home.all_faces()), scores, self.everybody_bootstrap)

    @cached_property
    def held_out_units(self) -> UnitLabels | None:
        """Return the units of the faces of people held out."""
        return unit_labels(self.home.held_out.faces.table, self.plan.unit_shown)

    @cached_property
    def unit_areas(self) -> RocAreas | None:
        """Return the areas of the best arm's action units on people held out."""
        true_units = self.held_out_units
        if true_units is None:
            return None
        return roc_areas(true_units.shown, self.unit_scores(self.best_arm), self.held_out_bootstrap)

    def unit_scores(self, arm: str) -> Array:
        """Return an arm's scores (seeds, m, 14) of the action units."""
        return np.stack([np.asarray(run.readings[arm].unit_scores) for run in self.runs])

    @cached_property
    def leaky_unit_areas(self) -> RocAreas | None:
        """Return the areas of the action units by the published protocol and its rule table."""
        rule_labels = published_unit_labels(self.home.all_faces())
        if rule_labels is None:
            return None
        scores = np.stack([np.asarray(run.leaky_reading.unit_scores) for run in self.runs])
        return roc_areas(rule_labels.shown, scores, self.everybody_bootstrap)

    def confusion_counts(self) -> dict[str, Array]:
        """Return confusions (k, k) over all seeds, of the published protocol and the best arm."""
        class_names = np.array(self.classes)

        def counts(sample: FaceSample, predicted: Array) -> Array:
            matrices = [
                confusion(sample.label, class_names[seed_predicted], self.classes)
                for seed_predicted in predicted
            ]
            return np.asarray(np.sum(matrices, axis=0))

        return {
            "folds by image (leaky)": counts(self.home.all_faces(), self.leaky_predicted),
            "people held out": counts(self.home.held_out, self.predicted(self.best_arm)),
        }

    @property
    def chance(self) -> float:
        """Return the share of the most frequent emotion among the faces of people held out."""
        return float(
            np.bincount(self.held_out_bootstrap.label).max() / len(self.held_out_bootstrap.label)
        )

    def _one_hot(self, sample: FaceSample) -> Array:
        return np.eye(len(self.classes), dtype=bool)[class_numbers(sample, self.classes)]
