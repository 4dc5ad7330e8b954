"""Classifiers, arms, scores and the protocol."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from conftest import write_features
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import f_classif
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    precision_score,
    recall_score,
    roc_auc_score,
)
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from depthfaces import files, params
from depthfaces.classify import arms, kept, pooled, protocol, scores
from depthfaces.classify import sets as preparing
from depthfaces.classify.columns import fisher_scores, most_discriminative_columns
from depthfaces.classify.family import CLASSIFIERS
from depthfaces.classify.forest import Forest
from depthfaces.classify.sample import Sample
from depthfaces.classify.svm import Svm
from depthfaces.classify.temperature import fit_temperature
from depthfaces.errors import DataError, IntegrityError, ParamsError
from depthfaces.features.store import open_all
from depthfaces.schema import Classify
from depthfaces.verdict.arm import Arm
from depthfaces.verdict.predictions import COLUMNS, STEPS, by_arm
from stages import classify as stage

SETTINGS = params.load()
QUICK = SETTINGS.model_copy(
    update={
        "threads": 1,
        "classify": SETTINGS.classify.model_copy(
            update={
                "models": ["svm"],
                "seeds": 2,
                "doses": [0.5, 1.0],
                "forest_trees": 20,
                "cnn_epochs": 30,
                "cnn_width": 8,
                "net_steps": 60,
                "net_width": 8,
                "net_members": 1,
            }
        ),
    }
)


def blobs(n: int, classes: int, seed: int) -> Sample:
    rng = np.random.default_rng(seed)
    y = np.arange(n) % classes
    return Sample(rng.normal(3 * np.eye(classes, 8)[y], 0.5).astype(np.float32), y)


def squares(n: int, classes: int, seed: int) -> Sample:
    """Return grey 16 x 16 images with a bright square, whose height says the class."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % classes
    images = rng.normal(80, 15, (n, 16, 16))
    for image, target in zip(images, y, strict=True):
        image[4 * target : 4 * target + 4, 6:10] += 120
    return Sample(images.clip(0, 255).astype(np.uint8).reshape(n, -1), y)


# All but `fused`, which knows emotions of depth faces alone and has its own tests.
OF_ANY_FACES = [name for name in CLASSIFIERS if name != "fused"]


def planted(name: str, classes: int) -> list[Sample]:
    """Return train, validation and test samples of planted classes for one classifier."""
    make = squares if CLASSIFIERS[name].view == "pixels" else blobs
    return [make(n, classes, n) for n in (120, 40, 60)]


@pytest.mark.parametrize("name", OF_ANY_FACES)
@pytest.mark.parametrize("classes", [2, 4])
def test_classifiers_find_planted_classes_and_repeat(name, classes):
    train, validation, test = planted(name, classes)
    model = CLASSIFIERS[name].fit(train, validation, 5, QUICK.classify)
    found = model.predict(test.x)
    assert found.shape == (60, classes)
    assert np.allclose(found.sum(axis=1), 1, atol=1e-6)
    assert np.mean(found.argmax(axis=1) == test.y) > 0.9
    again = CLASSIFIERS[name].fit(train, validation, 5, QUICK.classify)
    assert np.array_equal(found, again.predict(test.x))


@pytest.mark.parametrize("name", OF_ANY_FACES)
def test_stored_classifiers_predict_the_same_bit_for_bit(name, tmp_path):
    train, validation, test = planted(name, 3)
    model = CLASSIFIERS[name].fit(train, validation, 5, QUICK.classify)
    for place in ("one", "two"):
        model.save(tmp_path / place)
    loaded = CLASSIFIERS[name].load(tmp_path / "one")
    assert np.array_equal(model.predict(test.x), loaded.predict(test.x))
    assert np.array_equal(model.predict(test.x)[:1], model.predict(test.x[:1]))
    for file in (tmp_path / "one").iterdir():
        assert file.suffix in {".npz", ".ubj", ".json", ".safetensors"}
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_machines_scores_are_scikit_learns(classes):
    rng = np.random.default_rng(0)
    train, test = (Sample(x + rng.normal(0, 2, x.shape), y) for x, y, *_ in
                   (blobs(n, classes, n) for n in (150, 60)))  # fmt: skip
    ours = Svm.fit(train, test, 0, QUICK.classify)
    scaler = StandardScaler().fit(train.x)
    scaled, asked = (scaler.transform(part.x).clip(-3, 3) for part in (train, test))
    oracle = SVC(C=QUICK.classify.svm_cost, gamma=1 / 8).fit(scaled, train.y)
    expected = oracle.decision_function(asked)
    if classes == 2:
        expected = np.stack([-expected, expected], axis=1)
    assert np.allclose(ours.scores(test.x), expected, atol=1e-3)


