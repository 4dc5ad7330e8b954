"""What the whole experiment must never say, on planted people and real classifiers."""

import numpy as np
import pandas as pd
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from depthfaces import params
from depthfaces.verdict import rule
from depthfaces.verdict.answer import answer
from depthfaces.verdict.arm import Arm
from depthfaces.verdict.predictions import columns_of_arm

LABELS = np.array(["a", "b", "c"])
SETTINGS = params.load()
QUICK = SETTINGS.model_copy(
    update={"compare": SETTINGS.compare.model_copy(update={"bootstrap": 400})}
)
SEEDS, TEST, D = 6, 12, 6
CONTROL, TOPPED = "control augmented@1", "topped synthetic@1"


def people(count, rng):
    """Return faces (n, D) of `count` people with traits of their own, classes, and owners."""
    y = np.tile(np.repeat(np.arange(3), 4), count)
    owner = np.repeat(np.arange(count), 12)
    x = 1.2 * np.eye(3, D)[y] + rng.normal(0, 0.8, (count, D))[owner]
    return x + rng.normal(0, 0.7, x.shape), y, owner


def predictions(arms, rng):
    """Return the answers of every arm; `arms[name](rng)` gives a seed's train faces (x, y)."""
    held_out = {part: people(TEST, rng) for part in ("validation", "test")}
    frames = []
    for name, train in arms.items():
        for seed in range(SEEDS):
            model = LinearDiscriminantAnalysis().fit(*train(rng))
            for part, (x, y, owner) in held_out.items():
                shares = np.rint(1000 * model.predict_proba(x)).astype(int)
                known = {**columns_of_arm(Arm.of(name)), "people": 20, "draw": 0, "generator": 0}
                known |= {"model": "svm", "seed": seed, "part": part}
                rows = pd.DataFrame({"person": [f"{part}{k}" for k in owner], "label": LABELS[y]})
                rows["id"] = [f"{part}{k}" for k in range(len(y))]
                rows["predicted"] = LABELS[shares.argmax(axis=1)]
                rows[[f"p_{label}" for label in LABELS]] = shares
                frames.append(rows.assign(**known))
    found = pd.concat(frames, ignore_index=True)
    found.loc[found["kind"].isin(["real", "control"]), "generator"] = -1
    return found


def resample(x, y):
    """Return an arm that draws the faces of each seed with replacement."""

    def train(rng):
        rows = rng.integers(len(y), size=len(y))
        return x[rows], y[rows]

    return train


def verdicts(make, repeats):
    return [
        answer(predictions(*make(np.random.default_rng(seed))), [], QUICK)["verdict"]
        for seed in range(repeats)
    ]


def two_halves(rng):
    x, y, owner = people(40, rng)
    first = owner < 20
    one, other = resample(x[first], y[first]), resample(x[~first], y[~first])
    return {"real": one, CONTROL: one, TOPPED: other}, rng


def shuffled(rng):
    x, y, _ = people(20, rng)
    made, label, _ = people(20, rng)

    def mixed(rng):
        return np.concatenate([x, made]), np.concatenate([y, rng.permutation(label)])

    return {"real": resample(x, y), CONTROL: resample(x, y), TOPPED: mixed}, rng


def helpful(rng):
    x, y, _ = people(3, rng)
    more, label, _ = people(60, rng)
    whole = np.concatenate([x, more]), np.concatenate([y, label])
    return {"real": resample(x, y), CONTROL: resample(x, y), TOPPED: resample(*whole)}, rng


@pytest.mark.slow
def test_two_halves_of_real_people_show_no_evidence_in_95_of_100_runs():
    found = verdicts(two_halves, 40)
    calm = sum(v in {rule.NO_EVIDENCE, rule.EQUIVALENT} for v in found)
    assert calm >= 0.95 * len(found), found


def test_shuffled_labels_are_never_useful():
    assert rule.USEFUL not in verdicts(shuffled, 8)


def test_many_more_people_are_found_useful():
    """So that the two tests above could fail."""
    assert verdicts(helpful, 3).count(rule.USEFUL) >= 2
