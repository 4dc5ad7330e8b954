"""The study's tables: what was found, a row an arm, an emotion, a unit, a cell or a measure."""

from collections.abc import Sequence

from depthfaces.studies.chapter import Cell, Table
from depthfaces.studies.dfeatures import beside, quality, units
from depthfaces.studies.dfeatures.results import Results
from depthfaces.studies.dfeatures.views import TRAINED

# Its table IV: experiment 1 (Cohn-Kanade, units coded by people) and 4 (the same machines on RaFD).
UNITS_PUBLISHED = {
    1: (0.998, 0.909),
    2: (0.918, 0.744),
    4: (0.788, 0.515),
    5: (0.982, 0.676),
    6: (0.895, 0.574),
    7: (1.0, 0.757),
    9: (0.990, 0.668),
    12: (1.0, 0.515),
    15: (0.932, 0.510),
    17: (0.785, 0.708),
    23: (0.882, 0.865),
    24: (0.948, 0.849),
    25: (0.998, 0.799),
    27: (0.672, 0.668),
}
# Its table II, experiment 5: RaFD, frontal, pretrained, trained and tested there.
EMOTIONS_SAME = {
    "Anger": 0.999,
    "Contempt": 0.999,
    "Disgust": 1.0,
    "Fear": 0.998,
    "Happiness": 1.0,
    "Neutral": 0.999,
    "Sadness": 0.999,
    "Surprise": 1.0,
}


def arms(results: Results) -> Table:
    """Return how well each arm tells the emotions apart."""
    first, judge = results.titles[TRAINED[0]], results.everybody
    leaky = [judge.interval(results.leaky_called), None, None, results.leaky_emotions.mean]
    together = [judge.interval(results.grouped_called), None, None, None]
    rows: list[Sequence[Cell]] = [
        [f"{first}, has seen everybody; folds by image (leaky)", *leaky],
        [f"{first}, has seen everybody; folds keep people together", *together],
    ]
    for arm, title in results.titles.items():
        held_out = results.asked.interval(results.called(arm))
        mean = results.of_emotions(arm).mean
        rows.append([title, results.out_of_fold(arm), held_out, results.macro(arm), mean])
    caption = (
        f"Gaussian machine on each face's features. Chance on people held out is "
        f"{results.chance:.2f}. The first column of the leaky row is what a publication by that "
        f"protocol would print; ours is the second. Controls: the same net before training, and "
        f"no net at all."
    )
    columns = ["features", "accuracy, folds", "accuracy, people held out", "macro-F1", "mean AUC"]
    return Table("Emotions", caption, columns, rows)


def emotions(results: Results) -> Table:
    """Return the area of each emotion against the rest."""
    leaky, ours = results.leaky_emotions, results.emotions
    rows = [
        [name, EMOTIONS_SAME.get(name), leaky.each[place], ours.each[place]]
        for place, name in enumerate(results.classes)
    ]
    caption = "Area under the ROC curve of each emotion against the rest. Published: experiment 5."
    columns = ["emotion", "published", "by image (leaky)", "people held out"]
    return Table("Areas by emotion", caption, columns, rows)


def action_units(results: Results) -> Table | None:
    """Return each action unit's area, how often it shows, how often the rule table is right."""
    truth = results.marks
    if truth is None:
        return None
    ours, leaky = results.units, results.leaky_units
    assert ours, "there are marks"
    rule = units.by_rule(results.home.asked.label) if truth.source == "true" and leaky else None
    rows: list[Sequence[Cell]] = []
    for place, (unit, name) in enumerate(units.UNITS.items()):
        agree = None if rule is None else float((rule == truth.shown)[:, place].mean())
        rows.append(
            [
                f"AU{unit} {name}",
                *UNITS_PUBLISHED[unit],
                leaky.each[place] if leaky else None,
                ours.each[place],
                float(truth.shown[:, place].mean()),
                agree,
            ]
        )
    mean = leaky.mean if leaky else None
    rows.append(["mean", beside.UNIT_MEANS[0], beside.UNIT_MEANS[3], mean, ours.mean, None, None])
    told = "as the camera moved them" if truth.source == "true" else "by the rule table"
    caption = (
        f"Area under the ROC curve of a linear machine each. Leaky: folds by image, units by the "
        f"rule table. Ours: people held out, units {told}. Published: experiment 1 (one set) and "
        f"4 (tested on another set). The last column is the share of faces of which rule and truth "
        f"say the same."
    )
    columns = ["unit", "published, one set", "published, other set", "by image (leaky)"]
    columns += ["people held out", "share of faces", "rule agrees"]
    return Table("Action units", caption, columns, rows)


def cross(results: Results) -> Table:
    """Return the cross-dataset matrix, a row a cell."""
    rows = [
        [
            f"{cell.pretrained} · {cell.trained} · {cell.tested}",
            cell.accuracy,
            cell.chance,
            cell.units,
        ]
        for cell in results.cells
    ]
    caption = (
        f"Pretrained on · trained on · tested on, always with {results.titles[results.best]}, "
        f"chosen on known people. Tested are people that no part has seen, over the emotions that "
        f"both sets have; chance is the share of the commonest. Units of a virtual set are true "
        f"ones, of photographs the rule table's."
    )
    columns = ["sets", "accuracy", "chance", "mean AUC of the units"]
    return Table("Across sets", caption, columns, rows)


def looks(results: Results) -> tuple[Table, list[str]]:
    """Return the quality of the faces made, beside real known people; and what is undefined."""
    sides = (*TRAINED, "floor")
    rows: list[Sequence[Cell]] = []
    why = []
    for key, (title, better) in quality.TITLES.items():
        cells: list[Cell] = []
        for side in sides:
            value, reason = quality.over_seeds([run.measured[side] for run in results.runs], key)
            cells.append(value)
            if reason:
                name = results.titles.get(side, "real known people")
                why.append(f"{title}, {name}: undefined, {reason}.")
        rows.append([title, better, beside.QUALITY.get(key), *cells])
    count = min(len(results.home.asked.images), results.plan.generated)
    caption = (
        f"{count} faces a side against people held out, in the 64 codes of an autoencoder that "
        f"knows known people alone (mean, least and most of the seeds). Floor: real known people "
        f"in the generator's place. Noise meets no twin: many different faces need be no faces. "
        f"The published column has other faces in another space: beside "
        f"ours it shows the kind of number, not who is better."
    )
    columns = ["measure", "better", "published", *(results.titles[arm] for arm in TRAINED), "floor"]
    return Table("Faces made", caption, columns, rows), why


def settings(results: Results) -> Table:
    """Return the setting that the search chose, by arm and seed."""
    rows = [
        [
            results.titles[arm],
            *(
                f"{run.readings[arm].setting.cost:.3g} · {run.readings[arm].setting.gamma:.3g}"
                for run in results.runs
            ),
        ]
        for arm in results.titles
    ]
    columns = ["features", *(f"seed {number + 1}" for number in range(len(results.runs)))]
    caption = (
        f"Cost · gamma (times one over the columns) of the Gaussian machine, the best of "
        f"{results.plan.trials} that a Gaussian process proposed, by accuracy in folds that keep "
        f"people together."
    )
    return Table("Settings found", caption, columns, rows)