def test_a_column_that_hardly_varied_does_not_decide_alone():
    train, test = blobs(120, 3, 1), blobs(60, 3, 2)
    quiet = np.random.default_rng(0).normal(0, 1e-4, (120, 1))
    known = Sample(np.hstack([train.x, quiet]), train.y)
    model = Svm.fit(known, known, 0, QUICK.classify)
    asked = np.hstack([test.x, np.ones((60, 1))])
    assert np.mean(model.predict(asked).argmax(axis=1) == test.y) > 0.9


def test_the_scaler_sees_train_only():
    train, validation = blobs(60, 3, 1), blobs(30, 3, 2)
    fitted = Svm.fit(train, Sample(validation.x + 100, validation.y), 0, QUICK.classify)
    assert np.allclose(fitted.mean, train.x.mean(axis=0), atol=1e-5)
    assert np.allclose(fitted.scale, train.x.std(axis=0), rtol=1e-4)


@pytest.mark.parametrize("count", [3, 8])
def test_trees_from_arrays_are_scikit_learns(count):
    train, test = blobs(120, 3, 1), blobs(60, 3, 2)
    columns = most_discriminative_columns(train, count)
    assert len(columns) == count
    oracle = RandomForestClassifier(20, random_state=9).fit(train.x[:, columns], train.y)
    ours = Forest.fit(train, test, 9, QUICK.classify.model_copy(update={"xgb_columns": count}))
    expected = oracle.predict_proba(test.x[:, columns])
    assert np.allclose(ours.predict(test.x), expected, atol=1e-12)


def test_models_in_params_are_those_of_the_dict():
    listed = get_args(get_args(Classify.model_fields["models"].annotation)[0])
    assert set(listed or get_args(Classify.model_fields["models"].annotation)) == set(CLASSIFIERS)


def test_separation_ranks_columns_as_anova_does():
    sample = blobs(90, 3, 0)
    x = sample.x.copy()
    x[:, 5] = 7  # does not vary
    ours = fisher_scores(Sample(x, sample.y))
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
    assert fit_temperature(scores_, y) == pytest.approx(2.5, rel=0.05)


def keys(doses, sets) -> list[str]:
    return [arm.key for arm in arms.plan_arms(doses, sets)]


def test_plan_has_each_arm_once_and_the_same_doses_for_controls(sets):
    expected = [
        *("real", "control repeated@0.5", "control repeated@1"),
        *("control augmented@0.5", "control augmented@1"),
        *("added synthetic@0.5", "added synthetic@1"),
        *("topped synthetic@0.5", "topped synthetic@1"),
        *("shuffled synthetic@1", "alone synthetic@1", "alone kde@1", "topped kde@0.5"),
    ]
    assert keys([0.5, 1.0], sets) == expected
    posed = keys([1.0], sets | {"posed": sets["augmented"]})
    assert "control posed@1" in posed
    assert not any(key.startswith("topped posed") for key in posed)


def test_draw_uses_each_face_once_before_any_twice():
    sample = Sample(np.arange(10.0)[:, None], np.array([0] * 4 + [1] * 6))
    drawn = arms.draw_faces(sample, np.array([10, 3]), np.random.default_rng(0))
    times = np.bincount(drawn.x[:, 0].astype(int), minlength=10)
    assert sorted(times[:4]) == [2, 2, 3, 3]
    assert sorted(times[4:]) == [0, 0, 0, 1, 1, 1]
    assert drawn.y.tolist() == [0] * 10 + [1] * 3
    assert len(arms.draw_faces(sample, np.array([0, 2]), np.random.default_rng(0)).y) == 2


def test_build_by_kind_of_arm():
    real, fake, changed = (blobs(n, 3, n) for n in (30, 60, 90))
    samples = {"real": real, "synthetic": fake, "augmented": changed}

    def built(*arm):
        return arms.build(
            Arm(*arm), Arm("control", "augmented", 2.0), samples, np.random.default_rng(0)
        )

    def rows(sample):
        return {row.tobytes() for row in sample.x}

    assert np.array_equal(built("real").x, real.x)
    assert np.array_equal(np.bincount(built("added", "synthetic", 0.5).y), [15, 15, 15])
    assert rows(built("alone", "synthetic", 1.0)) <= rows(fake)
    doubled = built("control", "repeated", 1.0)
    assert np.array_equal(np.sort(doubled.x, axis=0)[::2], np.sort(real.x, axis=0))
    topped = built("topped", "synthetic", 1.0)
    assert np.array_equal(topped.x[:30], real.x)
    assert rows(Sample(topped.x[30:90], None)) <= rows(changed)
    assert rows(Sample(topped.x[90:], None)) <= rows(fake)
    assert len(topped.x) == 30 * (1 + 2 + 1)


