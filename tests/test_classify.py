"""Classifiers, arms, scores and the protocol."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from conftest import write_features
from sklearn.feature_selection import f_classif
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, recall_score

from depthfaces import files, params
from depthfaces.classify import CLASSIFIERS, arms, protocol, scores
from depthfaces.classify.arms import Arm
from depthfaces.classify.sample import Sample
from depthfaces.classify.svm import temperature
from depthfaces.classify.xgboost import separation
from depthfaces.errors import DataError, IntegrityError
from depthfaces.features.store import open_all
from depthfaces.schema import Classify
from stages import classify as stage

SETTINGS = params.load()
QUICK = SETTINGS.model_copy(
    update={
        "threads": 1,
        "classify": SETTINGS.classify.model_copy(
            update={"models": ["svm"], "seeds": 2, "ratios": [0.5, 1.0], "forest_trees": 20}
        ),
    }
)


def blobs(n: int, classes: int, seed: int) -> Sample:
    rng = np.random.default_rng(seed)
    y = np.arange(n) % classes
    return Sample(rng.normal(3 * np.eye(classes, 8)[y], 0.5).astype(np.float32), y)


@pytest.mark.parametrize("name", CLASSIFIERS)
@pytest.mark.parametrize("classes", [2, 4])
def test_classifiers_find_planted_classes_and_repeat(name, classes):
    train, validation, test = (blobs(n, classes, n) for n in (120, 40, 60))
    found = CLASSIFIERS[name](train, validation, test.x, 5, QUICK.classify)
    assert found.shape == (60, classes)
    assert np.allclose(found.sum(axis=1), 1, atol=1e-6)
    assert np.mean(found.argmax(axis=1) == test.y) > 0.9
    again = CLASSIFIERS[name](train, validation, test.x, 5, QUICK.classify)
    assert np.array_equal(found, again)


def test_models_in_params_are_those_of_the_dict():
    listed = get_args(get_args(Classify.model_fields["models"].annotation)[0])
    assert set(listed or get_args(Classify.model_fields["models"].annotation)) == set(CLASSIFIERS)


def test_separation_ranks_columns_as_anova_does():
    sample = blobs(90, 3, 0)
    x = sample.x.copy()
    x[:, 5] = 7  # does not vary
    ours = separation(Sample(x, sample.y))
    varied = np.arange(8) != 5
    oracle = f_classif(x[:, varied].astype(float), sample.y)[0]
    assert np.allclose(ours[varied] * (90 - 3) / (3 - 1), oracle, rtol=1e-6)
    assert ours[5] == 0


def test_temperature_finds_the_heat_that_made_the_labels():
    rng = np.random.default_rng(0)
    scores_ = rng.normal(0, 3, (20000, 4))
    heated = np.exp(scores_ / 2.5)
    heated /= heated.sum(axis=1, keepdims=True)
    y = (heated.cumsum(axis=1) > rng.random((20000, 1))).argmax(axis=1)
    assert temperature(scores_, y) == pytest.approx(2.5, rel=0.05)


def test_plan_has_each_arm_once_and_controls_at_each_ratio():
    names = [arm.name for arm in arms.plan([0.5, 1.0], ["gan", "kde"])]
    assert names == [
        *("real", "synthetic", "mixed@0.5", "mixed@1", "oversampled@0.5", "oversampled@1"),
        *("augmented@0.5", "augmented@1", "shuffled", "mixed-gan", "mixed-kde"),
    ]


def test_draw_uses_each_face_once_before_any_twice():
    sample = Sample(np.arange(10.0)[:, None], np.array([0] * 4 + [1] * 6))
    drawn = arms.draw(sample, np.array([10, 3]), np.random.default_rng(0))
    times = np.bincount(drawn.x[:, 0].astype(int), minlength=10)
    assert sorted(times[:4]) == [2, 2, 3, 3]
    assert sorted(times[4:]) == [0, 0, 0, 1, 1, 1]
    assert drawn.y.tolist() == [0] * 10 + [1] * 3
    assert len(arms.draw(sample, np.array([0, 2]), np.random.default_rng(0)).y) == 2


def test_build_by_kind_of_arm():
    real, fake = blobs(30, 3, 1), blobs(60, 3, 2)
    samples = {"real": real, "synthetic": fake}
    rng = np.random.default_rng(0)
    alone = arms.build(Arm("real"), samples, rng)
    assert np.array_equal(alone.x, real.x)
    mixed = arms.build(Arm("mixed", source="synthetic", ratio=0.5), samples, rng)
    assert np.array_equal(np.bincount(mixed.y), [15, 15, 15])
    only = arms.build(Arm("synthetic", real=False, source="synthetic", ratio=1.0), samples, rng)
    assert {row.tobytes() for row in only.x} <= {row.tobytes() for row in fake.x}
    doubled = arms.build(Arm("oversampled", source="real", ratio=1.0), samples, rng)
    assert np.array_equal(np.sort(doubled.x, axis=0)[::2], np.sort(real.x, axis=0))


def test_shuffled_labels_keep_their_number_and_touch_no_real_face():
    real, fake = blobs(30, 3, 1), blobs(60, 3, 2)
    arm = Arm("shuffled", source="synthetic", ratio=2.0, shuffled=True)
    built = arms.build(arm, {"real": real, "synthetic": fake}, np.random.default_rng(0))
    assert np.array_equal(built.y[:30], real.y)
    assert np.array_equal(np.bincount(built.y[30:]), [20, 20, 20])
    truth = {row.tobytes(): y for row, y in zip(fake.x, fake.y, strict=True)}
    right = [truth[row.tobytes()] == y for row, y in zip(built.x[30:], built.y[30:], strict=True)]
    assert np.mean(right) < 0.6


def test_scores_are_scikit_learns():
    rng = np.random.default_rng(0)
    names = np.array(["a", "b", "c"])
    label, predicted = names[rng.integers(0, 3, 200)], names[rng.integers(0, 3, 200)]
    matrix = scores.confusion(label, predicted, names)
    assert np.array_equal(matrix, confusion_matrix(label, predicted))
    assert scores.accuracy(matrix) == pytest.approx(accuracy_score(label, predicted))
    assert scores.macro_f1(matrix) == pytest.approx(f1_score(label, predicted, average="macro"))
    assert np.allclose(scores.recall(matrix), recall_score(label, predicted, average=None))


def test_a_class_without_faces_has_no_score():
    matrix = np.array([[3, 1, 0], [0, 4, 0], [0, 0, 0]])
    assert np.isnan(scores.recall(matrix)[2])
    assert scores.macro_f1(matrix) == pytest.approx((6 / 7 + 8 / 9) / 2)
    assert scores.spread(np.array([0.5, np.nan])) == {"mean": None, "sd": None}
    assert scores.spread(np.array([0.5])) == {"mean": 0.5, "sd": None}
    assert scores.spread(np.array([0.0, 1.0])) == {"mean": 0.5, "sd": pytest.approx(0.5**0.5)}


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("features")
    write_features(folder)
    return open_all(folder)


@pytest.fixture(scope="module")
def found(sets) -> pd.DataFrame:
    return protocol.predictions(sets, QUICK)


def test_only_held_out_people_are_tested_and_no_synthetic_face(sets, found):
    real = sets["real"]
    for part in ("validation", "test"):
        rows = found[found["part"] == part]
        assert set(rows["id"]) == set(real.part(part).id)
        assert set(rows["subject"]).isdisjoint(real.part("train").subject)
    assert set(found.loc[found["part"] == "synthetic", "arm"]) == {"real"}


def test_every_arm_model_seed_answers_for_every_face(sets, found):
    count = found[found["part"] == "test"].groupby(["arm", "model", "seed"])["id"].nunique()
    assert set(count) == {len(sets["real"].part("test"))}
    assert len(count) == len(arms.plan([0.5, 1.0], ["kde"])) * 2


def test_stored_probabilities_are_thousandths_and_agree_with_the_answer(found):
    columns = [name for name in found if name.startswith("p_")]
    total = found[columns].sum(axis=1)
    assert np.all(np.abs(total - protocol.STEPS) <= len(columns) / 2)
    called = found.apply(lambda row: row[f"p_{row['predicted']}"], axis=1)
    assert np.all(called == found[columns].max(axis=1))


def test_threads_change_nothing(sets, found):
    two = protocol.predictions(sets, QUICK.model_copy(update={"threads": 2}))
    pd.testing.assert_frame_equal(two, found)


def test_nothing_fitted_sees_validation_or_test(sets, monkeypatch):
    seen = []

    def spy(train, validation, x, seed, settings):
        seen.append({row.tobytes() for row in train.x})
        return np.tile(np.eye(3)[0], (len(x), 1))

    monkeypatch.setitem(CLASSIFIERS, "svm", spy)
    protocol.predictions(sets, QUICK)
    held = sets["real"].pick(sets["real"].split != "train")
    assert seen
    assert not set.union(*seen) & {row.tobytes() for row in held.x}


def test_a_planted_test_face_sets_off_the_alarm(sets):
    fake, test = sets["synthetic"], sets["real"].part("test")
    planted = replace(fake, x=np.concatenate([fake.x[:-1], test.x[:1]]))
    with pytest.raises(IntegrityError, match=r"synthetic\.npz: a face equals a held-out"):
        protocol.check(sets | {"synthetic": planted})


def test_a_person_in_two_splits_is_refused(sets):
    real = sets["real"]
    split = real.split.copy()
    split[np.flatnonzero(split == "test")[0]] = "train"
    with pytest.raises(IntegrityError, match=r"subject 003 is in train and in test"):
        protocol.check(sets | {"real": replace(real, split=split)})


def test_an_empty_split_is_refused(sets):
    real = sets["real"]
    with pytest.raises(DataError, match="faces in the split validation, found none"):
        protocol.check(sets | {"real": real.pick(real.split != "validation")})


def test_a_set_without_a_class_is_refused(sets):
    fake = sets["synthetic"]
    with pytest.raises(DataError, match=r"synthetic: .*Surprise"):
        protocol.predictions(sets | {"synthetic": fake.pick(fake.label != "Surprise")}, QUICK)


def test_stage_writes_predictions_and_their_scores(tmp_path, monkeypatch):
    write_features(tmp_path / "features")
    monkeypatch.setattr(params, "load", lambda: QUICK)
    for name in ("out", "again"):
        place = tmp_path / name
        stage.main(tmp_path / "features", place / "predictions.csv", place / "scores.json")
    for name in ("predictions.csv", "scores.json"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    rows = pd.read_csv(tmp_path / "out" / "predictions.csv", dtype={"subject": str})
    real = rows[(rows["arm"] == "real") & (rows["part"] == "test")]
    accuracy = [np.mean(run["label"] == run["predicted"]) for _, run in real.groupby("seed")]
    written = files.read_json(tmp_path / "out" / "scores.json")["real"]["svm"]["test"]
    assert written["accuracy"]["mean"] == pytest.approx(np.mean(accuracy))
    assert np.sum(written["confusion"]) == len(real)
