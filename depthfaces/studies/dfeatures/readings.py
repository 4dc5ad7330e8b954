"""Emotions and action units read from the features of faces, and what is asked of whom.

Ours: settings by folds that keep people together, on known people; then one look at people held
out. Published: folds by image over everybody, the best setting's own folds as the result.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.schema.studies import Dfeatures
from depthfaces.studies.dfeatures import machine, search
from depthfaces.studies.dfeatures.machine import Gap, Setting
from depthfaces.studies.dfeatures.sets import Part, Set
from depthfaces.studies.dfeatures.units import Marks, by_rule, marks
from depthfaces.studies.dfeatures.views import View

Array = npt.NDArray[Any]


class Reading(NamedTuple):
    """Of one view and seed: the setting, calls (n,) of the known faces out of fold, ...

    ... scores (m, k) of the faces of people held out, and of their action units (m, 14).
    """

    setting: Setting
    folds: Array
    scores: Array
    units: Array | None

    @property
    def called(self) -> Array:
        """Return the emotion called for each face asked, (m,)."""
        return np.asarray(self.scores.argmax(axis=1))


class Leaky(NamedTuple):
    """By the published protocol: scores (n, k) of everybody out of fold by image, units (n, 14).

    `grouped` (n,) are the calls of the same net for the same faces by folds that keep people
    together: what the folds alone are worth.
    """

    scores: Array
    units: Array | None
    grouped: Array

    @property
    def called(self) -> Array:
        """Return the emotion called for each face, (n,)."""
        return np.asarray(self.scores.argmax(axis=1))


def numbers(part: Part, classes: list[str]) -> Array:
    """Return each face's place in `classes`, (n,)."""
    return np.searchsorted(classes, part.label)


def read(view: View, home: Set, plan: Dfeatures, seed: int) -> Reading:
    """Learn from the known people of `home` and ask about the others."""
    known, asked = view(home.known.images), view(home.asked.images)
    y = numbers(home.known, home.classes)
    folds = search.by_group(y, home.known.group, plan.folds, seed % 2**31)
    found = search.search(known, y, folds, plan.trials, seeding.number(seed, "search"))
    scores = Gap.between(known, asked).scores(y, found.setting)
    shown = marks(home.known.faces.table, plan.unit_shown)
    units = None
    if shown is not None:
        units = machine.detectors(known, shown.shown, asked, plan.unit_cost)
    return Reading(found.setting, found.called, scores, units)


def leak(view: View, home: Set, plan: Dfeatures, seed: int) -> Leaky:
    """Learn and ask as published: ten folds by image, units by the rule table."""
    everybody = home.whole()
    x, y = view(everybody.images), numbers(everybody, home.classes)
    folds = search.by_image(y, plan.folds, seed % 2**31)
    own = seeding.number(seed, "search")
    found = search.search(x, y, folds, plan.trials, own)
    together = search.by_group(y, everybody.group, plan.folds, seed % 2**31)
    grouped = search.search(x, y, together, plan.trials, own).called
    shown = published_marks(everybody)
    units = None
    if shown is not None:
        units = np.zeros(shown.shown.shape)
        for train, asked in folds:
            units[asked] = machine.detectors(x[train], shown.shown[train], x[asked], plan.unit_cost)
    return Leaky(found.scores, units, grouped)


def published_marks(part: Part) -> Marks | None:
    """Return the units by the rule table, as published; None where an emotion is not in it."""
    found = marks(part.faces.table[["label"]], 1.0)
    return found and Marks(by_rule(part.label), "rule")
