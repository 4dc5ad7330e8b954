"""Emotions and action units recognised from the features of faces, under two protocols.

Ours: settings are chosen by folds that keep people together, on train people; then people held
out are tested once. Published: folds by image over all people, whose best setting is the result.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.schema.studies import Dfeatures
from depthfaces.studies.dfeatures import machine, search
from depthfaces.studies.dfeatures.machine import KernelDistances, SvmSetting
from depthfaces.studies.dfeatures.sets import FaceSample, StudySet
from depthfaces.studies.dfeatures.units import UnitLabels, rule_units, unit_labels
from depthfaces.studies.dfeatures.views import FeatureView

Array = npt.NDArray[Any]


class ViewReading(NamedTuple):
    """The result of one view and seed by our protocol.

    The best setting, out-of-fold predictions (n,) of train faces, and of the faces of people held
    out the class scores (m, k) and action unit scores (m, 14).
    """

    setting: SvmSetting
    fold_predictions: Array
    scores: Array
    unit_scores: Array | None

    @property
    def predicted(self) -> Array:
        """Return the predicted emotion of each face of people held out, (m,)."""
        return np.asarray(self.scores.argmax(axis=1))


class LeakyReading(NamedTuple):
    """The result by the published protocol: out-of-fold scores (n, k) of all faces, units (n, 14).

    `grouped_predictions` (n,) are of the same net and faces, but by folds that keep people
    together: the difference is due to the folds alone.
    """

    scores: Array
    unit_scores: Array | None
    grouped_predictions: Array

    @property
    def predicted(self) -> Array:
        """Return the predicted emotion of each face, (n,)."""
        return np.asarray(self.scores.argmax(axis=1))


def class_numbers(sample: FaceSample, classes: list[str]) -> Array:
    """Return the index in `classes` of each face's emotion, (n,)."""
    return np.searchsorted(classes, sample.label)


def read_held_out(view: FeatureView, home: StudySet, plan: Dfeatures, seed: int) -> ViewReading:
    """Train on the train people of `home` and test on its people held out."""
    train_features, test_features = view(home.train.images), view(home.held_out.images)
    y = class_numbers(home.train, home.classes)
    folds = search.folds_by_group(y, home.train.group, plan.folds, seed % 2**31)
    search_result = search.find_setting(
        train_features, y, folds, plan.trials, seeding.number(seed, "search")
    )
    scores = KernelDistances.between(train_features, test_features).decision_scores(
        y, search_result.setting
    )
    train_units = unit_labels(home.train.faces.table, plan.unit_shown)
    unit_scores = None
    if train_units is not None:
        unit_scores = machine.detector_scores(
            train_features, train_units.shown, test_features, plan.unit_cost
        )
    return ViewReading(search_result.setting, search_result.predicted, scores, unit_scores)


def read_leaky(view: FeatureView, home: StudySet, plan: Dfeatures, seed: int) -> LeakyReading:
    """Train and test as published: folds by image, units by the rule table."""
    all_faces = home.all_faces()
    x, y = view(all_faces.images), class_numbers(all_faces, home.classes)
    image_folds = search.folds_by_image(y, plan.folds, seed % 2**31)
    search_seed = seeding.number(seed, "search")
    search_result = search.find_setting(x, y, image_folds, plan.trials, search_seed)
    group_folds = search.folds_by_group(y, all_faces.group, plan.folds, seed % 2**31)
    grouped_predictions = search.find_setting(x, y, group_folds, plan.trials, search_seed).predicted
    rule_labels = published_unit_labels(all_faces)
    unit_scores = None
    if rule_labels is not None:
        unit_scores = np.zeros(rule_labels.shown.shape)
        for train_rows, test_rows in image_folds:
            unit_scores[test_rows] = machine.detector_scores(
                x[train_rows], rule_labels.shown[train_rows], x[test_rows], plan.unit_cost
            )
    return LeakyReading(search_result.scores, unit_scores, grouped_predictions)


def published_unit_labels(sample: FaceSample) -> UnitLabels | None:
    """Return the units by the rule table, as published; None if an emotion is not in it."""
    labels = unit_labels(sample.faces.table[["label"]], 1.0)
    return labels and UnitLabels(rule_units(sample.label), "rule")
