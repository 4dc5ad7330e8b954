"""How often the verdict is wrong where nothing helps, and how often it sees a gain of five points.

    python -m bench.calibration COUNT [FEATURES]

Each experiment is made from real fits: the train people in FEATURES (data/features by default, 36)
are dealt anew, 15 held out as in the default run, the others learned from; SVMs learn from their
faces (the first 48 principal components, so that thousands of fits end within minutes), six seeds,
and the engine of the verdict judges the answers. So the classifiers learn from fewer people than in
the default run (21 for 36), and less can be seen. In the null experiment the faces that stand for
synthetic ones are drawn from the same pool as those of the control, so nothing can help; in the
other one wrong answers of the arm in question are put right until it has gained five points.
Writes bench/results/calibration.md.
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

OUT = Path("bench/results/calibration.md")
COMPONENTS = 48
GAIN = 0.05
CONTROL, POSED = Arm("control", "augmented", 1.0), Arm("control", "posed", 1.0)
TOPPED, SHUFFLED = Arm("topped", "synthetic", 1.0), Arm("shuffled", "synthetic", 1.0)
ARMS = (Arm("real"), CONTROL, POSED, TOPPED, SHUFFLED)


def reduced(folder: Path) -> tuple[np.ndarray, FeatureSet, np.ndarray, np.ndarray]:
    """Return the components and rows of real faces, components of augmented ones, whose those are.

    Every face is somebody's; the components are those of all faces without their labels.
    """
    real, changed = (FeatureSet.open(folder / f"{name}.npz") for name in ("real", "augmented"))
    mean, scale = real.x.mean(0), real.x.std(0) + 1e-6
    x, more = (((features.x - mean) / scale).clip(-3, 3) for features in (real, changed))
    basis = np.linalg.svd(x - x.mean(0), full_matrices=False)[2][:COMPONENTS].T
    return x @ basis, real, more @ basis, changed.id


def predictions(pool: Any, number: int, seeds: int, test: int) -> pd.DataFrame:
    """Return every arm's answers of experiment `number` on `test` people drawn for it."""
    x, real, more, owner = pool
    rng = seeding.stream(number, "calibration")
    people = real.people()
    # Only train people have augmented faces, so it is among them that people are dealt.
    order = rng.permutation(np.unique(people[real.split == "train"]))
    held = np.isin(people, order[:test])
    learned = np.isin(people, order[test:])
    rows = [np.flatnonzero(owner == one) for one in real.id]
    tables = []
    for arm in ARMS:
        for seed in range(seeds):
            trained, label = drawn(arm, x[learned], real.label[learned], rng)
            extra = np.array([rng.choice(rows[i]) for i in np.flatnonzero(learned)])
            if arm.kind != "real":
                added = real.label[learned]
                added = rng.permutation(added) if arm.kind == "shuffled" else added
                trained, label = np.concatenate([trained, more[extra]]), [*label, *added]
            called = SVC(C=10.0).fit(trained, label).predict(x[held])
            tables.append(answers(arm, seed, real.pick(held), called))
    return pd.concat(tables, ignore_index=True)


def drawn(arm: Arm, x: Any, label: Any, rng: np.random.Generator) -> tuple[Any, Any]:
    """Return a seed's own real faces: as many as there are, drawn with replacement."""
    rows = rng.integers(0, len(x), len(x))
    return x[rows], label[rows]


def answers(arm: Arm, seed: int, faces: FeatureSet, called: Any) -> pd.DataFrame:
    """Return the rows of one fit."""
    generator = 0 if arm.source == "synthetic" else NO_GENERATOR
    run = {"people": 36, "draw": 0, "generator": generator, "model": "svm", "seed": seed}
    return pd.DataFrame(
        {
            **{key: [value] * len(called) for key, value in (columns_of_arm(arm) | run).items()},
            "part": "test",
            "id": faces.id,
            "person": faces.people(),
            "label": faces.label,
            "predicted": called,
            **{f"p_{name}": 1000 * (called == name) for name in np.unique(faces.label)},
        }
    )


def gained(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the answers with wrong ones of the topped arm put right until it gained `GAIN`."""
    mine = (table["kind"] == TOPPED.kind).to_numpy()
    wrong = np.flatnonzero(mine & (table["label"] != table["predicted"]).to_numpy())
    start = mean_macro_f1(table[mine])
    better = table.copy()
    for some in np.array_split(rng.permutation(wrong), 60):
        better.loc[some, "predicted"] = better.loc[some, "label"]
        if mean_macro_f1(better[mine]) - start >= GAIN:
            break
    return better


def experiment(pool: Any, number: int, settings: params.Params) -> tuple[str, str, float]:
    """Return the verdict without an effect and with one, and the smallest effect seen."""
    with threadpool_limits(1):
        table = predictions(pool, number, 6, 15)
        rng = seeding.stream(number, "gain")
        plain, better = answer(table, [], settings), answer(gained(table, rng), [], settings)
    return plain["verdict"], better["verdict"], plain["smallest"]


def main(count: int, folder: Path) -> None:
    """Run `count` experiments, print and write the rates."""
    settings = params.load()
    pool = reduced(folder)
    work = Parallel(n_jobs=settings.threads, return_as="generator")
    calls = (delayed(experiment)(pool, number, settings) for number in range(count))
    results = list(tqdm(work(calls), "experiments", count))
    plain = [one for one, _, _ in results]
    wrong = sum(one in {rule.USEFUL, rule.HARMFUL} for one in plain)
    seen = sum(one == rule.USEFUL for _, one, _ in results)
    lines = ["| experiment | verdict | share (95 % interval) |", "|---|---|---|"]
    for title, k in (
        ("nothing helps", wrong),
        ("five points planted", seen),
    ):
        low, high = binomtest(k, count).proportion_ci(method="wilson")
        verdict = "USEFUL or HARMFUL" if title == "nothing helps" else "USEFUL"
        lines.append(f"| {title} | {verdict} | {k / count:.1%} ({low:.1%} to {high:.1%}) |")
    smallest = np.median([one for _, _, one in results])
    lines.append(f"\nSmallest effect that would be found, median: {100 * smallest:.1f} points.")
    text = "\n".join([*lines, f"\nfalse verdicts: {wrong} of {count}\n"])
    files.write_text(OUT, text)
    print(text, end="")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path((sys.argv[2:] or ["data/features"])[0]))
