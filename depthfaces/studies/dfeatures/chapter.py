"""The chapter of the study: its answer in words, tables, figures, notes and limits."""

import sys
from pathlib import Path

from depthfaces.studies.chapter import Cell, Chapter
from depthfaces.studies.dfeatures import figures, publication, tables, units
from depthfaces.studies.dfeatures.areas import Interval, RocAreas
from depthfaces.studies.dfeatures.readings import published_unit_labels
from depthfaces.studies.dfeatures.results import StudyResults
from depthfaces.studies.dfeatures.views import CONTROL_ARMS

QUESTION = (
    "A DCGAN learns to tell real faces from its own without ever being told an emotion. Do the "
    "features of its discriminator know emotions and action units all the same, of people that "
    "nothing was learned from?"
)
ENOUGH_SEEDS = 6  # seeds; with fewer, the spread over them is hardly known
PUBLISHED_SIZE = (64, 300, 128)  # width, epochs and batch of the publication
PUBLICATION_NOTES = (
    "The publication prints an inception score of .875 for another method, below the least "
    "possible 1, and .932 as the mean of experiment 4, where its own column has .940.",
    "Its action units of RaFD are its emotions by a rule table: a detector of AU23 there is a "
    "detector of anger. Cohn-Kanade (experiment 1) has units coded by people.",
)
METHOD_NOTES = (
    "Features: the discriminator's last convolutional layer after BatchNorm and activation, "
    "standardised by known people and cut off at three deviations.",
    "Our protocol: the DCGAN sees known people only (without labels); cost and gamma are chosen "
    "in folds that keep a person together; people held out are asked once.",
    "Published protocol here (leaky): the DCGAN sees everybody, ten folds by image put one person "
    "on both sides, and the best setting's own folds are the result.",
    "Cost of the linear machines is not stated by the publication: studies.dfeatures.unit_cost.",
    "Faces in photographs are found by a cascade after Viola and Jones while they are prepared "
    "(preprocess.find_faces); it is OpenCV's, over local binary patterns in place of rectangles.",
    "Inception score and Fréchet distance are the usual formulas, but by a reader and in a space "
    "learned from our known people: not comparable with numbers of Inception's network.",
)
RATING_NOTE = (
    "dfeatures/rating.html shows real and generated faces in random order and saves the judgements "
    "as CSV (`python -m depthfaces ratings FILE...` counts them): in place of the crowd study. "
    "Nobody has been asked yet, so that cell is empty."
)


def make_chapter(results: StudyResults, figures_folder: Path) -> Chapter:
    """Write the figures into `figures_folder` and return the chapter."""
    quality_table, undefined_measures = tables.quality_table(results)
    chapter_tables = [
        tables.arm_table(results),
        tables.emotion_table(results),
        tables.unit_table(results),
    ]
    chapter_tables += [
        tables.cross_set_table(results),
        quality_table,
        tables.settings_table(results),
    ]
    equal_notes = equal_unit_notes(results)
    for line in equal_notes:
        sys.stderr.write(f"note: {line}\n")
    return Chapter(
        title="Features of a discriminator",
        question=QUESTION,
        answer=answer_text(results),
        seeds=len(results.runs),
        sizes=study_sizes(results),
        published=publication.published_rows(results),
        tables=[table for table in chapter_tables if table],
        figures=figures.draw_figures(results, figures_folder),
        notes=[
            *METHOD_NOTES,
            *equal_notes,
            *undefined_area_notes(results),
            *undefined_measures,
            *limit_notes(results),
            *PUBLICATION_NOTES,
        ],
    )


def answer_text(results: StudyResults) -> str:
    """Return the answer in plain words."""
    best_arm, bootstrap = results.best_arm, results.held_out_bootstrap
    held_out_accuracy = bootstrap.interval(results.predicted(best_arm))
    leaky_accuracy = results.everybody_bootstrap.interval(results.leaky_predicted)
    folds_gain = results.everybody_bootstrap.difference(
        results.leaky_predicted, results.grouped_predicted
    )
    sentences = [
        f"The features of {results.arm_titles[best_arm]}, call the right one of "
        f"{len(results.classes)} emotions for {percent_text(held_out_accuracy)} of the faces of "
        f"people held out; to name the commonest each time would be right for "
        f"{100 * results.chance:.0f} %.",
        f"The published protocol, folds by image over everybody, prints "
        f"{percent_text(leaky_accuracy)} here; beside folds of the same faces that keep people "
        f"together that is {difference_text(folds_gain)}.",
    ]
    for control in CONTROL_ARMS:
        difference = bootstrap.difference(results.predicted(best_arm), results.predicted(control))
        sentences.append(f"Beside {results.arm_titles[control]}: {difference_text(difference)}.")
    if results.unit_areas and results.unit_areas.mean:
        sentences.append(
            f"Mean area under the ROC curve of the action units: {results.unit_areas.mean[0]:.2f}."
        )
    return " ".join(sentences)


