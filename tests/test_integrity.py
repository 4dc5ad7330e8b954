"""What the whole experiment must never say, on planted people and real classifiers."""

import numpy as np
import pandas as pd
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from depthfaces import params
from depthfaces.utility import verdict
from depthfaces.utility.answer import answer

LABELS = np.array(["a", "b", "c"])
SETTINGS = params.load()
QUICK = SETTINGS.model_copy(
    update={"compare": SETTINGS.compare.model_copy(update={"bootstrap": 400})}
)
SEEDS, TEST, D = 6, 12, 6


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
                known = {"arm": name, "model": "lda", "seed": seed, "part": part}
                rows = pd.DataFrame({"subject": [f"{part}{k}" for k in owner], "label": LABELS[y]})
                rows["id"] = [f"{part}{k}" for k in range(len(y))]
                rows["predicted"] = LABELS[shares.argmax(axis=1)]
                rows[[f"p_{label}" for label in LABELS]] = shares
                frames.append(rows.assign(**known))
    found = pd.concat(frames, ignore_index=True)
    extra = found[(found["arm"] == "real") & (found["part"] == "test")]
    alone = found[found["arm"] == "real"].assign(arm="synthetic")
    return pd.concat([found, alone, extra.assign(part="synthetic")], ignore_index=True)


def resample(x, y):
    """Return an arm that draws the faces of each seed with replacement."""

    def train(rng):
        rows = rng.integers(len(y), size=len(y))
        return x[rows], y[rows]

    return train


def verdicts(make, repeats):
    return [
        answer(predictions(*make(np.random.default_rng(seed))), True, 200, QUICK)["verdict"]
        for seed in range(repeats)
    ]


def two_halves(rng):
    x, y, owner = people(40, rng)
    first = owner < 20
    one, other = resample(x[first], y[first]), resample(x[~first], y[~first])
    return {"real": one, "augmented@1": one, "mixed@1": other}, rng


def shuffled(rng):
    x, y, _ = people(20, rng)
    made, label, _ = people(20, rng)

    def mixed(rng):
        return np.concatenate([x, made]), np.concatenate([y, rng.permutation(label)])

    return {"real": resample(x, y), "oversampled@1": resample(x, y), "mixed@1": mixed}, rng


def helpful(rng):
    x, y, _ = people(3, rng)
    more, label, _ = people(60, rng)
    whole = np.concatenate([x, more]), np.concatenate([y, label])
    return {"real": resample(x, y), "augmented@1": resample(x, y), "mixed@1": resample(*whole)}, rng


@pytest.mark.slow
def test_two_halves_of_real_people_show_no_evidence_in_95_of_100_runs():
    found = verdicts(two_halves, 40)
    calm = sum(v in {verdict.NO_EVIDENCE, verdict.EQUIVALENT} for v in found)
    assert calm >= 0.95 * len(found), found


def test_shuffled_labels_are_never_useful():
    assert verdict.USEFUL not in verdicts(shuffled, 8)


def test_many_more_people_are_found_useful():
    """So that the two tests above could fail."""
    assert verdicts(helpful, 3).count(verdict.USEFUL) >= 2
