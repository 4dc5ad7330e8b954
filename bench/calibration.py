"""How often the verdict is wrong where nothing helps, and how often it sees a gain of five points.

    python -m bench.calibration COUNT [FEATURES]

Each experiment is made from real fits: the train people in FEATURES (data/features by default, 36)
are split anew, 15 held out as in the default run, the others for training; SVMs are fitted to their
faces (the first 48 principal components, so that thousands of fits end within minutes), six seeds,
and the engine of the verdict judges the predictions. So the classifiers learn from fewer people
than in the default run (21 for 36), and the power is lower. In the null experiment the faces that
stand for synthetic ones are drawn from the same pool as those of the control, so nothing can help;
in the other one wrong predictions of the arm in question are corrected until it has gained five
points. Writes bench/results/calibration.md.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from scipy.stats import binomtest
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from depthfaces import files, params, seeding
from depthfaces.classify.scores import mean_macro_f1
from depthfaces.features.store import FeatureSet
from depthfaces.verdict import rule
from depthfaces.verdict.answer import answer
from depthfaces.verdict.arm import Arm
from depthfaces.verdict.predictions import NO_GENERATOR, columns_of_arm

RESULT_FILE = Path("bench/results/calibration.md")
COMPONENT_COUNT = 48
PLANTED_GAIN = 0.05
CONTROL_ARM, POSED_ARM = Arm("control", "augmented", 1.0), Arm("control", "posed", 1.0)
TOPPED_ARM, SHUFFLED_ARM = Arm("topped", "synthetic", 1.0), Arm("shuffled", "synthetic", 1.0)
ALL_ARMS = (Arm("real"), CONTROL_ARM, POSED_ARM, TOPPED_ARM, SHUFFLED_ARM)


def reduce_features(folder: Path) -> tuple[np.ndarray, FeatureSet, np.ndarray, np.ndarray]:
    """Return components and rows of real faces, components of augmented faces, and their owners.

    The principal components are fitted to all real faces, without their labels.
    """
    real_set, augmented_set = (
        FeatureSet.open(folder / f"{name}.npz") for name in ("real", "augmented")
    )
    mean, scale = real_set.x.mean(0), real_set.x.std(0) + 1e-6
    x, augmented_x = (
        ((features.x - mean) / scale).clip(-3, 3) for features in (real_set, augmented_set)
    )
    basis = np.linalg.svd(x - x.mean(0), full_matrices=False)[2][:COMPONENT_COUNT].T
    return x @ basis, real_set, augmented_x @ basis, augmented_set.id


def predict_all_arms(pool: Any, number: int, seeds: int, test: int) -> pd.DataFrame:
    """Return every arm's predictions of experiment `number` on `test` people drawn for it."""
    x, real_set, augmented_x, owners = pool
    rng = seeding.stream(number, "calibration")
    people = real_set.people()
    # Only train people have augmented faces, so only they are split into train and test.
    shuffled_people = rng.permutation(np.unique(people[real_set.split == "train"]))
    is_held_out = np.isin(people, shuffled_people[:test])
    is_learned = np.isin(people, shuffled_people[test:])
    augmented_rows = [np.flatnonzero(owners == face_id) for face_id in real_set.id]
    tables = []
    for arm in ALL_ARMS:
        for seed in range(seeds):
            train_x, train_labels = draw_faces(arm, x[is_learned], real_set.label[is_learned], rng)
            extra_rows = np.array(
                [rng.choice(augmented_rows[i]) for i in np.flatnonzero(is_learned)]
            )
            if arm.kind != "real":
                added_labels = real_set.label[is_learned]
                added_labels = (
                    rng.permutation(added_labels) if arm.kind == "shuffled" else added_labels
                )
                train_x, train_labels = (
                    np.concatenate([train_x, augmented_x[extra_rows]]),
                    [*train_labels, *added_labels],
                )
            predicted = SVC(C=10.0).fit(train_x, train_labels).predict(x[is_held_out])
            tables.append(prediction_rows(arm, seed, real_set.pick(is_held_out), predicted))
    return pd.concat(tables, ignore_index=True)


