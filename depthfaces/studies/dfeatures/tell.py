"""The chapter: figures, the answer in words made from the numbers, and what could not be shown."""

import sys
from pathlib import Path

from depthfaces.studies.chapter import Cell, Chapter, Picture
from depthfaces.studies.dfeatures import pictures, tables, units
from depthfaces.studies.dfeatures.areas import Interval
from depthfaces.studies.dfeatures.collapse import nearest_pairs
from depthfaces.studies.dfeatures.readings import published_marks
from depthfaces.studies.dfeatures.results import Results
from depthfaces.studies.dfeatures.views import TITLES, TRAINED

QUESTION = (
    "A DCGAN learns to tell real faces from its own without ever being told an emotion. Do the "
    "features of its discriminator know emotions and action units all the same, of people that "
    "nothing was learned from?"
)
UNDERPOWERED = 6  # seeds: with fewer, the spread over seeds is hardly known


def chapter(results: Results, figures: Path) -> Chapter:
    """Return the chapter; its figures are written into the folder `figures`."""
    made, undefined = tables.looks(results)
    told = [tables.arms(results), tables.emotions(results), tables.action_units(results)]
    told += [tables.cross(results), made, tables.settings(results)]
    same = equal_units(results)
    for line in same:
        sys.stderr.write(f"warning: {line}\n")
    return Chapter(
        title="Features of a discriminator",
        question=QUESTION,
        answer=answer(results),
        seeds=len(results.runs),
        sizes=sizes(results),
        published=published(results),
        tables=[table for table in told if table],
        figures=draw(results, figures),
        notes=[*readings(results), *same, *no_areas(results), *undefined, *limits(results)],
    )


def answer(results: Results) -> str:
    """Return the answer in plain words."""
    best, asked = results.best, results.asked
    ours, leaky = asked.interval(results.called(best)), results.everybody.interval(results.leaky_called())
    parts = [
        f"{TITLES[best]} calls the right one of {len(results.classes)} emotions for {percent(ours)} of the "
        f"faces of people held out; always naming the commonest would be right for "
        f"{100 * results.chance:.0f} %. The published protocol, by image, prints {percent(leaky)} here."
    ]
    for control in ("untrained", "pixels"):
        gap = asked.difference(results.called(best), results.called(control))
        parts.append(f"Against {TITLES[control]} that is {compared(gap)}.")
    found = results.units(best)
    if found and found.mean:
        parts.append(f"The mean area of the action units is {found.mean[0]:.2f}.")
    return " ".join(parts)


def compared(gap: Interval) -> str:
    """Return a difference of accuracies in words: a gain or a loss only if the interval says so."""
    value, low, high = (100 * part for part in gap)
    numbers = f"{value:+.1f} points ({low:+.1f} to {high:+.1f})"
    if low > 0:
        return f"a gain of {numbers}"
    return f"a loss: {numbers}" if high < 0 else f"no difference that can be told: {numbers}"


def percent(interval: Interval) -> str:
    """Return a share with its interval in per cent."""
    value, low, high = (100 * part for part in interval)
    return f"{value:.1f} % ({low:.1f} to {high:.1f})"


def sizes(results: Results) -> dict[str, Cell]:
    """Return how large everything was."""
    plan, home = results.plan, results.home
    everyone = {each.name: f"{len(each.known.label)} + {len(each.asked.label)}" for each in results.found}
    return {
        "emotions": len(home.classes),
        **{f"faces of {name}, known + held out": text for name, text in everyone.items()},
        "people or clusters held out": len(set(home.asked.group)),
        "features of a face": 128 * plan.gan.width,
        "epochs of a DCGAN": plan.gan.epochs,
        "settings tried": plan.trials,
    }


def published(results: Results) -> list[list[Cell]]:
    """Return their figures beside ours, by their protocol and by ours."""
    best, truth = results.best, results.marks()
    units_ours = results.units(best) if truth else None
    units_leaky = results.leaky_units()
    looks = {row[0]: row for row in tables.looks(results)[0].rows}
    made = 3 + TRAINED.index(best)
    score, distance, pairs, nearest = (
        looks[title][made]
        for key in ("inception_score", "fd", "ssim_unrelated", "ssim_nearest")
        for title in [tables.quality.TITLES[key][0]]
    )
    rate = results.everybody.interval(results.leaky_called())
    low, high = min(tables.UNIT_MEANS[i] for i in (3, 4, 6, 7)), max(tables.UNIT_MEANS[i] for i in (3, 4, 6, 7))
    return [
        ["accuracy, best set (RaFD)", 0.9857, rate, results.asked.interval(results.called(best))],
        ["accuracy, KDEF · RAF-DB · SFEW", "0.604 · 0.619 · 0.445", None, None],
        ["mean AUC of emotions, same set", tables.EMOTION_MEANS[4], results.leaky_emotions().mean, results.emotions(best).mean],
        ["mean AUC of units, same set", tables.UNIT_MEANS[0], units_leaky and units_leaky.mean, units_ours and units_ours.mean],
        ["mean AUC of units, trained on another set", f"{low:.3f} to {high:.3f}", None, tables.across(results)],
        ["inception score", 1.874, None, score],
        ["Fréchet distance", 22.318, None, distance],
        ["SSIM", 0.8942, pairs, nearest],
        ["taken for real by people", 0.7672, None, None],
    ]  # fmt: skip


def draw(results: Results, figures: Path) -> list[Picture]:
    """Write every figure and return what each shows."""
    first, home, best = results.runs[0], results.home, results.best
    many = pictures.ACROSS
    learned = {TITLES[arm]: [run.learned[arm].nets.curves for run in results.runs] for arm in TRAINED}
    rows = {"real people held out": list(home.asked.images[:: max(1, len(home.asked.images) // many)][:many])}
    rows |= {TITLES[arm]: list(first.drawn[arm][:many]) for arm in TRAINED}
    emotions = results.emotions(best)
    hot = home.asked.label[:, None] == results.classes
    found = {
        "curves": (pictures.curves(learned), "Losses by epoch, a line a seed."),
        "samples": (pictures.faces(rows, home.unit), "Faces of the first seed, none chosen by its looks."),
        "roc-emotions": (
            pictures.roc(results.classes, hot, results.scores(best), emotions),
            "ROC curve of each emotion against the rest on people held out, a line a seed.",
        ),
        "confusions": (
            pictures.confusions(results.confusions(best), results.classes),
            "Shares of each emotion by what it was called, all seeds.",
        ),
        **drawn_units(results),
        **drawn_cells(results),
        **drawn_twins(results),
    }
    for name, (figure, _) in found.items():
        pictures.write(figures / f"{name}.png", figure)
    return [Picture(f"{figures.name}/{name}.png", caption) for name, (_, caption) in found.items()]
