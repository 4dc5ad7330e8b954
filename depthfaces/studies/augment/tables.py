"""Results as the tables of the chapter, and beside what was published."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from depthfaces.audit.audit import documents, read
from depthfaces.classify import scores
from depthfaces.studies.augment.arms import LEAKY, Pool
from depthfaces.studies.augment.results import PLAIN, Results, kind
from depthfaces.studies.chapter import Cell, Table

ACCURACY = {"real": 0.65, "added": 0.63}  # as published
REPORTS = {"real": "report on the original data", "added": "report on the augmented data"}
SHOWN = ("real", "added", "filtered")  # the arms that are scored on noisy faces
NAMES = {"Angry": "Anger", "Happy": "Happiness", "Sad": "Sadness"}  # as printed: as here
Row = list[Cell]


def published() -> dict[str, dict[str, list[float]]]:
    """Return {arm: {emotion: [precision, recall, F1]}} as printed, from the audit's tables."""
    content = read(documents()["augment"])["tables"]
    rows = {table["name"]: table.get("rows", {}) for table in content}
    return {
        arm: {
            NAMES.get(name, name): [float(cell) for cell in cells]
            for name, cells in rows[of].items()
        }
        for arm, of in REPORTS.items()
    }


def beside(found: Results) -> list[Row]:
    """Return the published accuracies and F1 with ours, their way (leaky) and ours."""
    rows: list[Row] = [
        [f"accuracy, {kind(arm)}", ACCURACY[arm], found.leaky(leak), found.test(arm)]
        for arm, leak in zip(ACCURACY, LEAKY, strict=True)
    ]
    printed = published()
    for arm, leak in zip(ACCURACY, LEAKY, strict=True):
        theirs, leaky, ours = printed[arm], found.by_class(leak), found.by_class(arm)
        for k, label in enumerate(found.data.classes):
            cell = theirs[label][2] if label in theirs else None
            rows.append([f"F1, {label}, {kind(arm)}", cell, leaky["F1"][k], ours["F1"][k]])
    return rows


def every(found: Results, pool: Pool) -> list[Table]:
    """Return all tables, in the order of the chapter."""
    return [
        arms(found),
        classes(found),
        printed_classes(found),
        noisy(found),
        planted(found),
        filters(found, pool),
        confusion(found, "real"),
        confusion(found, "added"),
    ]


def arms(found: Results) -> Table:
    """Return every arm judged on people never seen."""
    rows: list[Row] = []
    chances = found.chances()
    for name, arm in found.arms.items():
        if name not in LEAKY:
            real = len(arm.train.labels) - arm.made
            gain = None if name == "real" else found.gain(name)
            score = [found.test(name), found.test(name, scores.macro_f1)]
            seen = [real, arm.made, found.validation(name)]
            rows.append([kind(name), *seen, *score, gain, chances.get(name)])
    return Table(
        "Every arm, on people never seen",
        "All arms take equally many training steps. The difference in accuracy is to real, "
        "augmented faces alone; its p is adjusted for the number of arms (Holm). Shuffled labels "
        "must not help.",
        ["trained on", "real faces", "generated", "macro-F1, validation", "accuracy", "macro-F1",
         "difference", "p"],
        rows,
    )  # fmt: skip


def classes(found: Results) -> Table:
    """Return precision, recall and F1 of each class before and after."""
    before, after = found.by_class("real"), found.by_class("added")
    counts = np.bincount(found.arms["real"].label, minlength=len(found.data.classes))
    rows: list[Row] = [
        [label, int(counts[k]), *(side[name][k] for name in before for side in (before, after))]
        for k, label in enumerate(found.data.classes)
    ]
    columns = [f"{name} {when}" for name in before for when in ("before", "after")]
    return Table(
        "Emotion by emotion, before and after generated faces were added",
        "On people never seen, the mean over the seeds; a dash where an emotion was never called.",
        ["emotion", "test faces", *columns],
        rows,
    )


def printed_classes(found: Results) -> Table:
    """Return the published reports beside ours under their own, leaky protocol."""
    rows: list[Row] = []
    theirs = published()
    for arm, leak in zip(ACCURACY, LEAKY, strict=True):
        ours = found.by_class(leak)
        for k, label in enumerate(found.data.classes):
            cells: Sequence[Any] = theirs[arm].get(label, [None] * 3)
            pairs = zip(cells, (ours[name][k] for name in ours), strict=True)
            rows.append([f"{label}, {kind(arm)}", *(cell for pair in pairs for cell in pair)])
    names = [f"{name}, {whose}" for name in ours for whose in ("printed", "here")]
    return Table(
        "The published reports beside ours under the same protocol (leaky)",
        "Other faces and another generator: the columns stand side by side, not in a ranking. The "
        "printed rows are very probably shifted by one emotion (see below).",
        ["emotion", *names],
        rows,
    )


def noisy(found: Results) -> Table:
    """Return the test set's noisy parts scored apart."""
    rows: list[Row] = []
    everything = np.ones(len(found.arms["real"].label), bool)
    for name, part in {"all": everything, **found.parts}.items():
        each = [found.part(arm, part) for arm in SHOWN]
        gains = [found.part(arm, part, "real") for arm in SHOWN[1:]]
        rows.append([name, int(part.sum()), *each, *gains])
    return Table(
        "The test set's own noisy faces, scored apart",
        "Accuracy. A face counts as noisy if it lies beyond the worst real train faces, by a share "
        "fixed beforehand. The last two columns are differences to real faces alone.",
        ["test faces", "number", *map(kind, SHOWN), *(f"{kind(a)}: gain" for a in SHOWN[1:])],
        rows,
    )


def planted(found: Results) -> Table:
    """Return the scores on test faces that were made noisy on purpose."""
    rows: list[Row] = []
    for noise in found.arms["real"].asked:
        each = [found.planted(arm, noise) for arm in SHOWN]
        rows.append([noise, *each, *(found.planted(arm, noise, "real") for arm in SHOWN[1:])])
    return Table(
        "The whole test set, made noisy on purpose",
        "Accuracy. Blurred over two pixels; a grey square over a ninth of the picture; a quarter "
        "of the light; four grey levels. The nets never trained on such faces.",
        ["noise", *map(kind, SHOWN), *(f"{kind(a)}: gain" for a in SHOWN[1:])],
        rows,
    )


def filters(found: Results, pool: Pool) -> Table:
    """Return how many generated faces each filter let pass, by class."""
    labels = pool.lesson.labels
    rows: list[Row] = []
    for k, label in enumerate(found.data.classes):
        mine = labels == k
        passed = [int((mine & part).sum()) for part in (pool.telling, pool.real, pool.passed)]
        rows.append([label, int(mine.sum()), *passed])
    return Table(
        "What the filters let pass of the generated faces",
        "Entropy: as much as real train faces tell. Realism: the discriminator takes the face for "
        "real at least as much as it does a given share of validation people's faces.",
        ["emotion", "generated", "pass entropy", "pass realism", "pass both"],
        rows,
    )


def confusion(found: Results, arm: str) -> Table:
    """Return the confusion matrix of an arm on people never seen, summed over the seeds."""
    matrix = found.matrices(arm).sum(axis=0)
    rows = [[name, *row] for name, row in zip(found.data.classes, matrix.tolist(), strict=True)]
    return Table(
        f"What is taken for what: {kind(arm)}",
        f"Test faces times seeds ({PLAIN}); row: true emotion, column: called.",
        ["true", *found.data.classes],
        rows,
    )
