"""The chapter: the answer in words made from the numbers, and what could not be shown."""

import sys
from pathlib import Path

from depthfaces.studies.chapter import Cell, Chapter
from depthfaces.studies.dfeatures import beside, show, tables, units
from depthfaces.studies.dfeatures.areas import Areas, Interval
from depthfaces.studies.dfeatures.readings import published_marks
from depthfaces.studies.dfeatures.results import Results
from depthfaces.studies.dfeatures.views import CONTROLS

QUESTION = (
    "A DCGAN learns to tell real faces from its own without ever being told an emotion. Do the "
    "features of its discriminator know emotions and action units all the same, of people that "
    "nothing was learned from?"
)
ENOUGH = 6  # seeds; with fewer, the spread over them is hardly known
FULL = (64, 300, 128)  # width, epochs and batch of the publication
PRINTED = (
    "The publication prints an inception score of .875 for another method, below the least "
    "possible 1, and .932 as the mean of experiment 4, where its own column has .940.",
    "Its action units of RaFD are its emotions by a rule table: a detector of AU23 there is a "
    "detector of anger. Cohn-Kanade (experiment 1) has units coded by people.",
)
OURS = (
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
RATING = (
    "dfeatures/rating.html shows real and generated faces in random order and saves the judgements "
    "as CSV (`python -m depthfaces ratings FILE...` counts them): in place of the crowd study. "
    "Nobody has been asked yet, so that cell is empty."
)


def chapter(results: Results, figures: Path) -> Chapter:
    """Return the chapter; its figures are written into the folder `figures`."""
    made, undefined = tables.looks(results)
    told = [tables.arms(results), tables.emotions(results), tables.action_units(results)]
    told += [tables.cross(results), made, tables.settings(results)]
    same = equal_units(results)
    for line in same:
        sys.stderr.write(f"note: {line}\n")
    return Chapter(
        title="Features of a discriminator",
        question=QUESTION,
        answer=answer(results),
        seeds=len(results.runs),
        sizes=sizes(results),
        published=beside.published(results),
        tables=[table for table in told if table],
        figures=show.draw(results, figures),
        notes=[*OURS, *same, *undefined_areas(results), *undefined, *limits(results), *PRINTED],
    )


def answer(results: Results) -> str:
    """Return the answer in plain words."""
    best, asked = results.best, results.asked
    ours = asked.interval(results.called(best))
    leaky = results.everybody.interval(results.leaky_called)
    folds = results.everybody.difference(results.leaky_called, results.grouped_called)
    parts = [
        f"The features of {results.titles[best]}, call the right one of {len(results.classes)} "
        f"emotions for {percent(ours)} of the faces of people held out; to name the commonest each "
        f"time would be right for {100 * results.chance:.0f} %.",
        f"The published protocol, folds by image over everybody, prints {percent(leaky)} here; "
        f"beside folds of the same faces that keep people together that is {compared(folds)}.",
    ]
    for control in CONTROLS:
        gap = asked.difference(results.called(best), results.called(control))
        parts.append(f"Beside {results.titles[control]}: {compared(gap)}.")
    if results.units and results.units.mean:
        parts.append(
            f"Mean area under the ROC curve of the action units: {results.units.mean[0]:.2f}."
        )
    return " ".join(parts)


def compared(gap: Interval) -> str:
    """Return a difference of accuracies in words: gain or loss only where the interval says so."""
    value, low, high = (100 * part for part in gap)
    numbers = f"{value:+.1f} points ({low:+.1f} to {high:+.1f})"
    if low > 0:
        return f"a gain, {numbers}"
    return f"a loss, {numbers}" if high < 0 else f"no difference that can be told, {numbers}"


def percent(interval: Interval) -> str:
    """Return a share with its interval in per cent."""
    value, low, high = (100 * part for part in interval)
    return f"{value:.1f} % ({low:.1f} to {high:.1f})"


def sizes(results: Results) -> dict[str, Cell]:
    """Return how large everything was."""
    plan, home = results.plan, results.home
    faces = {
        f"faces of {each.name}, known and held out": f"{len(each.known.label)} + "
        f"{len(each.asked.label)}"
        for each in results.found
    }
    return {
        "emotions": len(home.classes),
        **faces,
        "people or clusters of copies held out": len(set(home.asked.group)),
        "features of a face": 128 * plan.gan.width,
        "epochs of a DCGAN": plan.gan.epochs,
        "settings tried": plan.trials,
    }


def equal_units(results: Results) -> list[str]:
    """Return which units have equal columns, by the rule table and in the truth."""
    lines = []
    for name, found in (
        ("By the rule table", published_marks(results.home.whole())),
        (
            "In the truth",
            results.marks if results.marks and results.marks.source == "true" else None,
        ),
    ):
        groups = units.twins(found.shown) if found else []
        if groups:
            told = "; ".join(units.names(group) for group in groups)
            lines.append(
                f"{name} these units are one and the same column, and their detectors one "
                f"and the same detector: {told}."
            )
    return lines


def undefined_areas(results: Results) -> list[str]:
    """Return which areas are undefined, and why."""
    named = [f"AU{unit}" for unit in units.UNITS]
    sides = [
        ("people held out", named, results.units),
        ("by image", named, results.leaky_units),
        ("people held out", results.classes, results.emotions),
        ("by image", results.classes, results.leaky_emotions),
    ]
    lines = [line for side, names, found in sides for line in _why(side, names, found)]
    if results.marks is None:
        lines.append(
            "No action units: the source knows none, and the rule table not every emotion."
        )
    return lines


def _why(side: str, names: list[str], found: Areas | None) -> list[str]:
    return [
        f"Area of {names[place]}, {side}: undefined, {reason}."
        for place, reason in (found.reasons if found else {}).items()
    ]


def limits(results: Results) -> list[str]:
    """Return what the run could not show."""
    plan, table = results.plan, results.home.asked.faces.table
    lines = [RATING]
    if (plan.gan.width, plan.gan.epochs, plan.gan.batch) != FULL:
        lines.append(
            f"A small run: width {plan.gan.width} for {FULL[0]}, {plan.gan.epochs} epochs for "
            f"{FULL[1]}, {plan.gan.batch} faces a step for {FULL[2]} (profiles/studies.yaml has "
            f"the full size). It shows that the study runs and which way protocols differ, not "
            f"what a fully trained DCGAN knows."
        )
    if len(results.runs) < ENOUGH:
        lines.append(f"{len(results.runs)} seeds: fewer than {ENOUGH}, so intervals are too sure.")
    if (table["subject"].astype(str) == "").any():
        lines.append(
            "People are not known in this set: what is kept together are near copies, and one "
            "person may stand on both sides of our protocol as well."
        )
    lines += [f"Set {name!r}: not configured, left out of the matrix." for name in results.missing]
    return lines
