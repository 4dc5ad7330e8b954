"""The study dfeatures: units, machines, folds, areas, sets, and the chapter as a whole."""

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
from depthfaces.studies.dfeatures.areas import areas, curve
from depthfaces.studies.dfeatures.machine import Gap, Setting
from depthfaces.studies.intervals import Judge

TOP = Path(__file__).parents[1]
EMOTIONS = sorted(units.RULES)


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
    ours = {name: {f"AU{unit}" for unit in shown} for name, shown in units.RULES.items()}
    assert ours == {canonical(name): set(row) for name, row in printed.items()} | {"Neutral": set()}


def test_fourteen_units_every_one_in_a_rule() -> None:
    assert list(units.UNITS) == [1, 2, 4, 5, 6, 7, 9, 12, 15, 17, 23, 24, 25, 27]
    assert {unit for shown in units.RULES.values() for unit in shown} == set(units.UNITS)


def test_equal_columns_of_the_rule_table_are_found() -> None:
    assert units.twins(units.by_rule(np.array(EMOTIONS))) == [[7, 23, 24]]
    without = np.array([name for name in EMOTIONS if name != "Contempt"])
    assert units.twins(units.by_rule(without)) == [[6, 12], [7, 23, 24]]


def test_units_that_nobody_shows_are_no_twins() -> None:
    assert units.twins(units.by_rule(np.array(["Neutral", "Neutral"]))) == []


def test_true_units_win_over_the_rule() -> None:
    table = pd.DataFrame({"label": ["Happiness", "Neutral"]})
    assert units.marks(table, 0.2).source == "rule"
    for unit in units.UNITS:
        table[f"au{unit}"] = [0.2, 0.19]
    found = units.marks(table, 0.2)
    assert found.source == "true"
    assert found.shown.tolist() == [[True] * 14, [False] * 14]


def test_an_emotion_without_a_rule_leaves_no_units() -> None:
    assert units.marks(pd.DataFrame({"label": ["Happiness", "Boredom"]}), 0.2) is None


# Areas


def test_area_of_one_class_is_undefined_and_says_which() -> None:
    one, score, weight = np.ones(3, bool), np.arange(3.0), np.ones((1, 3))
    for positive in (one, ~one):
        with pytest.raises(UndefinedError, match="test faces are all of one class"):
            machine.area(positive=positive, score=score, weight=weight)
    with pytest.raises(UndefinedError, match="train faces are all of one class"):
        machine.area(positive=one, score=np.full(3, np.nan), weight=weight)


def test_area_by_closed_form() -> None:
    positive, score = np.array([0, 1, 0, 1], bool), np.array([1.0, 2.0, 3.0, 4.0])
    assert machine.area(positive=positive, score=score, weight=np.ones((1, 4)))[0] == 0.75
    assert machine.area(positive=positive, score=score * 0, weight=np.ones((1, 4)))[0] == 0.5


def test_area_agrees_with_ours_of_ranks_and_weights_are_copies() -> None:
    rng = np.random.default_rng(0)
    positive, score = rng.random(40) < 0.4, rng.integers(0, 12, 40).astype(float)
    weight = rng.integers(0, 3, (5, 40))
    found = machine.area(positive=positive, score=score, weight=weight)
    for row, value in zip(weight, found, strict=True):
        copies = {"positive": np.repeat(positive, row), "score": np.repeat(score, row)}
        assert value == pytest.approx(roc_auc(**copies))


def test_areas_of_columns_keep_their_reasons() -> None:
    shown = np.array([[1, 1], [0, 1], [1, 1], [0, 1]], bool)
    judge = Judge.over(
        np.zeros(4, int), np.array(["a", "a", "b", "b"]), 1, 2, np.random.default_rng(0)
    )
    scores = np.stack([np.where(shown, 1.0, 0.0)] * 2)
    found = areas(shown, scores, judge)
    assert found.each == [[1.0, 1.0, 1.0], None]
    assert found.mean == [1.0, 1.0, 1.0]
    assert found.reasons == {1: "the test faces are all of one class"}
    assert areas(shown[:, 1:], scores[:, :, 1:], judge).mean is None


def test_roc_curve_encloses_its_area() -> None:
    rng = np.random.default_rng(1)
    positive, score = rng.random(50) < 0.5, rng.integers(0, 9, 50).astype(float)
    across, up = curve(positive, score)
    assert (across[[0, -1]].tolist(), up[[0, -1]].tolist()) == ([0, 1], [0, 1])
    assert np.trapezoid(up, across) == pytest.approx(roc_auc(positive=positive, score=score))


# Machines and folds


