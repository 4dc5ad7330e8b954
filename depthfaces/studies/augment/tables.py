"""The tables of the chapter, and the published figures beside ours."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from depthfaces.audit.audit import documents, read
from depthfaces.classify import scores
from depthfaces.studies.augment.arms import LEAKY_ARMS, GeneratedPool
from depthfaces.studies.augment.results import CLEAN_FACES, Results, arm_title
from depthfaces.studies.chapter import Cell, Table

PUBLISHED_ACCURACY = {"real": 0.65, "added": 0.63}  # as published
PUBLISHED_REPORTS = {"real": "report on the original data", "added": "report on the augmented data"}
SHOWN_ARMS = ("real", "added", "filtered")  # the arms that are scored on noisy faces
EMOTION_NAMES = {"Angry": "Anger", "Happy": "Happiness", "Sad": "Sadness"}  # as printed: as here
Row = list[Cell]


def published_reports() -> dict[str, dict[str, list[float]]]:
    """Return {arm: {emotion: [precision, recall, F1]}} as printed, from the audit's tables."""
    report_tables = read(documents()["augment"])["tables"]
    rows_by_table = {table["name"]: table.get("rows", {}) for table in report_tables}
    return {
        arm: {
            EMOTION_NAMES.get(name, name): [float(cell) for cell in cells]
            for name, cells in rows_by_table[report_name].items()
        }
        for arm, report_name in PUBLISHED_REPORTS.items()
    }


def published_beside_ours(results: Results) -> list[Row]:
    """Return published accuracies and F1 beside ours, by their (leaky) protocol and by ours."""
    rows: list[Row] = [
        [
            f"accuracy, {arm_title(arm)}",
            PUBLISHED_ACCURACY[arm],
            results.leaky_score(leaky_arm),
            results.test_score(arm),
        ]
        for arm, leaky_arm in zip(PUBLISHED_ACCURACY, LEAKY_ARMS, strict=True)
    ]
    printed_reports = published_reports()
    for arm, leaky_arm in zip(PUBLISHED_ACCURACY, LEAKY_ARMS, strict=True):
        printed_rows, leaky_measures, our_measures = (
            printed_reports[arm],
            results.class_measures(leaky_arm),
            results.class_measures(arm),
        )
        for k, label in enumerate(results.data.classes):
            printed_f1 = printed_rows[label][2] if label in printed_rows else None
            rows.append(
                [
                    f"F1, {label}, {arm_title(arm)}",
                    printed_f1,
                    leaky_measures["F1"][k],
                    our_measures["F1"][k],
                ]
            )
    return rows


def all_tables(results: Results, pool: GeneratedPool) -> list[Table]:
    """Return all tables, in the order of the chapter."""
    return [
        arms_table(results),
        classes_table(results),
        printed_classes_table(results),
        noisy_table(results),
        planted_table(results),
        filters_table(results, pool),
        confusion_table(results, "real"),
        confusion_table(results, "added"),
    ]


def arms_table(results: Results) -> Table:
    """Return the scores of every arm on held-out people."""
    rows: list[Row] = []
    p_values = results.p_values()
    for arm_name, arm in results.arms.items():
        if arm_name not in LEAKY_ARMS:
            real_count = len(arm.train.labels) - arm.generated_count
            accuracy_gain = None if arm_name == "real" else results.score_gain(arm_name)
            test_scores = [
                results.test_score(arm_name),
                results.test_score(arm_name, scores.macro_f1),
            ]
            count_cells = [real_count, arm.generated_count, results.validation_f1(arm_name)]
            rows.append(
                [
                    arm_title(arm_name),
                    *count_cells,
                    *test_scores,
                    accuracy_gain,
                    p_values.get(arm_name),
                ]
            )
    return Table(
        "Every arm, on people never seen",
        "All arms take equally many training steps. The difference in accuracy is to real, "
        "augmented faces alone; its p is adjusted for the number of arms (Holm). Shuffled labels "
        "must not help.",
        ["trained on", "real faces", "generated", "macro-F1, validation", "accuracy", "macro-F1",
         "difference", "p"],
        rows,
    )  # fmt: skip


def classes_table(results: Results) -> Table:
    """Return precision, recall and F1 of each class, without and with generated faces."""
    measures_before, measures_after = (
        results.class_measures("real"),
        results.class_measures("added"),
    )
    face_counts = np.bincount(results.arms["real"].test_labels, minlength=len(results.data.classes))
    rows: list[Row] = [
        [
            label,
            int(face_counts[k]),
            *(
                measures[measure_name][k]
                for measure_name in measures_before
                for measures in (measures_before, measures_after)
            ),
        ]
        for k, label in enumerate(results.data.classes)
    ]
    columns = [
        f"{measure_name} {when}" for measure_name in measures_before for when in ("before", "after")
    ]
    return Table(
        "Emotion by emotion, before and after generated faces were added",
        "On people never seen, the mean over the seeds; a dash where an emotion was never called.",
        ["emotion", "test faces", *columns],
        rows,
    )