def draw_faces(arm: Arm, x: Any, label: Any, rng: np.random.Generator) -> tuple[Any, Any]:
    """Return a bootstrap sample of the real faces, which differs from seed to seed."""
    drawn_rows = rng.integers(0, len(x), len(x))
    return x[drawn_rows], label[drawn_rows]


def prediction_rows(arm: Arm, seed: int, faces: FeatureSet, predicted: Any) -> pd.DataFrame:
    """Return one row per prediction of a fit."""
    generator = 0 if arm.source == "synthetic" else NO_GENERATOR
    run_columns = {"people": 36, "draw": 0, "generator": generator, "model": "svm", "seed": seed}
    return pd.DataFrame(
        {
            **{
                key: [value] * len(predicted)
                for key, value in (columns_of_arm(arm) | run_columns).items()
            },
            "part": "test",
            "id": faces.id,
            "person": faces.people(),
            "label": faces.label,
            "predicted": predicted,
            **{f"p_{name}": 1000 * (predicted == name) for name in np.unique(faces.label)},
        }
    )


def with_gain(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Correct wrong predictions of the topped arm until it has gained `PLANTED_GAIN`."""
    is_topped = (table["kind"] == TOPPED_ARM.kind).to_numpy()
    wrong_rows = np.flatnonzero(is_topped & (table["label"] != table["predicted"]).to_numpy())
    start_f1 = mean_macro_f1(table[is_topped])
    improved = table.copy()
    for mended_rows in np.array_split(rng.permutation(wrong_rows), 60):
        improved.loc[mended_rows, "predicted"] = improved.loc[mended_rows, "label"]
        if mean_macro_f1(improved[is_topped]) - start_f1 >= PLANTED_GAIN:
            break
    return improved


def run_experiment(pool: Any, number: int, settings: params.Params) -> tuple[str, str, float]:
    """Return the verdict without an effect and with one, and the smallest effect seen."""
    with threadpool_limits(1):
        prediction_table = predict_all_arms(pool, number, 6, 15)
        rng = seeding.stream(number, "gain")
        null_answer, gain_answer = (
            answer(prediction_table, [], settings),
            answer(with_gain(prediction_table, rng), [], settings),
        )
    return null_answer["verdict"], gain_answer["verdict"], null_answer["smallest"]


def main(count: int, folder: Path) -> None:
    """Run `count` experiments, print and write the rates."""
    settings = params.load()
    pool = reduce_features(folder)
    run_jobs = Parallel(n_jobs=settings.threads, return_as="generator")
    experiment_jobs = (delayed(run_experiment)(pool, number, settings) for number in range(count))
    results = list(tqdm(run_jobs(experiment_jobs), "experiments", count))
    null_verdicts = [outcome for outcome, _, _ in results]
    false_count = sum(outcome in {rule.USEFUL, rule.HARMFUL} for outcome in null_verdicts)
    found_count = sum(outcome == rule.USEFUL for _, outcome, _ in results)
    lines = ["| experiment | verdict | share (95 % interval) |", "|---|---|---|"]
    for title, k in (
        ("nothing helps", false_count),
        ("five points planted", found_count),
    ):
        low, high = binomtest(k, count).proportion_ci(method="wilson")
        verdict = "USEFUL or HARMFUL" if title == "nothing helps" else "USEFUL"
        lines.append(f"| {title} | {verdict} | {k / count:.1%} ({low:.1%} to {high:.1%}) |")
    smallest_effect = np.median([effect for _, _, effect in results])
    lines.append(
        f"\nSmallest effect that would be found, median: {100 * smallest_effect:.1f} points."
    )
    text = "\n".join([*lines, f"\nfalse verdicts: {false_count} of {count}\n"])
    files.write_text(RESULT_FILE, text)
    print(text, end="")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path((sys.argv[2:] or ["data/features"])[0]))
