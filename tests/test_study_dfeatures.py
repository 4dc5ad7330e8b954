"""The study dfeatures: units, machines, folds, areas, sets, and the whole chapter."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import LABELS, same_files, tiny, write_faces
from ruamel.yaml import YAML

from depthfaces import files, params, profiles
from depthfaces.errors import DataError
from depthfaces.faces import FaceSet
from depthfaces.metrics.classification import roc_auc
from depthfaces.metrics.undefined import UndefinedError
from depthfaces.sources.labels import canonical
from depthfaces.studies.dfeatures import (
    machine,
    matrix,
    readings,
    search,
    sets,
    study,
    units,
    views,
)
from depthfaces.studies.dfeatures.areas import roc_areas, roc_curve
from depthfaces.studies.dfeatures.machine import KernelDistances, SvmSetting
from depthfaces.studies.intervals import Judge

TOP = Path(__file__).parents[1]
EMOTIONS = sorted(units.EMOTION_UNITS)


def settings(**changes: Any) -> Any:
    """Return params.yaml at the size of the smoke profile, without further sets."""
    content = profiles.overlay(tiny(), profiles.load("smoke", TOP))
    content["studies"]["dfeatures"] |= {"sets": [], **changes}
    return params.check(content)


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a prepared set of 64 px."""
    folder = tmp_path_factory.mktemp("sixty-four") / "faces"
    write_faces(folder, subjects=8, frames=3, size=64)
    return folder


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """As the study trains its nets; small ones are slower on several."""
    torch.set_num_threads(1)


# Action units


def test_rule_table_is_the_published_one() -> None:
    """The audit's file has it as printed; there Neutral, which shows nothing, has no row."""
    path = TOP / "depthfaces" / "audit" / "tables" / "dfeatures.yaml"
    tables = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))["tables"]
    printed = next(table["rows"] for table in tables if table["check"] == "columns")
    ours = {name: {f"AU{unit}" for unit in shown} for name, shown in units.EMOTION_UNITS.items()}
    assert ours == {canonical(name): set(row) for name, row in printed.items()} | {"Neutral": set()}


def test_fourteen_units_every_one_in_a_rule() -> None:
    assert list(units.UNIT_NAMES) == [1, 2, 4, 5, 6, 7, 9, 12, 15, 17, 23, 24, 25, 27]
    assert {unit for shown in units.EMOTION_UNITS.values() for unit in shown} == set(
        units.UNIT_NAMES
    )


def test_equal_columns_of_the_rule_table_are_found() -> None:
    assert units.equal_unit_groups(units.rule_units(np.array(EMOTIONS))) == [[7, 23, 24]]
    without = np.array([name for name in EMOTIONS if name != "Contempt"])
    assert units.equal_unit_groups(units.rule_units(without)) == [[6, 12], [7, 23, 24]]


def test_units_that_nobody_shows_are_no_twins() -> None:
    assert units.equal_unit_groups(units.rule_units(np.array(["Neutral", "Neutral"]))) == []


def test_true_units_win_over_the_rule() -> None:
    table = pd.DataFrame({"label": ["Happiness", "Neutral"]})
    assert units.unit_labels(table, 0.2).source == "rule"
    for unit in units.UNIT_NAMES:
        table[f"au{unit}"] = [0.2, 0.19]
    labels = units.unit_labels(table, 0.2)
    assert labels.source == "true"
    assert labels.shown.tolist() == [[True] * 14, [False] * 14]


def test_an_emotion_without_a_rule_leaves_no_units() -> None:
    assert units.unit_labels(pd.DataFrame({"label": ["Happiness", "Boredom"]}), 0.2) is None


# Areas


def test_area_of_one_class_is_undefined_and_says_which() -> None:
    all_true, score, weight = np.ones(3, bool), np.arange(3.0), np.ones((1, 3))
    for positive in (all_true, ~all_true):
        with pytest.raises(UndefinedError, match="test faces are all of one class"):
            machine.roc_area(positive=positive, score=score, weight=weight)
    with pytest.raises(UndefinedError, match="train faces are all of one class"):
        machine.roc_area(positive=all_true, score=np.full(3, np.nan), weight=weight)