def printed_classes_table(results: Results) -> Table:
    """Return the published reports beside ours under the same, leaky protocol."""
    rows: list[Row] = []
    printed_reports = published_reports()
    for arm, leaky_arm in zip(PUBLISHED_ACCURACY, LEAKY_ARMS, strict=True):
        our_measures = results.class_measures(leaky_arm)
        for k, label in enumerate(results.data.classes):
            printed_cells: Sequence[Any] = printed_reports[arm].get(label, [None] * 3)
            cell_pairs = zip(
                printed_cells,
                (our_measures[measure_name][k] for measure_name in our_measures),
                strict=True,
            )
            rows.append(
                [f"{label}, {arm_title(arm)}", *(cell for pair in cell_pairs for cell in pair)]
            )
    column_names = [
        f"{measure_name}, {whose}" for measure_name in our_measures for whose in ("printed", "here")
    ]
    return Table(
        "The published reports beside ours under the same protocol (leaky)",
        "Other faces and another generator: the columns stand side by side, not in a ranking. The "
        "printed rows are very probably shifted by one emotion (see below).",
        ["emotion", *column_names],
        rows,
    )


def noisy_table(results: Results) -> Table:
    """Return the scores on each noisy part of the test set."""
    rows: list[Row] = []
    all_faces = np.ones(len(results.arms["real"].test_labels), bool)
    for part_name, is_in_part in {"all": all_faces, **results.noisy_parts}.items():
        arm_cells = [results.part_accuracy(arm, is_in_part) for arm in SHOWN_ARMS]
        gain_cells = [results.part_accuracy(arm, is_in_part, "real") for arm in SHOWN_ARMS[1:]]
        rows.append([part_name, int(is_in_part.sum()), *arm_cells, *gain_cells])
    return Table(
        "The test set's own noisy faces, scored apart",
        "Accuracy. A face counts as noisy if it lies beyond the worst real train faces, by a share "
        "fixed beforehand. The last two columns are differences to real faces alone.",
        [
            "test faces",
            "number",
            *map(arm_title, SHOWN_ARMS),
            *(f"{arm_title(a)}: gain" for a in SHOWN_ARMS[1:]),
        ],
        rows,
    )


def planted_table(results: Results) -> Table:
    """Return the scores on test faces with planted noise."""
    rows: list[Row] = []
    for noise_kind in results.arms["real"].test_sets:
        arm_cells = [results.planted_accuracy(arm, noise_kind) for arm in SHOWN_ARMS]
        rows.append(
            [
                noise_kind,
                *arm_cells,
                *(results.planted_accuracy(arm, noise_kind, "real") for arm in SHOWN_ARMS[1:]),
            ]
        )
    return Table(
        "The whole test set, made noisy on purpose",
        "Accuracy. Blurred over two pixels; a grey square over a ninth of the picture; a quarter "
        "of the light; four grey levels. The nets never trained on such faces.",
        ["noise", *map(arm_title, SHOWN_ARMS), *(f"{arm_title(a)}: gain" for a in SHOWN_ARMS[1:])],
        rows,
    )


def filters_table(results: Results, pool: GeneratedPool) -> Table:
    """Return how many generated faces pass each filter, by class."""
    generated_labels = pool.faces.labels
    rows: list[Row] = []
    for k, label in enumerate(results.data.classes):
        is_of_class = generated_labels == k
        passed_counts = [
            int((is_of_class & passes_filter).sum())
            for passes_filter in (pool.passes_entropy, pool.passes_realism, pool.passes_both)
        ]
        rows.append([label, int(is_of_class.sum()), *passed_counts])
    return Table(
        "What the filters let pass of the generated faces",
        "Entropy: as much as real train faces tell. Realism: the discriminator takes the face for "
        "real at least as much as it does a given share of validation people's faces.",
        ["emotion", "generated", "pass entropy", "pass realism", "pass both"],
        rows,
    )


def confusion_table(results: Results, arm: str) -> Table:
    """Return the confusion matrix of an arm on held-out people, summed over the seeds."""
    confusion_matrix = results.confusion_matrices(arm).sum(axis=0)
    rows = [
        [class_name, *count_row]
        for class_name, count_row in zip(
            results.data.classes, confusion_matrix.tolist(), strict=True
        )
    ]
    return Table(
        f"What is taken for what: {arm_title(arm)}",
        f"Test faces times seeds ({CLEAN_FACES}); row: true emotion, column: called.",
        ["true", *results.data.classes],
        rows,
    )
