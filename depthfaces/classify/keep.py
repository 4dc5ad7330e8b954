"""Classifiers kept for use: one of each kind, with all that a new face has to go through."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from depthfaces import files, kept_config
from depthfaces.classify.arms import plan
from depthfaces.classify.calibration import Calibrator, reliability, sure_from
from depthfaces.classify.family import CLASSIFIERS
from depthfaces.classify.kept import calibrated
from depthfaces.classify.left_out import left_out
from depthfaces.classify.protocol import Job, fit
from depthfaces.classify.scores import mean_macro_f1
from depthfaces.classify.sets import Sets
from depthfaces.errors import DataError
from depthfaces.faces import read_table
from depthfaces.features.store import FeatureSet
from depthfaces.schema import Params
from depthfaces.verdict.arm import SHUFFLED, Arm
from depthfaces.verdict.predictions import STEPS, by_arm, known_people

HELD_OUT = "held_out.csv"  # what the kept classifiers say of test people


def keep(
    folder: Path, views: dict[str, Sets], predictions: pd.DataFrame, params: Params
) -> dict[str, Any]:
    """Fit each classifier once more on the arm that validation likes best; write it into `folder`.

    Beside them FOLDER/held_out.csv: their probabilities (thousandths) for test people. Return what
    there is to know: {name: arm, seed, validation_macro_f1, calibration or None}.
    """
    told: dict[str, Any] = {}
    asked: list[pd.DataFrame] = []
    for name in params.classify.models:
        found = views[CLASSIFIERS[name].view]
        scores = _validation(predictions[predictions["model"] == name])
        known = [arm for arm in plan(params.classify.doses, found) if arm.kind != SHUFFLED]
        best = max(known, key=lambda arm: scores[arm])
        job = Job(best, name)
        model, calibration = fit(job, found, params), calibrate(job, found, params)
        model.save(folder / name)
        test = found["real"].part("test")
        asked.append(_rows(name, test, calibrated(model, calibration, test.x), found))
        told[name] = {"arm": best.key, "seed": 0, "validation_macro_f1": scores[best]}
        told[name]["calibration"] = calibration
    table = pd.concat(asked, ignore_index=True)
    files.write_text(folder / HELD_OUT, table.to_csv(index=False, lineterminator="\n"))
    return told


def calibrate(job: Job, found: Sets, params: Params) -> dict[str, Any] | None:
    """Return the calibrator of `job` from people left out of it; None where they are too few."""
    known = left_out(job, found, params)
    if known is None:
        return None
    calibrator = Calibrator.fit(known.margins, known.y)
    least = sure_from(calibrator.probabilities(known.margins), known.y)
    counts = {"faces": len(known.y), "people": known.people}
    return {**calibrator._asdict(), "sure_from": least, **counts}


def reliabilities(folder: Path) -> dict[str, Any]:
    """Return how far the probabilities in FOLDER/held_out.csv hold, {name: numbers}."""
    if not (folder / HELD_OUT).is_file():
        raise DataError(f"{folder / HELD_OUT}: expected predictions; run `dvc repro classify`")
    texts = ("model", "id", "person", "label")
    table = read_table(folder / HELD_OUT, texts, texts)
    models = files.read_json(folder / kept_config.CONFIG, "models")["models"]
    columns = [name for name in table if str(name).startswith("p_")]
    classes = [str(name).removeprefix("p_") for name in columns]
    return {
        str(name): {
            **reliability(
                rows[columns].to_numpy() / STEPS,
                np.searchsorted(classes, rows["label"].to_numpy(str)),
            ),
            "people": known_people(rows),
            "calibrated": models[name]["calibration"] is not None,
        }
        for name, rows in table.groupby("model", sort=False)
    }


def _rows(name: str, test: FeatureSet, shares: npt.NDArray[Any], found: Sets) -> pd.DataFrame:
    classes = sorted(set(found["real"].label))
    thousandths = np.rint(shares * STEPS).astype(int)
    return pd.DataFrame(
        {
            "model": name,
            "id": test.id,
            "person": test.people(),
            "label": test.label,
            **{f"p_{label}": thousandths[:, place] for place, label in enumerate(classes)},
        }
    )


def _validation(predictions: pd.DataFrame) -> dict[Arm, float]:
    """Return each arm's macro-F1 on validation, mean over the seeds."""
    rows = predictions[predictions["part"] == "validation"]
    return {arm: mean_macro_f1(runs) for arm, runs in by_arm(rows).items()}
