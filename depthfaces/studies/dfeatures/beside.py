"""The published figures beside ours, by their protocol and by ours."""

import numpy as np

from depthfaces.studies.chapter import Cell
from depthfaces.studies.dfeatures import quality
from depthfaces.studies.dfeatures.results import Results

# Accuracy by set (the publication's table III), mean areas by experiment 1 to 8 (II and IV).
ACCURACY = {"RaFD": 0.9857, "KDEF": 0.6044, "RAF-DB": 0.6187, "SFEW": 0.4452}
EMOTION_MEANS = (0.980, 0.998, 0.954, 0.932, 0.999, 0.870, 0.879, 0.754)
UNIT_MEANS = (0.913, 0.993, 0.928, 0.697, 0.699, 0.989, 0.668, 0.691)
OTHER_SET = (3, 4, 6, 7)  # the experiments whose machine was trained on one set, tested on another
# On RaFD (table VII): in Inception's space, of pairs that it does not name; by paid raters.
QUALITY = {"inception_score": 1.874, "fd": 22.318, "ssim_unrelated": 0.8942}
HUMAN = 0.7672


def published(results: Results) -> list[list[Cell]]:
    """Return a row a figure: theirs, theirs here, ours; null where there is no counterpart."""
    rate = results.everybody.interval(results.leaky_called)
    held_out = results.asked.interval(results.called(results.best))
    units = [found.mean if found else None for found in (results.leaky_units, results.units)]
    emotions = [results.leaky_emotions.mean, results.emotions.mean]
    others = [UNIT_MEANS[place] for place in OTHER_SET]
    away = f"{min(others)} to {max(others)}"
    made = {key: _made(results, key) for key in (*QUALITY, "ssim_nearest")}
    rest = " · ".join(f"{value:.3f}" for value in list(ACCURACY.values())[1:])
    return [
        ["accuracy, RaFD", ACCURACY["RaFD"], rate, held_out],
        ["accuracy, KDEF · RAF-DB · SFEW", rest, None, None],
        ["mean AUC of emotions, one set", EMOTION_MEANS[4], *emotions],
        ["mean AUC of units, one set", UNIT_MEANS[0], *units],
        ["mean AUC of units, tested on another set", away, None, across(results)],
        ["inception score", QUALITY["inception_score"], None, made["inception_score"]],
        ["Fréchet distance", QUALITY["fd"], None, made["fd"]],
        ["SSIM", QUALITY["ssim_unrelated"], made["ssim_unrelated"], made["ssim_nearest"]],
        ["generated faces taken for real by people", HUMAN, None, None],
    ]


def across(results: Results) -> list[float] | None:
    """Return [mean, least, most] unit area of the cells tested on another set than trained on."""
    found = [cell.units[0] for cell in results.cells if cell.units and cell.trained != cell.tested]
    return [float(np.mean(found)), min(found), max(found)] if found else None


def _made(results: Results, key: str) -> Cell:
    return quality.over_seeds([run.measured[results.best] for run in results.runs], key)[0]
