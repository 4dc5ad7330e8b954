"""Pretrained on one set, trained on a second, tested on a third: what carries over."""

from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from depthfaces import seeding
from depthfaces.schema.studies import Dfeatures
from depthfaces.studies.dfeatures import machine, search
from depthfaces.studies.dfeatures.areas import Areas, Interval, areas
from depthfaces.studies.dfeatures.machine import Gap, Setting
from depthfaces.studies.dfeatures.readings import numbers
from depthfaces.studies.dfeatures.sets import Set
from depthfaces.studies.dfeatures.units import marks
from depthfaces.studies.dfeatures.views import View
from depthfaces.studies.intervals import Judge

Array = npt.NDArray[Any]


class Answers(NamedTuple):
    """One seed's calls (m,) by class name, and unit scores (m, 14), of the faces of a test set."""

    called: Array
    units: Array | None


class Cell(NamedTuple):
    """Accuracy on people held out, over the emotions that both sets have; mean area of the units.

    `chance` is the share of the test set's commonest emotion.
    """

    pretrained: str
    trained: str
    tested: str
    accuracy: Interval | None
    chance: float | None
    units: Interval | None


def cross(
    sets: Sequence[Set], views: Sequence[dict[str, View]], plan: Dfeatures, seed: int
) -> list[Cell]:
    """Return every cell; `views` holds, for each seed, the view pretrained on each set."""
    found: dict[tuple[str, str, str], list[Answers]] = {}
    pairs = list(product(range(len(views)), sets, sets))
    for number, pretrained, trained in tqdm(pairs, "cross-dataset", unit="pair", disable=None):
        view = views[number][pretrained.name]
        own = seeding.number(seed, "cross", number, pretrained.name, trained.name)
        for tested, answers in _answers(view, trained, sets, plan, own).items():
            found.setdefault((pretrained.name, trained.name, tested), []).append(answers)
    known = {each.name: each for each in sets}
    return [
        _cell(key, known[key[1]], known[key[2]], answers, (plan, seed))
        for key, answers in found.items()
    ]


def _answers(
    view: View, trained: Set, sets: Sequence[Set], plan: Dfeatures, seed: int
) -> dict[str, Answers]:
    """Learn from the known people of `trained`; return what is said of each set's others."""
    x, y = view(trained.known.images), numbers(trained.known, trained.classes)
    setting = _setting(x, y, trained, plan, seed)
    shown = marks(trained.known.faces.table, plan.unit_shown)
    result = {}
    for tested in sets:
        asked = view(tested.asked.images)
        places = Gap.between(x, asked).scores(y, setting).argmax(axis=1)
        units = shown and machine.detectors(x, shown.shown, asked, plan.unit_cost)
        result[tested.name] = Answers(np.array(trained.classes)[places], units)
    return result


def _setting(x: Array, y: Array, trained: Set, plan: Dfeatures, seed: int) -> Setting:
    folds = search.by_group(y, trained.known.group, plan.folds, seed % 2**31)
    return search.search(x, y, folds, plan.trials, seed).setting


def _cell(
    key: tuple[str, str, str],
    trained: Set,
    tested: Set,
    answers: list[Answers],
    rest: tuple[Dfeatures, int],
) -> Cell:
    plan, seed = rest
    label, group = tested.asked.label, tested.asked.group
    rng = seeding.stream(seed, "draws", tested.name)
    shared = np.isin(label, trained.classes)
    rate = chance = None
    if shared.any():
        names = sorted(set(trained.classes) | set(tested.classes))
        truth = np.searchsorted(names, label[shared])
        judge = Judge.over(truth, group[shared], len(names), len(answers), rng)
        called = np.stack([np.searchsorted(names, each.called[shared]) for each in answers])
        rate, chance = judge.interval(called), float(np.bincount(truth).max() / len(truth))
    return Cell(*key, rate, chance, _units(tested, answers, plan, rng))


def _units(
    tested: Set, answers: list[Answers], plan: Dfeatures, rng: np.random.Generator
) -> Interval | None:
    """Return the mean area over the units that the test set shows and the machines know."""
    truth = marks(tested.asked.faces.table, plan.unit_shown)
    scores = [each.units for each in answers if each.units is not None]
    if truth is None or len(scores) < len(answers):
        return None
    nothing = np.zeros(len(truth.shown), int)
    judge = Judge.over(nothing, tested.asked.group, 1, len(answers), rng)
    found: Areas = areas(truth.shown, np.stack(scores), judge)
    return found.mean