def test_shuffled_labels_keep_their_number_and_touch_no_real_face():
    real, fake = blobs(30, 3, 1), blobs(60, 3, 2)
    samples = {"real": real, "synthetic": fake}
    arm = Arm("shuffled", "synthetic", 2.0)
    built = arms.build(arm, Arm("control", "augmented", 1.0), samples, np.random.default_rng(0))
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
    for ours, oracle in (
        (scores.recall, recall_score),
        (scores.precision, precision_score),
        (scores.f1, f1_score),
    ):
        assert np.allclose(ours(matrix), oracle(label, predicted, average=None))


def test_area_under_the_curve_is_scikit_learns():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 200)
    shares = np.round(rng.dirichlet(np.ones(3) + 0.5 * np.eye(3)[y].mean(0), 200), 2)
    for k, area in enumerate(scores.roc_auc(shares, y)):
        assert area == pytest.approx(roc_auc_score(y == k, shares[:, k]))
    assert np.isnan(scores.roc_auc(shares, np.zeros(200, int))).all()
    assert scores.roc_auc(np.eye(3)[y], y) == pytest.approx(1)


def test_geometric_means_by_hand():
    """P = .8, R = .5: G-measure .6325. Sensitivity .5, specificity .9: G-mean .6708."""
    assert scores.g_measure(np.array([[4, 4], [1, 0]]))[0] == pytest.approx(0.632455532)
    assert scores.g_mean(np.array([[5, 5], [1, 9]]))[0] == pytest.approx(0.670820393)
    assert scores.g_measure(np.array([[0, 3], [0, 2]]))[0] == 0


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
    return protocol.predictions({"features": sets}, QUICK)


def test_the_table_has_its_columns_and_says_whose_face(sets, found):
    assert tuple(found.columns[: len(COLUMNS)]) == COLUMNS
    real = sets["real"]
    owner = dict(zip(real.id, real.people(), strict=True))
    rows = found[found["part"] == "test"]
    assert (rows["person"] == rows["id"].map(owner)).all()
    generated = found["source"].isin(["synthetic", "kde"])
    assert (found["generator"] == np.where(generated, 0, -1)).all()


def test_near_copies_of_nobody_known_count_as_one_person(sets):
    group = np.where(np.arange(len(sets["real"])) % 2, "g", sets["real"].group)
    real = replace(sets["real"], subject=np.full(len(group), ""), group=group)
    assert len(np.unique(real.people())) == len(np.unique(group))


def test_only_held_out_people_are_tested_and_no_synthetic_face(sets, found):
    real = sets["real"]
    for part in ("validation", "test"):
        rows = found[found["part"] == part]
        assert set(rows["id"]) == set(real.part(part).id)
        assert set(rows["person"]).isdisjoint(real.part("train").subject)
    assert set(found["part"]) == {"validation", "test", "synthetic", "kde", "leaky"}
    for part in ("synthetic", "kde"):
        assert set(found.loc[found["part"] == part, "kind"]) == {"real"}
    assert not set(found.loc[found["part"] == "leaky", "id"]) & set(real.part("test").id)


def test_every_arm_model_run_answers_for_every_face(sets, found):
    for part in ("validation", "test"):
        rows = found[found["part"] == part]
        each = by_arm(rows)
        assert [arm.key for arm in each] == keys([0.5, 1.0], sets)
        for one in each.values():
            assert (set(one["people"]), one["seed"].nunique()) == ({6}, 2)
            assert set(one.groupby("seed")["id"].nunique()) == {len(sets["real"].part(part))}


@pytest.fixture
def fitted_rows(monkeypatch) -> list[set[bytes]]:
    """Return a list that gets the rows of each SVM's train faces."""
    seen = []

    class Spy(Svm):
        @classmethod
        def fit(cls, train, validation, seed, settings):
            seen.append({row.tobytes() for row in train.x})
            return super().fit(train, validation, seed, settings)

    monkeypatch.setitem(CLASSIFIERS, "svm", Spy)
    return seen


def test_the_published_protocol_holds_a_fifth_of_the_pool_out(sets, found):
    leaked = found[found["part"] == "leaky"]
    sizes = leaked.groupby(["kind", "source"])["id"].nunique().to_dict()
    assert sizes == {
        (kind, source): 36 + extra
        for source in ("synthetic", "kde")
        for kind, extra in (("leaky-alone", 0), ("leaky-added", 15))
    }
    added = leaked[leaked["kind"] == "leaky-added"]
    known = {person for person in added["person"] if not person.startswith("face:")}
    assert known <= set(sets["real"].part("train").subject)


def test_a_random_split_has_shares_of_every_class():
    labels = np.array(["a"] * 50 + ["b"] * 20)
    parts = pooled.split(labels, np.random.default_rng(0))
    assert [len(part) for part in parts] == [14, 6, 50]
    assert sorted(np.concatenate(parts)) == list(range(70))
    assert [np.sum(labels[part] == "b") for part in parts] == [4, 2, 14]


