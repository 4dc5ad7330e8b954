"""Tables of the study by arm, emotion, action unit, pair of sets and quality measure."""

from collections.abc import Sequence

from depthfaces.studies.chapter import Cell, Table
from depthfaces.studies.dfeatures import publication, quality, units
from depthfaces.studies.dfeatures.results import StudyResults
from depthfaces.studies.dfeatures.views import TRAINED_ARMS

# Its table IV: experiment 1 (Cohn-Kanade, units coded by people) and 4 (the same machines on RaFD).
PUBLISHED_UNIT_AREAS = {
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
PUBLISHED_EMOTION_AREAS = {
    "Anger": 0.999,
    "Contempt": 0.999,
    "Disgust": 1.0,
    "Fear": 0.998,
    "Happiness": 1.0,
    "Neutral": 0.999,
    "Sadness": 0.999,
    "Surprise": 1.0,
}


def arm_table(results: StudyResults) -> Table:
    """Return the scores of each arm at recognising emotions."""
    printed_title, bootstrap = results.arm_titles[TRAINED_ARMS[0]], results.everybody_bootstrap
    leaky_cells = [
        bootstrap.interval(results.leaky_predicted),
        None,
        None,
        results.leaky_emotion_areas.mean,
    ]
    grouped_cells = [bootstrap.interval(results.grouped_predicted), None, None, None]
    table_rows: list[Sequence[Cell]] = [
        [f"{printed_title}, has seen everybody; folds by image (leaky)", *leaky_cells],
        [f"{printed_title}, has seen everybody; folds keep people together", *grouped_cells],
    ]
    for arm, title in results.arm_titles.items():
        held_out_accuracy = results.held_out_bootstrap.interval(results.predicted(arm))
        mean_area = results.arm_emotion_areas(arm).mean
        table_rows.append(
            [
                title,
                results.fold_accuracy(arm),
                held_out_accuracy,
                results.held_out_f1(arm),
                mean_area,
            ]
        )
    caption = (
        f"Gaussian machine on each face's features. Chance on people held out is "
        f"{results.chance:.2f}. The first column of the leaky row is what a publication by that "
        f"protocol would print; ours is the second. Controls: the same net before training, and "
        f"no net at all."
    )
    columns = ["features", "accuracy, folds", "accuracy, people held out", "macro-F1", "mean AUC"]
    return Table("Emotions", caption, columns, table_rows)


def emotion_table(results: StudyResults) -> Table:
    """Return the area of each emotion against the rest."""
    leaky_areas, our_areas = results.leaky_emotion_areas, results.emotion_areas
    table_rows = [
        [
            emotion,
            PUBLISHED_EMOTION_AREAS.get(emotion),
            leaky_areas.by_column[index],
            our_areas.by_column[index],
        ]
        for index, emotion in enumerate(results.classes)
    ]
    caption = "Area under the ROC curve of each emotion against the rest. Published: experiment 5."
    columns = ["emotion", "published", "by image (leaky)", "people held out"]
    return Table("Areas by emotion", caption, columns, table_rows)


def unit_table(results: StudyResults) -> Table | None:
    """Return the area of each action unit, its frequency, and agreement with the rule table."""
    true_units = results.held_out_units
    if true_units is None:
        return None
    ours, leaky = results.unit_areas, results.leaky_unit_areas
    assert ours, "there are marks"
    rule = (
        units.rule_units(results.home.held_out.label)
        if true_units.source == "true" and leaky
        else None
    )
    table_rows: list[Sequence[Cell]] = []
    for index, (unit, unit_name) in enumerate(units.UNIT_NAMES.items()):
        agreement = None if rule is None else float((rule == true_units.shown)[:, index].mean())
        table_rows.append(
            [
                f"AU{unit} {unit_name}",
                *PUBLISHED_UNIT_AREAS[unit],
                leaky.by_column[index] if leaky else None,
                ours.by_column[index],
                float(true_units.shown[:, index].mean()),
                agreement,
            ]
        )
    mean = leaky.mean if leaky else None
    table_rows.append(
        ["mean", publication.UNIT_MEANS[0], publication.UNIT_MEANS[3], mean, ours.mean, None, None]
    )
    unit_source = "as the camera moved them" if true_units.source == "true" else "by the rule table"
    caption = (
        f"Area under the ROC curve of a linear machine each. Leaky: folds by image, units by the "
        f"rule table. Ours: people held out, units {unit_source}. Published: experiment 1 (one "
        f"set) and 4 (tested on another set). The last column is the share of faces of which rule "
        f"and truth say the same."
    )
    columns = ["unit", "published, one set", "published, other set", "by image (leaky)"]
    columns += ["people held out", "share of faces", "rule agrees"]
    return Table("Action units", caption, columns, table_rows)


def cross_set_table(results: StudyResults) -> Table:
    """Return the cross-dataset matrix, one row per cell."""
    table_rows = [
        [
            f"{cell.pretrained} · {cell.trained} · {cell.tested}",
            cell.accuracy,
            cell.chance,
            cell.units,
        ]
        for cell in results.cross_cells
    ]
    caption = (
        f"Pretrained on · trained on · tested on, always with "
        f"{results.arm_titles[results.best_arm]}, chosen on known people. Tested are people that "
        f"no part has seen, over the emotions that both sets have; chance is the share of the "
        f"commonest. Units of a virtual set are true "
        f"ones, of photographs the rule table's."
    )
    columns = ["sets", "accuracy", "chance", "mean AUC of the units"]
    return Table("Across sets", caption, columns, table_rows)


def quality_table(results: StudyResults) -> tuple[Table, list[str]]:
    """Return the quality of generated faces and of real ones, and notes on undefined values."""
    sides = (*TRAINED_ARMS, "floor")
    table_rows: list[Sequence[Cell]] = []
    undefined_notes = []
    for measure, (title, direction) in quality.MEASURE_TITLES.items():
        cells: list[Cell] = []
        for side in sides:
            value, reason = quality.summarise_seeds(
                [run.face_quality[side] for run in results.runs], measure
            )
            cells.append(value)
            if reason:
                side_title = results.arm_titles.get(side, "real known people")
                undefined_notes.append(f"{title}, {side_title}: undefined, {reason}.")
        table_rows.append([title, direction, publication.PUBLISHED_QUALITY.get(measure), *cells])
    count = min(len(results.home.held_out.images), results.plan.generated)
    caption = (
        f"{count} faces a side against people held out, in the 64 codes of an autoencoder that "
        f"knows known people alone (mean, least and most of the seeds). Floor: real known people "
        f"in the generator's place. Noise meets no twin: many different faces need be no faces. "
        f"The published column has other faces in another space: beside "
        f"ours it shows the kind of number, not who is better."
    )
    columns = [
        "measure",
        "better",
        "published",
        *(results.arm_titles[arm] for arm in TRAINED_ARMS),
        "floor",
    ]
    return Table("Faces made", caption, columns, table_rows), undefined_notes


def settings_table(results: StudyResults) -> Table:
    """Return the setting that the search chose, by arm and seed."""
    table_rows = [
        [
            results.arm_titles[arm],
            *(
                f"{run.readings[arm].setting.cost:.3g} · {run.readings[arm].setting.gamma:.3g}"
                for run in results.runs
            ),
        ]
        for arm in results.arm_titles
    ]
    columns = ["features", *(f"seed {seed_index + 1}" for seed_index in range(len(results.runs)))]
    caption = (
        f"Cost · gamma (times one over the columns) of the Gaussian machine, the best of "
        f"{results.plan.trials} that a Gaussian process proposed, by accuracy in folds that keep "
        f"people together."
    )
    return Table("Settings found", caption, columns, table_rows)
