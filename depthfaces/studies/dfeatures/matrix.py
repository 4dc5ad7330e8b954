"""Cross-dataset evaluation: pretrained on one set, trained on a second, tested on a third."""

from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from depthfaces import seeding
from depthfaces.schema.studies import Dfeatures
from depthfaces.studies.dfeatures import machine, search
from depthfaces.studies.dfeatures.areas import Interval, RocAreas, roc_areas
from depthfaces.studies.dfeatures.machine import KernelDistances, SvmSetting
from depthfaces.studies.dfeatures.readings import class_numbers
from depthfaces.studies.dfeatures.sets import StudySet
from depthfaces.studies.dfeatures.units import unit_labels
from depthfaces.studies.dfeatures.views import FeatureView
from depthfaces.studies.intervals import Judge

Array = npt.NDArray[Any]


class SetPredictions(NamedTuple):
    """One seed's predicted class names (m,) and unit scores (m, 14) of the faces of a test set."""

    predicted: Array
    unit_scores: Array | None


class CrossCell(NamedTuple):
    """Accuracy on people held out, over the emotions of both sets; mean area of the units.

    `chance` is the share of the most frequent emotion of the test set.
    """

    pretrained: str
    trained: str
    tested: str
    accuracy: Interval | None
    chance: float | None
    units: Interval | None


def cross_dataset(
    sets: Sequence[StudySet], views: Sequence[dict[str, FeatureView]], plan: Dfeatures, seed: int
) -> list[CrossCell]:
    """Return every cell; `views` holds, for each seed, the view pretrained on each set."""
    predictions: dict[tuple[str, str, str], list[SetPredictions]] = {}
    pairs = list(product(range(len(views)), sets, sets))
    for seed_index, pretrained, trained in tqdm(pairs, "cross-dataset", unit="pair", disable=None):
        view = views[seed_index][pretrained.name]
        pair_seed = seeding.number(seed, "cross", seed_index, pretrained.name, trained.name)
        for tested, set_predictions in _predict_sets(view, trained, sets, plan, pair_seed).items():
            predictions.setdefault((pretrained.name, trained.name, tested), []).append(
                set_predictions
            )
    sets_by_name = {study_set.name: study_set for study_set in sets}
    return [
        _make_cell(key, sets_by_name[key[1]], sets_by_name[key[2]], set_predictions, (plan, seed))
        for key, set_predictions in predictions.items()
    ]


def _predict_sets(
    view: FeatureView, trained: StudySet, sets: Sequence[StudySet], plan: Dfeatures, seed: int
) -> dict[str, SetPredictions]:
    """Train on the train people of `trained` and predict the held-out people of each set."""
    x, y = view(trained.train.images), class_numbers(trained.train, trained.classes)
    best_setting = _search_setting(x, y, trained, plan, seed)
    train_units = unit_labels(trained.train.faces.table, plan.unit_shown)
    predictions = {}
    for tested in sets:
        test_features = view(tested.held_out.images)
        class_index = (
            KernelDistances.between(x, test_features)
            .decision_scores(y, best_setting)
            .argmax(axis=1)
        )
        unit_scores = train_units and machine.detector_scores(
            x, train_units.shown, test_features, plan.unit_cost
        )
        predictions[tested.name] = SetPredictions(
            np.array(trained.classes)[class_index], unit_scores
        )
    return predictions


def _search_setting(
    x: Array, y: Array, trained: StudySet, plan: Dfeatures, seed: int
) -> SvmSetting:
    folds = search.folds_by_group(y, trained.train.group, plan.folds, seed % 2**31)
    return search.find_setting(x, y, folds, plan.trials, seed).setting


def _make_cell(
    key: tuple[str, str, str],
    trained: StudySet,
    tested: StudySet,
    predictions: list[SetPredictions],
    plan_and_seed: tuple[Dfeatures, int],
) -> CrossCell:
    plan, seed = plan_and_seed
    labels, groups = tested.held_out.label, tested.held_out.group
    rng = seeding.stream(seed, "draws", tested.name)
    is_shared = np.isin(labels, trained.classes)
    accuracy = chance = None
    if is_shared.any():
        class_names = sorted(set(trained.classes) | set(tested.classes))
        true_classes = np.searchsorted(class_names, labels[is_shared])
        bootstrap = Judge.over(
            true_classes, groups[is_shared], len(class_names), len(predictions), rng
        )
        predicted = np.stack(
            [
                np.searchsorted(class_names, prediction.predicted[is_shared])
                for prediction in predictions
            ]
        )
        accuracy, chance = (
            bootstrap.interval(predicted),
            float(np.bincount(true_classes).max() / len(true_classes)),
        )
    return CrossCell(*key, accuracy, chance, _mean_unit_area(tested, predictions, plan, rng))


def _mean_unit_area(
    tested: StudySet, predictions: list[SetPredictions], plan: Dfeatures, rng: np.random.Generator
) -> Interval | None:
    """Return the mean area over the units; None without true units or without detectors."""
    true_units = unit_labels(tested.held_out.faces.table, plan.unit_shown)
    seed_scores = [
        prediction.unit_scores for prediction in predictions if prediction.unit_scores is not None
    ]
    if true_units is None or len(seed_scores) < len(predictions):
        return None
    one_class = np.zeros(len(true_units.shown), int)
    bootstrap = Judge.over(one_class, tested.held_out.group, 1, len(predictions), rng)
    unit_areas: RocAreas = roc_areas(true_units.shown, np.stack(seed_scores), bootstrap)
    return unit_areas.mean