def planted(people: int, frames: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return features that tell persons, labels that are a person's own, and the persons.

    Nothing in the features tells the label of a person never seen.
    """
    rng = np.random.default_rng(2)
    group = np.repeat(np.arange(people), frames)
    own = rng.normal(0, 1, (people, 30))[group]
    return own + rng.normal(0, 0.1, own.shape), rng.integers(0, 2, people)[group], group


def test_folds_by_group_keep_people_together_and_by_image_do_not() -> None:
    _, y, group = planted(12, 5)
    for train, asked in search.by_group(y, group, 4, 0):
        assert not set(group[train]) & set(group[asked])
    assert any(set(group[train]) & set(group[asked]) for train, asked in search.by_image(y, 4, 0))
    for folds in (search.by_group(y, group, 4, 0), search.by_image(y, 4, 0)):
        assert sorted(np.concatenate([asked for _, asked in folds])) == list(range(len(y)))


def test_a_rare_class_gives_fewer_folds() -> None:
    y, group = np.array([0, 0, 0, 0, 1, 1, 1]), np.array([0, 1, 2, 3, 4, 5, 6])
    assert len(search.by_group(y, group, 10, 0)) == 3
    assert len(search.by_image(y, 10, 0)) == 3


def test_the_leak_is_real_and_folds_by_group_do_not_have_it() -> None:
    """Folds by image read the label off a person's other frames; nothing is there to be read."""
    x, y, group = planted(24, 6)
    leaky = search.search(x, y, search.by_image(y, 6, 0), 4, 0)
    ours = search.search(x, y, search.by_group(y, group, 6, 0), 4, 0)
    assert (leaky.called == y).mean() == 1
    assert (ours.called == y).mean() < 0.75


def test_search_returns_its_best_try_and_repeats() -> None:
    x, y, group = planted(16, 4)
    folds = search.by_group(y, group, 4, 0)
    one, two = (search.search(x, y, folds, 7, 5) for _ in range(2))
    assert one.tries == two.tries
    assert one.setting == two.setting
    assert len(one.tries) == 7
    assert (one.called == y).mean() == max(one.tries)
    assert 0.1 <= one.setting.cost <= 1000


def test_scaler_never_sees_who_is_asked() -> None:
    rng = np.random.default_rng(3)
    train, asked = rng.normal(0, 1, (20, 6)), rng.normal(50, 9, (4, 6))
    y = np.arange(20) % 3
    alone = Gap.between(train, asked[:1]).scores(y, Setting(1, 1))
    assert alone == pytest.approx(Gap.between(train, asked).scores(y, Setting(1, 1))[:1], abs=1e-6)
    assert alone.shape == (1, 3)


def test_two_classes_have_two_scores_as_well() -> None:
    rng = np.random.default_rng(3)
    y = np.arange(20) % 2
    x = rng.normal(0, 1, (20, 6)) + 6 * y[:, None]
    scores = Gap.between(x, x).scores(y, Setting(1, 1))
    assert (scores.argmax(axis=1) == y).all()


def test_detector_of_one_class_has_no_scores() -> None:
    rng = np.random.default_rng(4)
    shown = np.zeros((20, 3), bool)
    shown[:10, 0] = shown[:, 1] = True
    x = rng.normal(0, 1, (20, 5)) + 8 * shown[:, :1]
    found = machine.detectors(x, shown, x, 1.0)
    assert np.isnan(found[:, 1:]).all()
    assert ((found[:, 0] > 0) == shown[:, 0]).all()


# Views


def test_published_features_are_8192() -> None:
    plan = settings(seeds=1).studies.dfeatures
    full = plan.model_copy(update={"gan": plan.gan.model_copy(update={"width": 64})})
    images = np.random.default_rng(0).uniform(-1, 1, (2, 64, 64)).astype(np.float32)
    learned = views.learn(views.Wanted(images, "untrained"), full, 0)
    assert learned(images).shape == (2, 512 * 4 * 4)
    assert learned.nets.curves == []


def test_arms_differ_by_beta1_alone_and_threads_change_nothing() -> None:
    plan = settings(second_beta1=0.9).studies.dfeatures
    assert plan.gan.beta1 == plan.second_beta1
    images = np.random.default_rng(0).uniform(-1, 1, (32, 64, 64)).astype(np.float32)
    one, two = (views.learn(views.Wanted(images, arm), plan, 1) for arm in views.TRAINED)
    assert np.array_equal(one(images), two(images))
    wanted = {"a": views.Wanted(images, "printed"), "b": views.Wanted(images, "second")}
    alone, together = (views.learn_all(wanted, plan, [1, 2], threads) for threads in (1, 2))
    for ours, theirs in zip(alone, together, strict=True):
        for name in wanted:
            assert np.array_equal(ours[name](images), theirs[name](images))


# Sets


def test_people_held_out_are_known_to_nothing(faces: Path) -> None:
    found = sets.part("drawn", FaceSet.open(faces), 50, 1)
    known, asked = (set(part.group) for part in (found.known, found.asked))
    assert known
    assert asked
    assert not known & asked
    assert set(found.asked.faces.table["split"]) == {"test"}
    assert len(found.whole().label) == 50
    assert found.known.images.shape[1:] == (64, 64)


def test_no_generated_face_is_ever_asked_about(faces: Path) -> None:
    """Whatever is asked is a face of the prepared set, bit for bit."""
    whole = FaceSet.open(faces)
    found = sets.part("drawn", whole, 1000, 1)
    own = {np.asarray(image).tobytes() for image in whole.images}
    assert all(image.tobytes() in own for image in found.asked.images)
    assert set(found.asked.faces.table["source"]) == {"drawn"}


def test_other_sizes_are_brought_to_64(drawn: Path) -> None:
    assert sets.part("drawn", FaceSet.open(drawn), 40, 1).asked.images.shape[1:] == (64, 64)


def test_too_few_faces_say_so(faces: Path) -> None:
    with pytest.raises(DataError, match=r"raise studies\.dfeatures\.faces"):
        sets.part("drawn", FaceSet.open(faces).pick(np.array([0, 3, 6])), 10, 1)


def test_a_set_without_a_place_is_named(faces: Path) -> None:
    plan = settings(sets=["virtual", "folder", "kaggle"])
    found, missing = sets.configured(FaceSet.open(faces), plan)
    assert [each.name for each in found] == ["virtual"]
    assert missing == ["folder", "kaggle"]


def test_hard_set_has_its_own_preset_and_people() -> None:
    plan = settings()
    data = sets.asked_for(sets.HARD, plan)
    assert data.virtual.preset == "hard"
    assert data.virtual.subjects == plan.studies.dfeatures.subjects
    assert sets.asked_for("virtual", plan).virtual.preset == plan.data.virtual.preset


# Readings and the matrix


def labelled(found: sets.Set) -> Callable[[Any], Any]:
    """Return a view that tells the label of every face of a set: a planted truth."""
    whole = found.whole()
    known = {image.tobytes(): label for image, label in zip(whole.images, whole.label, strict=True)}
    return lambda images: np.array(
        [[known[image.tobytes()] == name for name in LABELS] for image in images], float
    )


def test_a_view_that_knows_is_read_without_fault(faces: Path) -> None:
    home, plan = sets.part("drawn", FaceSet.open(faces), 1000, 1), settings().studies.dfeatures
    found = readings.read(labelled(home), home, plan, 3)
    assert (found.called == readings.numbers(home.asked, home.classes)).all()
    assert (found.folds == readings.numbers(home.known, home.classes)).all()
    leaky = readings.leak(labelled(home), home, plan, 3)
    assert (leaky.called == readings.numbers(home.whole(), home.classes)).all()


def test_matrix_asks_for_the_emotions_that_both_sets_have(faces: Path) -> None:
    home, plan = sets.part("one", FaceSet.open(faces), 1000, 1), settings().studies.dfeatures
    rows = np.flatnonzero(FaceSet.open(faces).table["label"] != "Neutral")
    other = sets.part("two", FaceSet.open(faces).pick(rows), 1000, 1)
    view = labelled(home)
    cells = matrix.cross([home, other], [{"one": view, "two": view}], plan, 1)
    assert len(cells) == 8
    assert {cell.accuracy[0] for cell in cells} == {1.0}
    chances = {(cell.trained, cell.tested): cell.chance for cell in cells}
    assert chances["one", "one"] == pytest.approx(1 / 3)
    assert chances["two", "one"] == chances["one", "two"] == 0.5


# The whole


@pytest.fixture(scope="module")
def place(faces: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder after two runs of the study."""
    place = tmp_path_factory.mktemp("dfeatures")
    for name in ("one", "two"):
        folder = place / name
        chapter = study.run(FaceSet.open(faces), settings(), folder / "dfeatures")
        chapter.write(folder / "dfeatures.json")
    return place


@pytest.mark.slow
def test_same_seed_same_bytes(place: Path) -> None:
    assert same_files(place / "one", place / "two") == 9


@pytest.mark.slow
def test_chapter_says_all_that_was_asked_for(place: Path) -> None:
    found = files.read_json(place / "one" / "dfeatures.json")
    rows = {table["title"]: table["rows"] for table in found["tables"]}
    assert list(rows) == [
        "Emotions",
        "Areas by emotion",
        "Action units",
        "Across sets",
        "Faces made",
        "Settings found",
    ]
    assert re.search(r"points \(", found["answer"])
    assert "DCGAN before training" in found["answer"]
    assert len(rows["Action units"]) == len(units.UNITS) + 1
    undefined = next(row for row in rows["Action units"] if row[0].startswith("AU4 "))
    assert undefined[4] is None
    notes = " ".join(found["notes"])
    assert "Area of AU4, people held out: undefined, the t" in notes
    assert "one and the same column" in notes
    assert "Nobody has been asked yet" in notes
    assert found["published"]["rows"][0][:2] == ["accuracy, RaFD", 0.9857]
    for figure in found["figures"]:
        assert (place / "one" / figure["file"]).is_file()