def difference_text(difference: Interval) -> str:
    """Return a difference of accuracies in words: a gain or loss only if 0 is outside."""
    value, low, high = (100 * number for number in difference)
    points = f"{value:+.1f} points ({low:+.1f} to {high:+.1f})"
    if low > 0:
        return f"a gain, {points}"
    return f"a loss, {points}" if high < 0 else f"no difference that can be told, {points}"


def percent_text(interval: Interval) -> str:
    """Return a share with its interval in per cent."""
    value, low, high = (100 * number for number in interval)
    return f"{value:.1f} % ({low:.1f} to {high:.1f})"


def study_sizes(results: StudyResults) -> dict[str, Cell]:
    """Return the sizes of the data, the features and the search."""
    plan, home = results.plan, results.home
    face_counts = {
        f"faces of {study_set.name}, known and held out": f"{len(study_set.train.label)} + "
        f"{len(study_set.held_out.label)}"
        for study_set in results.sets
    }
    return {
        "emotions": len(home.classes),
        **face_counts,
        "people or clusters of copies held out": len(set(home.held_out.group)),
        "features of a face": 128 * plan.gan.width,
        "epochs of a DCGAN": plan.gan.epochs,
        "settings tried": plan.trials,
    }


def equal_unit_notes(results: StudyResults) -> list[str]:
    """Return notes on units with equal columns, by the rule table and in the truth."""
    lines = []
    for name, labels in (
        ("By the rule table", published_unit_labels(results.home.all_faces())),
        (
            "In the truth",
            results.held_out_units
            if results.held_out_units and results.held_out_units.source == "true"
            else None,
        ),
    ):
        unit_groups = units.equal_unit_groups(labels.shown) if labels else []
        if unit_groups:
            unit_list = "; ".join(units.format_units(group) for group in unit_groups)
            lines.append(
                f"{name} these units are one and the same column, and their detectors one "
                f"and the same detector: {unit_list}."
            )
    return lines


def undefined_area_notes(results: StudyResults) -> list[str]:
    """Return notes on undefined areas and their reasons."""
    unit_names = [f"AU{unit}" for unit in units.UNIT_NAMES]
    sides = [
        ("people held out", unit_names, results.unit_areas),
        ("by image", unit_names, results.leaky_unit_areas),
        ("people held out", results.classes, results.emotion_areas),
        ("by image", results.classes, results.leaky_emotion_areas),
    ]
    lines = [
        line
        for side, column_names, areas in sides
        for line in _undefined_notes(side, column_names, areas)
    ]
    if results.held_out_units is None:
        lines.append(
            "No action units: the source knows none, and the rule table not every emotion."
        )
    return lines


def _undefined_notes(side: str, column_names: list[str], areas: RocAreas | None) -> list[str]:
    return [
        f"Area of {column_names[index]}, {side}: undefined, {reason}."
        for index, reason in (areas.undefined_reasons if areas else {}).items()
    ]


def limit_notes(results: StudyResults) -> list[str]:
    """Return notes on the limits of this run."""
    plan, table = results.plan, results.home.held_out.faces.table
    lines = [RATING_NOTE]
    if (plan.gan.width, plan.gan.epochs, plan.gan.batch) != PUBLISHED_SIZE:
        lines.append(
            f"A small run: width {plan.gan.width} for {PUBLISHED_SIZE[0]}, {plan.gan.epochs} "
            f"epochs for {PUBLISHED_SIZE[1]}, {plan.gan.batch} faces a step for "
            f"{PUBLISHED_SIZE[2]} (profiles/studies.yaml has the full size). It shows that the "
            f"study runs and which way protocols differ, not what a fully trained DCGAN knows."
        )
    if len(results.runs) < ENOUGH_SEEDS:
        lines.append(
            f"{len(results.runs)} seeds: fewer than {ENOUGH_SEEDS}, so intervals are too sure."
        )
    if (table["subject"].astype(str) == "").any():
        lines.append(
            "People are not known in this set: what is kept together are near copies, and one "
            "person may stand on both sides of our protocol as well."
        )
    lines += [
        f"Set {name!r}: not configured, left out of the matrix." for name in results.missing_sets
    ]
    return lines