def test_area_by_closed_form() -> None:
    positive, score = np.array([0, 1, 0, 1], bool), np.array([1.0, 2.0, 3.0, 4.0])
    assert machine.roc_area(positive=positive, score=score, weight=np.ones((1, 4)))[0] == 0.75
    assert machine.roc_area(positive=positive, score=score * 0, weight=np.ones((1, 4)))[0] == 0.5


def test_area_agrees_with_ours_of_ranks_and_weights_are_copies() -> None:
    rng = np.random.default_rng(0)
    positive, score = rng.random(40) < 0.4, rng.integers(0, 12, 40).astype(float)
    weight = rng.integers(0, 3, (5, 40))
    areas = machine.roc_area(positive=positive, score=score, weight=weight)
    for row, value in zip(weight, areas, strict=True):
        copies = {"positive": np.repeat(positive, row), "score": np.repeat(score, row)}
        assert value == pytest.approx(roc_auc(**copies))


def test_areas_of_columns_keep_their_reasons() -> None:
    shown = np.array([[1, 1], [0, 1], [1, 1], [0, 1]], bool)
    bootstrap = Judge.over(
        np.zeros(4, int), np.array(["a", "a", "b", "b"]), 1, 2, np.random.default_rng(0)
    )
    scores = np.stack([np.where(shown, 1.0, 0.0)] * 2)
    shown_areas = roc_areas(shown, scores, bootstrap)
    assert shown_areas.by_column == [[1.0, 1.0, 1.0], None]
    assert shown_areas.mean == [1.0, 1.0, 1.0]
    assert shown_areas.undefined_reasons == {1: "the test faces are all of one class"}
    assert roc_areas(shown[:, 1:], scores[:, :, 1:], bootstrap).mean is None


def test_roc_curve_encloses_its_area() -> None:
    rng = np.random.default_rng(1)
    positive, score = rng.random(50) < 0.5, rng.integers(0, 9, 50).astype(float)
    false_rates, true_rates = roc_curve(positive, score)
    assert (false_rates[[0, -1]].tolist(), true_rates[[0, -1]].tolist()) == ([0, 1], [0, 1])
    assert np.trapezoid(true_rates, false_rates) == pytest.approx(
        roc_auc(positive=positive, score=score)
    )


# Machines and folds


