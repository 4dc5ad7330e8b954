"""The figures of the chapter with their captions."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from depthfaces.studies.chapter import Picture
from depthfaces.studies.dfeatures import pictures, units
from depthfaces.studies.dfeatures.collapse import nearest_pairs
from depthfaces.studies.dfeatures.results import StudyResults
from depthfaces.studies.dfeatures.views import TRAINED_ARMS
from depthfaces.studies.figures import write

CaptionedFigures = dict[str, tuple[Figure, str]]  # file name: figure, caption
PAIR_COUNT = 5  # nearest pairs of each kind of faces


def draw_figures(results: StudyResults, figures_folder: Path) -> list[Picture]:
    """Write every figure into `figures_folder` and return them with their captions."""
    figures = {
        **training_figures(results),
        **emotion_figures(results),
        **unit_figures(results),
        **cross_set_figures(results),
        **twin_figures(results),
    }
    return write(figures_folder, figures)


def training_figures(results: StudyResults) -> CaptionedFigures:
    """Return the loss curves, and generated faces of the first seed."""
    home, first_run = results.home, results.runs[0]
    losses = {
        results.arm_titles[arm]: [run.dcgan_views[arm].nets.curves for run in results.runs]
        for arm in TRAINED_ARMS
    }
    stride = max(1, len(home.held_out.images) // pictures.FACES_PER_ROW)
    face_rows = {
        "real people held out": list(home.held_out.images[::stride][: pictures.FACES_PER_ROW])
    }
    face_rows |= {
        results.arm_titles[arm]: list(first_run.face_samples[arm][: pictures.FACES_PER_ROW])
        for arm in TRAINED_ARMS
    }
    caption = "The first faces that the first seed's generators made, and real ones."
    return {
        "curves": (pictures.plot_losses(losses), "Losses by epoch, a line a seed."),
        "samples": (pictures.plot_faces(face_rows, home.unit), caption),
    }


def emotion_figures(results: StudyResults) -> CaptionedFigures:
    """Return ROC curves and confusions of the emotions."""
    one_hot = results.home.held_out.label[:, None] == np.array(results.classes)
    scores = np.stack([run.readings[results.best_arm].scores for run in results.runs])
    roc_figure = pictures.plot_roc(results.classes, one_hot, scores, results.emotion_areas)
    confusion_figure = pictures.plot_confusions(results.confusion_counts(), results.classes)
    return {
        "roc-emotions": (
            roc_figure,
            "ROC curve of each emotion against the rest on people held out, a line a seed.",
        ),
        "confusions": (confusion_figure, "What faces of each emotion were called, all seeds."),
    }


def unit_figures(results: StudyResults) -> CaptionedFigures:
    """Return the ROC curves of the units; none if the units are unknown."""
    true_units, unit_areas = results.held_out_units, results.unit_areas
    if true_units is None or unit_areas is None:
        return {}
    panel_titles = [f"AU{unit}\n{name}" for unit, name in units.UNIT_NAMES.items()]
    figure = pictures.plot_roc(
        panel_titles, true_units.shown, results.unit_scores(results.best_arm), unit_areas
    )
    return {
        "roc-units": (figure, "ROC curve of each action unit on people held out, a line a seed.")
    }


def cross_set_figures(results: StudyResults) -> CaptionedFigures:
    """Return the cross-dataset matrices; none for a single set."""
    if len(results.sets) < 2:
        return {}
    accuracy_figure = pictures.plot_cross_sets(results.cross_cells, "accuracy", 0.0)
    figures: CaptionedFigures = {
        "cross-emotions": (accuracy_figure, "Accuracy of emotions across sets.")
    }
    if any(cell.units for cell in results.cross_cells):
        unit_figure = pictures.plot_cross_sets(results.cross_cells, "units", 0.5)
        figures["cross-units"] = (unit_figure, "Mean area of the action units across sets.")
    return figures


def twin_figures(results: StudyResults) -> CaptionedFigures:
    """Return the curves of the birthday test, and the nearest pairs of faces of each kind."""
    side_titles = {
        **{arm: results.arm_titles[arm] for arm in TRAINED_ARMS},
        "floor": "real known people",
    }
    first_twins = {
        title: [
            face_counts
            for run in results.runs
            if (face_counts := run.face_quality[side].first_twins) is not None
        ]
        for side, title in side_titles.items()
    }
    figures: CaptionedFigures = {}
    if all(first_twins.values()):
        caption = "How often so many faces hold two of the same (nearer than 95 % of people come)."
        figures["birthday"] = (pictures.plot_birthday(first_twins, results.plan.generated), caption)
    face_rows = {}
    for side, title in side_titles.items():
        images = results.runs[0].face_samples[side]
        pairs = nearest_pairs(results.face_space.coder(images), PAIR_COUNT)
        face_rows[f"{title}: nearest pairs"] = [images[row] for row in pairs.ravel()]
    caption = "The nearest pairs of each kind, two by two: the birthday test's own material."
    return figures | {"nearest": (pictures.plot_faces(face_rows, results.home.unit, 2), caption)}