def test_stored_probabilities_are_thousandths_and_agree_with_the_answer(found):
    columns = [name for name in found if name.startswith("p_")]
    total = found[columns].sum(axis=1)
    assert np.all(np.abs(total - STEPS) <= len(columns) / 2)
    called = found.apply(lambda row: row[f"p_{row['predicted']}"], axis=1)
    assert np.all(called == found[columns].max(axis=1))


def test_threads_change_nothing(sets, found):
    two = protocol.predictions({"features": sets}, QUICK.model_copy(update={"threads": 2}))
    pd.testing.assert_frame_equal(two, found)


def test_nothing_fitted_sees_validation_or_test(sets, fitted_rows):
    protocol.predictions({"features": sets}, QUICK)
    held = sets["real"].pick(sets["real"].split != "train")
    assert len(fitted_rows) == len(arms.plan_arms([0.5, 1.0], sets)) * 2 + 4
    assert not set.union(*fitted_rows) & {row.tobytes() for row in held.x}


def test_a_planted_test_face_sets_off_the_alarm(sets):
    fake, test = sets["synthetic"], sets["real"].part("test")
    planted = replace(fake, x=np.concatenate([fake.x[:-1], test.x[:1]]))
    with pytest.raises(IntegrityError, match=r"synthetic\.npz: a face equals a held-out"):
        preparing.check_splits(sets | {"synthetic": planted})


def test_changed_faces_of_test_people_are_refused(sets):
    fake = sets["synthetic"]
    split = fake.split.astype("U9")
    split[3] = "test"
    with pytest.raises(IntegrityError, match=r"augmented\.npz: expected no face in the split test"):
        preparing.check_splits(sets | {"augmented": replace(fake, split=split)})


def test_a_person_in_two_splits_is_refused(sets):
    real = sets["real"]
    split = real.split.copy()
    split[np.flatnonzero(split == "test")[0]] = "train"
    with pytest.raises(IntegrityError, match=r"subject 003 is in train and in test"):
        preparing.check_splits(sets | {"real": replace(real, split=split)})


def test_an_empty_split_is_refused(sets):
    real = sets["real"]
    with pytest.raises(DataError, match="faces in the split validation, found none"):
        preparing.check_splits(sets | {"real": real.pick(real.split != "validation")})


def test_a_set_without_a_class_is_refused(sets):
    fake = sets["synthetic"]
    with pytest.raises(DataError, match=r"synthetic: .*Surprise"):
        few = fake.pick(fake.label != "Surprise")
        protocol.predictions({"features": sets | {"synthetic": few}}, QUICK)


def test_stage_writes_predictions_scores_and_classifiers(tmp_path, monkeypatch):
    write_features(tmp_path / "features")
    both = {"models": ["svm", "cnn"], "seeds": 1, "cnn_epochs": 1}
    settings = QUICK.classify.model_copy(update=both)
    monkeypatch.setattr(params, "load", lambda: QUICK.model_copy(update={"classify": settings}))
    for name in ("out", "again"):
        place = tmp_path / name
        stage.main(
            tmp_path / "features",
            place / "predictions.csv",
            place / "scores.json",
            place / "models",
        )
    written = [path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*.*")]
    assert len(written) == 2 + 2 + 1 + 2
    for name in written:
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    rows = pd.read_csv(tmp_path / "out" / "predictions.csv", dtype={"person": str})
    real = rows[(rows["kind"] == "real") & (rows["part"] == "test") & (rows["people"] == 6)]
    real = real[real["model"] == "svm"]
    told = files.read_json(tmp_path / "out" / "scores.json")
    written = told["real"]["svm"]["test"]
    assert written["accuracy"]["mean"] == pytest.approx(np.mean(real["label"] == real["predicted"]))
    assert np.sum(written["confusion"]) == len(real)
    stored = kept.load(tmp_path / "out" / "models", "")
    likes = {name: one["validation_macro_f1"] for name, one in stored.config["models"].items()}
    assert stored.name == max(likes, key=likes.get)
    asked = [arm for arm in told if not arm.startswith(("leaky", "shuffled", "kept"))]
    best = {arm: told[arm]["svm"]["validation"]["macro_f1"]["mean"] for arm in asked}
    assert likes["svm"] == pytest.approx(max(best.values()))


def test_an_unknown_classifier_lists_those_that_are_kept(tmp_path):
    with pytest.raises(DataError, match="dvc repro classify"):
        kept.load(tmp_path, "")
    files.write_json(tmp_path / "config.json", {"models": {"svm": {}, "tree": {}}})
    with pytest.raises(ParamsError, match="expected one of svm, tree, found 'oak'"):
        kept.load(tmp_path, "oak")
