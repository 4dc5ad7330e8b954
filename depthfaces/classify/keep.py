"""Classifiers stored for use: one of each kind, with calibration and held-out predictions."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from depthfaces import files, kept_config
from depthfaces.classify.arms import plan_arms
from depthfaces.classify.calibration import Calibrator, confidence_threshold, reliability_report
from depthfaces.classify.family import CLASSIFIERS
from depthfaces.classify.kept import calibrated_probabilities
from depthfaces.classify.left_out import left_out_margins
from depthfaces.classify.protocol import Job, fit
from depthfaces.classify.scores import mean_macro_f1
from depthfaces.classify.sets import Sets
from depthfaces.errors import DataError
from depthfaces.faces import read_table
from depthfaces.features.store import FeatureSet
from depthfaces.schema import Params
from depthfaces.verdict.arm import SHUFFLED, Arm
from depthfaces.verdict.predictions import STEPS, by_arm, known_people

HELD_OUT_FILE = "held_out.csv"  # the stored classifiers' predictions for test people


def keep(
    folder: Path, views: dict[str, Sets], predictions: pd.DataFrame, params: Params
) -> dict[str, Any]:
    """Fit each classifier once more on its best arm by validation; write it into `folder`.

    FOLDER/held_out.csv gets the probabilities (thousandths) for test people. Return
    {name: arm, seed, validation_macro_f1, calibration or None}.
    """
    model_records: dict[str, Any] = {}
    prediction_tables: list[pd.DataFrame] = []
    for name in params.classify.models:
        feature_sets = views[CLASSIFIERS[name].view]
        arm_scores = _validation_scores(predictions[predictions["model"] == name])
        candidate_arms = [
            arm for arm in plan_arms(params.classify.doses, feature_sets) if arm.kind != SHUFFLED
        ]
        best_arm = max(candidate_arms, key=lambda arm: arm_scores[arm])
        job = Job(best_arm, name)
        model = fit(job, feature_sets, params)
        calibration = fit_calibration(job, feature_sets, params)
        model.save(folder / name)
        test_faces = feature_sets["real"].part("test")
        prediction_tables.append(
            _prediction_rows(
                name,
                test_faces,
                calibrated_probabilities(model, calibration, test_faces.x),
                feature_sets,
            )
        )
        model_records[name] = {
            "arm": best_arm.key,
            "seed": 0,
            "validation_macro_f1": arm_scores[best_arm],
        }
        model_records[name]["calibration"] = calibration
    table = pd.concat(prediction_tables, ignore_index=True)
    files.write_text(folder / HELD_OUT_FILE, table.to_csv(index=False, lineterminator="\n"))
    return model_records


def fit_calibration(job: Job, feature_sets: Sets, params: Params) -> dict[str, Any] | None:
    """Fit the calibrator of `job` to people left out of it; None where they are too few."""
    left_out_faces = left_out_margins(job, feature_sets, params)
    if left_out_faces is None:
        return None
    calibrator = Calibrator.fit(left_out_faces.margins, left_out_faces.y)
    threshold = confidence_threshold(
        calibrator.probabilities(left_out_faces.margins), left_out_faces.y
    )
    counts = {"faces": len(left_out_faces.y), "people": left_out_faces.people}
    return {**calibrator._asdict(), "sure_from": threshold, **counts}


def reliabilities(folder: Path) -> dict[str, Any]:
    """Return the reliability of the probabilities in FOLDER/held_out.csv, {name: report}."""
    if not (folder / HELD_OUT_FILE).is_file():
        raise DataError(f"{folder / HELD_OUT_FILE}: expected predictions; run `dvc repro classify`")
    text_columns = ("model", "id", "person", "label")
    table = read_table(folder / HELD_OUT_FILE, text_columns, text_columns)
    model_records = files.read_json(folder / kept_config.CONFIG, "models")["models"]
    probability_columns = [name for name in table if str(name).startswith("p_")]
    class_names = [str(name).removeprefix("p_") for name in probability_columns]
    return {
        str(name): {
            **reliability_report(
                model_rows[probability_columns].to_numpy() / STEPS,
                np.searchsorted(class_names, model_rows["label"].to_numpy(str)),
            ),
            "people": known_people(model_rows),
            "calibrated": model_records[name]["calibration"] is not None,
        }
        for name, model_rows in table.groupby("model", sort=False)
    }


def _prediction_rows(
    name: str, test_faces: FeatureSet, probabilities: npt.NDArray[Any], feature_sets: Sets
) -> pd.DataFrame:
    class_names = sorted(set(feature_sets["real"].label))
    thousandths = np.rint(probabilities * STEPS).astype(int)
    return pd.DataFrame(
        {
            "model": name,
            "id": test_faces.id,
            "person": test_faces.people(),
            "label": test_faces.label,
            **{
                f"p_{label}": thousandths[:, class_index]
                for class_index, label in enumerate(class_names)
            },
        }
    )


def _validation_scores(predictions: pd.DataFrame) -> dict[Arm, float]:
    """Return each arm's macro-F1 on validation, mean over the seeds."""
    validation_rows = predictions[predictions["part"] == "validation"]
    return {arm: mean_macro_f1(arm_runs) for arm, arm_runs in by_arm(validation_rows).items()}