def planted(people: int, frames: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return features that identify persons, labels drawn by person, and the persons.

    Nothing in the features predicts the label of an unseen person.
    """
    rng = np.random.default_rng(2)
    group = np.repeat(np.arange(people), frames)
    person_features = rng.normal(0, 1, (people, 30))[group]
    return (
        person_features + rng.normal(0, 0.1, person_features.shape),
        rng.integers(0, 2, people)[group],
        group,
    )


def test_folds_by_group_keep_people_together_and_by_image_do_not() -> None:
    _, y, group = planted(12, 5)
    for train, test in search.folds_by_group(y, group, 4, 0):
        assert not set(group[train]) & set(group[test])
    assert any(
        set(group[train]) & set(group[test]) for train, test in search.folds_by_image(y, 4, 0)
    )
    for folds in (search.folds_by_group(y, group, 4, 0), search.folds_by_image(y, 4, 0)):
        assert sorted(np.concatenate([test for _, test in folds])) == list(range(len(y)))


def test_a_rare_class_gives_fewer_folds() -> None:
    y, group = np.array([0, 0, 0, 0, 1, 1, 1]), np.array([0, 1, 2, 3, 4, 5, 6])
    assert len(search.folds_by_group(y, group, 10, 0)) == 3
    assert len(search.folds_by_image(y, 10, 0)) == 3


def test_the_leak_is_real_and_folds_by_group_do_not_have_it() -> None:
    """Folds by image read the label off a person's other frames; nothing is there to be read."""
    x, y, group = planted(24, 6)
    leaky = search.find_setting(x, y, search.folds_by_image(y, 6, 0), 4, 0)
    ours = search.find_setting(x, y, search.folds_by_group(y, group, 6, 0), 4, 0)
    assert (leaky.predicted == y).mean() == 1
    assert (ours.predicted == y).mean() < 0.75


def test_search_returns_its_best_try_and_repeats() -> None:
    x, y, group = planted(16, 4)
    folds = search.folds_by_group(y, group, 4, 0)
    one, two = (search.find_setting(x, y, folds, 7, 5) for _ in range(2))
    assert one.trial_accuracies == two.trial_accuracies
    assert one.setting == two.setting
    assert len(one.trial_accuracies) == 7
    assert (one.predicted == y).mean() == max(one.trial_accuracies)
    assert 0.1 <= one.setting.cost <= 1000


def test_scaler_never_sees_test_faces() -> None:
    rng = np.random.default_rng(3)
    train, test = rng.normal(0, 1, (20, 6)), rng.normal(50, 9, (4, 6))
    y = np.arange(20) % 3
    alone = KernelDistances.between(train, test[:1]).decision_scores(y, SvmSetting(1, 1))
    assert alone == pytest.approx(
        KernelDistances.between(train, test).decision_scores(y, SvmSetting(1, 1))[:1], abs=1e-6
    )
    assert alone.shape == (1, 3)


def test_two_classes_have_two_scores_as_well() -> None:
    rng = np.random.default_rng(3)
    y = np.arange(20) % 2
    x = rng.normal(0, 1, (20, 6)) + 6 * y[:, None]
    scores = KernelDistances.between(x, x).decision_scores(y, SvmSetting(1, 1))
    assert (scores.argmax(axis=1) == y).all()


def test_detector_of_one_class_has_no_scores() -> None:
    rng = np.random.default_rng(4)
    shown = np.zeros((20, 3), bool)
    shown[:10, 0] = shown[:, 1] = True
    x = rng.normal(0, 1, (20, 5)) + 8 * shown[:, :1]
    scores = machine.detector_scores(x, shown, x, 1.0)
    assert np.isnan(scores[:, 1:]).all()
    assert ((scores[:, 0] > 0) == shown[:, 0]).all()


# Views


def test_published_features_are_8192() -> None:
    plan = settings(seeds=1).studies.dfeatures
    full = plan.model_copy(update={"gan": plan.gan.model_copy(update={"width": 64})})
    images = np.random.default_rng(0).uniform(-1, 1, (2, 64, 64)).astype(np.float32)
    view = views.train_view(views.NetRequest(images, "untrained"), full, 0)
    assert view(images).shape == (2, 512 * 4 * 4)
    assert view.nets.curves == []


def test_arms_differ_by_beta1_alone_and_threads_change_nothing() -> None:
    plan = settings(second_beta1=0.9).studies.dfeatures
    assert plan.gan.beta1 == plan.second_beta1
    images = np.random.default_rng(0).uniform(-1, 1, (32, 64, 64)).astype(np.float32)
    first, second = (
        views.train_view(views.NetRequest(images, arm), plan, 1) for arm in views.TRAINED_ARMS
    )
    assert np.array_equal(first(images), second(images))
    requests = {"a": views.NetRequest(images, "printed"), "b": views.NetRequest(images, "second")}
    alone, together = (views.train_views(requests, plan, [1, 2], threads) for threads in (1, 2))
    for ours, theirs in zip(alone, together, strict=True):
        for name in requests:
            assert np.array_equal(ours[name](images), theirs[name](images))


# Sets


def test_people_held_out_are_not_trained_on(faces: Path) -> None:
    study_set = sets.split_set("drawn", FaceSet.open(faces), 50, 1)
    train_groups, held_out_groups = (
        set(sample.group) for sample in (study_set.train, study_set.held_out)
    )
    assert train_groups
    assert held_out_groups
    assert not train_groups & held_out_groups
    assert set(study_set.held_out.faces.table["split"]) == {"test"}
    assert len(study_set.all_faces().label) == 50
    assert study_set.train.images.shape[1:] == (64, 64)


def test_no_generated_face_is_ever_tested(faces: Path) -> None:
    """Every tested face is a face of the prepared set, bit for bit."""
    all_faces = FaceSet.open(faces)
    study_set = sets.split_set("drawn", all_faces, 1000, 1)
    real_faces = {np.asarray(image).tobytes() for image in all_faces.images}
    assert all(image.tobytes() in real_faces for image in study_set.held_out.images)
    assert set(study_set.held_out.faces.table["source"]) == {"drawn"}


def test_other_sizes_are_brought_to_64(drawn: Path) -> None:
    assert sets.split_set("drawn", FaceSet.open(drawn), 40, 1).held_out.images.shape[1:] == (64, 64)


def test_too_few_faces_say_so(faces: Path) -> None:
    with pytest.raises(DataError, match=r"raise studies\.dfeatures\.faces"):
        sets.split_set("drawn", FaceSet.open(faces).pick(np.array([0, 3, 6])), 10, 1)


def test_a_set_without_a_location_is_named(faces: Path) -> None:
    plan = settings(sets=["virtual", "folder", "kaggle"])
    study_sets, missing = sets.configured_sets(FaceSet.open(faces), plan)
    assert [study_set.name for study_set in study_sets] == ["virtual"]
    assert missing == ["folder", "kaggle"]


def test_hard_set_has_its_own_preset_and_people() -> None:
    plan = settings()
    section = sets.section_for(sets.HARD_SET, plan)
    assert section.virtual.preset == "hard"
    assert section.virtual.subjects == plan.studies.dfeatures.subjects
    assert sets.section_for("virtual", plan).virtual.preset == plan.data.virtual.preset


# Readings and the matrix


def labelling_view(study_set: sets.StudySet) -> Callable[[Any], Any]:
    """Return a view whose features are the one-hot label of every face: a planted truth."""
    sample = study_set.all_faces()
    labels = {
        image.tobytes(): label for image, label in zip(sample.images, sample.label, strict=True)
    }
    return lambda images: np.array(
        [[labels[image.tobytes()] == name for name in LABELS] for image in images], float
    )


def test_a_view_that_knows_is_read_without_fault(faces: Path) -> None:
    home, plan = sets.split_set("drawn", FaceSet.open(faces), 1000, 1), settings().studies.dfeatures
    reading = readings.read_held_out(labelling_view(home), home, plan, 3)
    assert (reading.predicted == readings.class_numbers(home.held_out, home.classes)).all()
    assert (reading.fold_predictions == readings.class_numbers(home.train, home.classes)).all()
    leaky_reading = readings.read_leaky(labelling_view(home), home, plan, 3)
    assert (leaky_reading.predicted == readings.class_numbers(home.all_faces(), home.classes)).all()


def test_matrix_tests_on_the_emotions_of_both_sets(faces: Path) -> None:
    home, plan = sets.split_set("one", FaceSet.open(faces), 1000, 1), settings().studies.dfeatures
    rows = np.flatnonzero(FaceSet.open(faces).table["label"] != "Neutral")
    other = sets.split_set("two", FaceSet.open(faces).pick(rows), 1000, 1)
    view = labelling_view(home)
    cells = matrix.cross_dataset([home, other], [{"one": view, "two": view}], plan, 1)
    assert len(cells) == 8
    assert {cell.accuracy[0] for cell in cells} == {1.0}
    chances = {(cell.trained, cell.tested): cell.chance for cell in cells}
    assert chances["one", "one"] == pytest.approx(1 / 3)
    assert chances["two", "one"] == chances["one", "two"] == 0.5


# The whole


@pytest.fixture(scope="module")
def study_folder(faces: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder after two runs of the study."""
    study_folder = tmp_path_factory.mktemp("dfeatures")
    for name in ("one", "two"):
        folder = study_folder / name
        chapter = study.run(FaceSet.open(faces), settings(), folder / "dfeatures")
        chapter.write(folder / "dfeatures.json")
    return study_folder


@pytest.mark.slow
def test_same_seed_same_bytes(study_folder: Path) -> None:
    assert same_files(study_folder / "one", study_folder / "two") == 9


@pytest.mark.slow
def test_chapter_has_all_that_the_study_promises(study_folder: Path) -> None:
    chapter = files.read_json(study_folder / "one" / "dfeatures.json")
    rows = {table["title"]: table["rows"] for table in chapter["tables"]}
    assert list(rows) == [
        "Emotions",
        "Areas by emotion",
        "Action units",
        "Across sets",
        "Faces made",
        "Settings found",
    ]
    assert re.search(r"points \(", chapter["answer"])
    assert "DCGAN before training" in chapter["answer"]
    assert len(rows["Action units"]) == len(units.UNIT_NAMES) + 1
    undefined = next(row for row in rows["Action units"] if row[0].startswith("AU4 "))
    assert undefined[4] is None
    notes = " ".join(chapter["notes"])
    assert "Area of AU4, people held out: undefined, the t" in notes
    assert "one and the same column" in notes
    assert "Nobody has been asked yet" in notes
    assert chapter["published"]["rows"][0][:2] == ["accuracy, RaFD", 0.9857]
    for figure in chapter["figures"]:
        assert (study_folder / "one" / figure["file"]).is_file()
