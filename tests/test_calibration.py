"""Probabilities of the kept classifiers: what they say is how often they are right."""

from typing import Any

import numpy as np
import pytest
from conftest import write_features
from scipy.special import softmax

from depthfaces import params
from depthfaces.classify import left_out as leaving
from depthfaces.classify.arms import Arm
from depthfaces.classify.calibration import (
    MIN_ACCURACY,
    Calibrator,
    class_margins,
    confidence_threshold,
    reliability_report,
)
from depthfaces.classify.keep import fit_calibration
from depthfaces.classify.kept import calibrated_probabilities
from depthfaces.classify.protocol import Job, fit
from depthfaces.classify.sets import Sets
from depthfaces.depth.crop import Window
from depthfaces.depth.prepare import prepare
from depthfaces.features.store import FeatureSet, describe, open_all
from depthfaces.report import tables
from depthfaces.sources import virtual

SETTINGS = params.load().model_copy(update={"threads": 1})
REAL = Job(Arm("real"), "svm")


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Sets:
    folder = tmp_path_factory.mktemp("features")
    write_features(folder)
    return open_all(folder)


def planted(count: int, slope: float, biases: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """Return margins whose true probabilities are softmax(slope * margins + biases)."""
    rng = np.random.default_rng(1)
    found = rng.normal(0, 2, (count, len(biases)))
    shares = softmax(slope * found + np.array(biases), axis=1)
    return found, (shares.cumsum(axis=1) > rng.random((count, 1))).argmax(axis=1)


def test_a_planted_slope_and_its_biases_are_found() -> None:
    found, y = planted(20000, 0.7, [0.5, 0.0, -0.5])
    calibrator = Calibrator.fit(found, y)
    assert calibrator.slope == pytest.approx(0.7, abs=0.03)
    assert np.diff(calibrator.biases) == pytest.approx([-0.5, -0.5], abs=0.06)
    assert reliability_report(calibrator.probabilities(found), y)["ece"] < 0.01
    assert reliability_report(softmax(3 * found, axis=1), y)["ece"] > 0.1


def test_margins_in_another_unit_mean_the_same() -> None:
    found, y = planted(500, 0.7, [0.5, 0.0, -0.5])
    ours = Calibrator.fit(found, y).probabilities(found)
    other = Calibrator.fit(1000 * found, y).probabilities(1000 * found)
    assert np.allclose(ours, other, atol=1e-3)


def test_margins_that_tell_nothing_leave_the_shares_of_the_classes() -> None:
    y = np.repeat([0, 1], [75, 25])
    calibrator = Calibrator.fit(np.zeros((100, 2)), y)
    assert calibrator.probabilities(np.zeros((1, 2)))[0] == pytest.approx([0.75, 0.25], abs=0.01)


def test_the_error_is_the_mean_gap_of_the_bins() -> None:
    """Four faces at .85, three right: .10 off; one at .60, wrong: .60 off; (4 .1 + .6) / 5."""
    shares = np.array([[0.85, 0.15]] * 4 + [[0.4, 0.6]])
    found = reliability_report(shares, np.array([0, 0, 0, 1, 0]))
    assert found["ece"] == pytest.approx((4 * 0.1 + 0.6) / 5)
    assert [part["faces"] for part in found["bins"]] == [1, 4]
    assert [part["right"] for part in found["bins"]] == pytest.approx([0, 0.75])
    assert [(part["from"], part["to"]) for part in found["bins"]] == [(0.6, 0.7), (0.8, 0.9)]
    assert reliability_report(np.eye(2), np.array([0, 1]))["ece"] == 0


def test_exact_probabilities_are_as_far_off_as_chance_makes_them() -> None:
    found, _ = planted(400, 0.7, [0.5, 0.0, -0.5])
    shares = softmax(0.7 * found + np.array([0.5, 0.0, -0.5]), axis=1)
    rng = np.random.default_rng(0)
    told = [
        reliability_report(shares, (shares.cumsum(axis=1) > rng.random((400, 1))).argmax(axis=1))
        for _ in range(200)
    ]
    assert np.mean([one["ece"] for one in told]) == pytest.approx(told[0]["by_chance"], rel=0.1)


def test_answers_are_given_from_where_they_are_right_often_enough() -> None:
    top = np.repeat([0.55, 0.7, 0.9], 10)
    shares = np.stack([top, 1 - top], axis=1)
    y = np.ones(30, int)
    y[:5], y[10:17], y[20:] = 0, 0, 0  # right: 5, 7 and 10 of 10
    assert MIN_ACCURACY == 0.6
    assert confidence_threshold(shares, y) == 0.7
    assert confidence_threshold(shares, np.ones(30, int)) == 1.0


def test_the_svms_own_answers_are_not_changed(sets: Sets) -> None:
    """Calibration stands beside the experiment: what `predict` says stays votes over heat."""
    model, test = fit(REAL, sets, SETTINGS), sets["real"].part("test")
    assert np.array_equal(model.predict(test.x), softmax(model.scores(test.x) / model.heat, axis=1))
    soft = class_margins(model, test.x)
    assert np.abs(soft).max() <= 1
    assert np.allclose(soft.sum(axis=1), 0, atol=1e-9)


def test_each_person_is_left_out_once_and_never_learned_from(
    sets: Sets, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, seen = sets["real"], []

    def spy(job: Job, found: Sets, settings: params.Params) -> Any:
        left = set(real.subject) - set(found["real"].subject)
        assert left
        assert left.isdisjoint(found["augmented"].subject)
        assert {"train", "validation"} <= set(found["real"].split)
        seen.extend(left)
        return fit(job, found, settings)

    monkeypatch.setattr(leaving, "fit", spy)
    found = leaving.left_out_margins(REAL, sets, SETTINGS)
    assert found is not None
    known = set(real.part("train").subject) | set(real.part("validation").subject)
    assert sorted(seen) == sorted(known)
    assert found.people == len(known) == 9
    assert len(found.y) == len(found.margins) == int((real.split != "test").sum())


def few(sets: Sets, people: int) -> Sets:
    """Return the sets with only so many train people, one validation person, and all of test."""
    real = sets["real"]
    names = [np.unique(real.part(part).subject)[:count] for part, count in
             (("train", people), ("validation", 1), ("test", 99))]  # fmt: skip
    rows = np.isin(real.subject, np.concatenate(names))
    return {"real": real.pick(rows)}


def test_too_few_people_are_not_calibrated(sets: Sets) -> None:
    assert fit_calibration(REAL, few(sets, 3), SETTINGS) is None
    told = fit_calibration(REAL, few(sets, 4), SETTINGS)
    assert told is not None
    assert told["people"] == 4  # the one who tunes is never left out
    model, test = fit(REAL, few(sets, 3), SETTINGS), sets["real"].part("test")
    assert np.array_equal(calibrated_probabilities(model, None, test.x), model.predict(test.x))


def test_a_class_that_one_person_shows_stays_in_training(
    sets: Sets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "FOLDS", 99)  # one person at a time
    real = sets["real"]
    first = real.part("train").subject[0]
    rare = (real.label == "Surprise") & (real.split == "train") & (real.subject != first)
    told = fit_calibration(REAL, {"real": real.pick(~rare)}, SETTINGS)
    assert told is not None
    assert told["people"] == 8


def test_the_page_says_how_far_the_probabilities_hold() -> None:
    bins = [
        {"from": 0.6, "to": 0.7, "faces": 40, "said": 0.652, "right": 0.625},
        {"from": 0.9, "to": 1.0, "faces": 25, "said": 0.96, "right": 1.0},
    ]
    one = {
        "ece": 0.032,
        "by_chance": 0.021,
        "faces": 65,
        "people": 7,
        "bins": bins,
        "calibrated": True,
    }
    found = tables.certainty_table({"kept": {"svm": one, "cnn": one | {"calibrated": False}}})
    assert found is not None
    assert found["names"] == ["SVM", "Small CNN"]
    assert found["rows"][0] == {"said": "60 to 70 %", "cells": ["62 % of 40"] * 2}
    sentence = found["sentences"][0]
    assert sentence.startswith("SVM: of the 40 faces that it was 65 % sure of")
    assert "62 % were right; over all 65 faces of 7 held-out people" in sentence
    assert "3.2 points off" in sentence
    assert "chance would still make it about 2.1." in sentence
    assert "Too few people" in found["sentences"][1]
    assert tables.certainty_table({"real": {}}) is None


@pytest.fixture(scope="module")
def people() -> Sets:
    """Features of 90 virtual people, 3 frames an emotion; half of them are test people."""
    camera = SETTINGS.data.virtual.model_copy(update={"subjects": 90, "frames": 3})
    settings = SETTINGS.preprocess
    window = Window(settings.size, settings.crop, settings.front, settings.back)
    x, rows = [], []
    for frames, told in virtual.people_frames(camera, SETTINGS.seed):
        faces = prepare(
            list(frames),
            [camera.focal] * len(frames),
            window,
            settings.confidence,
            settings.frontalise,
        )
        pairs = [(face.image, row) for face, row in zip(faces, told, strict=True)]
        kept = [(image, row) for image, row in pairs if image is not None]
        x.append(describe(np.stack([image for image, _ in kept]), SETTINGS.features).x)
        rows += [row for _, row in kept]
    names, labels, subjects = (
        np.array([row[key] for row in rows]) for key in ("id", "label", "subject")
    )
    number = subjects.astype(int)
    split = np.select([number < 36, number < 45], ["train", "validation"], "test")
    columns = np.concatenate(x)
    stops = np.array([columns.shape[1]])
    return {
        "real": FeatureSet(
            columns, names, labels, subjects, subjects, split, np.array(["all"]), stops
        )
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", ["svm", "xgboost"])
def test_of_virtual_people_never_seen_as_many_are_right_as_is_said(name: str, people: Sets) -> None:
    """945 faces of 45 people: with exact probabilities chance alone makes about .02 of it."""
    job, test = Job(Arm("real"), name), people["real"].part("test")
    calibration = fit_calibration(job, people, SETTINGS)
    assert calibration is not None
    assert calibration["people"] == 45
    shares = calibrated_probabilities(fit(job, people, SETTINGS), calibration, test.x)
    y = np.searchsorted(sorted(set(test.label)), test.label)
    found = reliability_report(shares, y)
    assert found["ece"] <= 0.05
    given = shares.max(axis=1) >= calibration["sure_from"]
    right = shares.argmax(axis=1) == y
    assert given.mean() > 0.4
    assert right[given].mean() > 0.75
    assert right[~given].mean() < 0.55
