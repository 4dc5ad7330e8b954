"""The figures of the chapter: which there are, and what each shows."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from depthfaces.studies.chapter import Picture
from depthfaces.studies.dfeatures import pictures, units
from depthfaces.studies.dfeatures.collapse import nearest_pairs
from depthfaces.studies.dfeatures.results import Results
from depthfaces.studies.dfeatures.views import TRAINED
from depthfaces.studies.figures import write

Drawn = dict[str, tuple[Figure, str]]  # name: the figure, and what it shows
PAIRS = 5  # of nearest faces


def draw(results: Results, figures: Path) -> list[Picture]:
    """Write every figure into the folder `figures` and return what each shows."""
    found = {
        **trainings(results),
        **emotions(results),
        **action_units(results),
        **cells(results),
        **twins(results),
    }
    return write(figures, found)


def trainings(results: Results) -> Drawn:
    """Return the losses, and faces of the first seed."""
    home, first = results.home, results.runs[0]
    losses = {
        results.titles[arm]: [run.learned[arm].nets.curves for run in results.runs]
        for arm in TRAINED
    }
    step = max(1, len(home.asked.images) // pictures.ACROSS)
    rows = {"real people held out": list(home.asked.images[::step][: pictures.ACROSS])}
    rows |= {results.titles[arm]: list(first.drawn[arm][: pictures.ACROSS]) for arm in TRAINED}
    shown = "The first faces that the first seed's generators made, and real ones."
    return {
        "curves": (pictures.curves(losses), "Losses by epoch, a line a seed."),
        "samples": (pictures.faces(rows, home.unit), shown),
    }


def emotions(results: Results) -> Drawn:
    """Return ROC curves and confusions of the emotions."""
    hot = results.home.asked.label[:, None] == np.array(results.classes)
    scores = np.stack([run.readings[results.best].scores for run in results.runs])
    roc = pictures.roc(results.classes, hot, scores, results.emotions)
    both = pictures.confusions(results.confusions(), results.classes)
    return {
        "roc-emotions": (
            roc,
            "ROC curve of each emotion against the rest on people held out, a line a seed.",
        ),
        "confusions": (both, "What faces of each emotion were called, all seeds."),
    }


def action_units(results: Results) -> Drawn:
    """Return the ROC curves of the units; nothing where no unit is known."""
    truth, found = results.marks, results.units
    if truth is None or found is None:
        return {}
    titles = [f"AU{unit}\n{name}" for unit, name in units.UNITS.items()]
    figure = pictures.roc(titles, truth.shown, results.unit_scores(results.best), found)
    return {
        "roc-units": (figure, "ROC curve of each action unit on people held out, a line a seed.")
    }


def cells(results: Results) -> Drawn:
    """Return the cross-dataset matrices; nothing of a single set."""
    if len(results.found) < 2:
        return {}
    accuracy = pictures.matrix(results.cells, "accuracy", 0.0)
    found: Drawn = {"cross-emotions": (accuracy, "Accuracy of emotions across sets.")}
    if any(cell.units for cell in results.cells):
        areas = pictures.matrix(results.cells, "units", 0.5)
        found["cross-units"] = (areas, "Mean area of the action units across sets.")
    return found


def twins(results: Results) -> Drawn:
    """Return the birthday test's curves, and the pairs of generated faces that are nearest."""
    sides = {**{arm: results.titles[arm] for arm in TRAINED}, "floor": "real known people"}
    firsts = {
        title: [one for run in results.runs if (one := run.measured[side].firsts) is not None]
        for side, title in sides.items()
    }
    found: Drawn = {}
    if all(firsts.values()):
        caption = "How often so many faces hold two of the same (nearer than 95 % of people come)."
        found["birthday"] = (pictures.birthday(firsts, results.plan.generated), caption)
    rows = {}
    for side, title in sides.items():
        images = results.runs[0].drawn[side]
        pairs = nearest_pairs(results.space.coder(images), PAIRS)
        rows[f"{title}: nearest pairs"] = [images[row] for row in pairs.ravel()]
    caption = "The nearest pairs of each kind, two by two: the birthday test's own material."
    return found | {"nearest": (pictures.faces(rows, results.home.unit, 2), caption)}
