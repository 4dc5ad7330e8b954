"""The published figures, and the same scores here under the published and under our protocol."""

import numpy as np

from depthfaces.studies.chapter import Cell
from depthfaces.studies.dfeatures import quality
from depthfaces.studies.dfeatures.results import StudyResults

# Accuracy by set (the publication's table III), mean areas by experiment 1 to 8 (II and IV).
PUBLISHED_ACCURACY = {"RaFD": 0.9857, "KDEF": 0.6044, "RAF-DB": 0.6187, "SFEW": 0.4452}
EMOTION_MEANS = (0.980, 0.998, 0.954, 0.932, 0.999, 0.870, 0.879, 0.754)
UNIT_MEANS = (0.913, 0.993, 0.928, 0.697, 0.699, 0.989, 0.668, 0.691)
# Indices of the experiments that were trained on one set and tested on another.
OTHER_SET_INDICES = (3, 4, 6, 7)
# On RaFD (table VII): in Inception's space, of pairs that it does not name; by paid raters.
PUBLISHED_QUALITY = {"inception_score": 1.874, "fd": 22.318, "ssim_unrelated": 0.8942}
TAKEN_FOR_REAL = 0.7672


def published_rows(results: StudyResults) -> list[list[Cell]]:
    """Return rows of figure, published, published protocol here, ours; None if not available."""
    leaky_accuracy = results.everybody_bootstrap.interval(results.leaky_predicted)
    held_out_accuracy = results.held_out_bootstrap.interval(results.predicted(results.best_arm))
    unit_means = [
        areas.mean if areas else None for areas in (results.leaky_unit_areas, results.unit_areas)
    ]
    emotion_means = [results.leaky_emotion_areas.mean, results.emotion_areas.mean]
    other_set_means = [UNIT_MEANS[index] for index in OTHER_SET_INDICES]
    other_set_range = f"{min(other_set_means)} to {max(other_set_means)}"
    measured = {
        key: _generated_quality(results, key) for key in (*PUBLISHED_QUALITY, "ssim_nearest")
    }
    other_accuracies = " · ".join(f"{value:.3f}" for value in list(PUBLISHED_ACCURACY.values())[1:])
    return [
        ["accuracy, RaFD", PUBLISHED_ACCURACY["RaFD"], leaky_accuracy, held_out_accuracy],
        ["accuracy, KDEF · RAF-DB · SFEW", other_accuracies, None, None],
        ["mean AUC of emotions, one set", EMOTION_MEANS[4], *emotion_means],
        ["mean AUC of units, one set", UNIT_MEANS[0], *unit_means],
        [
            "mean AUC of units, tested on another set",
            other_set_range,
            None,
            cross_set_units(results),
        ],
        [
            "inception score",
            PUBLISHED_QUALITY["inception_score"],
            None,
            measured["inception_score"],
        ],
        ["Fréchet distance", PUBLISHED_QUALITY["fd"], None, measured["fd"]],
        [
            "SSIM",
            PUBLISHED_QUALITY["ssim_unrelated"],
            measured["ssim_unrelated"],
            measured["ssim_nearest"],
        ],
        ["generated faces taken for real by people", TAKEN_FOR_REAL, None, None],
    ]


def cross_set_units(results: StudyResults) -> list[float] | None:
    """Return [mean, least, most] unit area of the cells tested on another set than trained on."""
    unit_areas = [
        cell.units[0] for cell in results.cross_cells if cell.units and cell.trained != cell.tested
    ]
    return [float(np.mean(unit_areas)), min(unit_areas), max(unit_areas)] if unit_areas else None


def _generated_quality(results: StudyResults, key: str) -> Cell:
    return quality.summarise_seeds(
        [run.face_quality[results.best_arm] for run in results.runs], key
    )[0]
