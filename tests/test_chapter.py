"""A study's chapter survives the disk, and its intervals are those of people and seeds."""

from pathlib import Path

import numpy as np
import pytest

from depthfaces import files
from depthfaces.classify.scores import accuracy, macro_f1
from depthfaces.studies.chapter import PUBLISHED, Chapter, Picture, Table
from depthfaces.studies.intervals import BOOTSTRAP_DRAWS, Judge


def chapter(**changes: object) -> Chapter:
    """Return a small chapter."""
    parts = {
        "title": "augment",
        "question": "Does it help?",
        "answer": "No.",
        "seeds": 3,
        "sizes": {"faces": np.int64(4)},
        "published": [["accuracy", 0.65, None, [0.5, 0.4, 0.6]]],
        "tables": [Table("a", "b", ["x", "y"], [["z", np.float32(0.5)]])],
        "figures": [Picture("augment/a.png", "what it shows")],
        "notes": ["our reading"],
    }
    return Chapter(**(parts | changes))


def test_chapter_reads_back(tmp_path: Path) -> None:
    chapter().write(tmp_path / "a.json")
    found = Chapter.read(tmp_path / "a.json")
    assert found.tables[0].rows == [["z", 0.5]]
    assert found.published == [["accuracy", 0.65, None, [0.5, 0.4, 0.6]]]
    found.write(tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert files.read_json(tmp_path / "a.json")["published"]["columns"] == list(PUBLISHED)


def test_undefined_is_null(tmp_path: Path) -> None:
    chapter(sizes={"a": float("nan"), "b": np.nan}).write(tmp_path / "a.json")
    assert files.read_json(tmp_path / "a.json")["sizes"] == {"a": None, "b": None}


def test_a_row_that_does_not_fit_is_our_own_mistake() -> None:
    with pytest.raises(AssertionError, match="under"):
        Table("a", "b", ["x", "y"], [["z"]])


def judge(label: list[int], owners: list[str], seeds: int = 2) -> Judge:
    """Return the judge of faces of two classes."""
    rng = np.random.default_rng(0)
    return Judge.over(np.array(label), np.array(owners), 2, seeds, rng)


def test_interval_of_right_answers_is_a_point() -> None:
    label = [0, 1, 0, 1]
    found = judge(label, ["a", "a", "b", "b"])
    assert found.interval(np.array([label, label])) == [1.0, 1.0, 1.0]
    assert found.interval(np.array([label, label]), macro_f1) == [1.0, 1.0, 1.0]


def test_interval_spans_what_people_and_seeds_differ_by() -> None:
    """Person a is always right and b always wrong: draws of two people range from 0 to 1."""
    found = judge([0, 1, 0, 1], ["a", "a", "b", "b"])
    called = np.array([[0, 1, 1, 0]] * 2)
    assert found.interval(called) == [0.5, 0.0, 1.0]
    assert found.difference(called, called) == [0.0, 0.0, 0.0]
    assert found.p_value(called, called) == 1.0


def test_a_sure_difference_has_as_small_a_chance_as_the_draws_allow() -> None:
    label = [0, 1, 0, 1]
    found = judge(label, ["a", "a", "b", "b"])
    right = np.array([label, label])
    assert found.difference(right, 1 - right) == [1.0, 1.0, 1.0]
    assert found.p_value(right, 1 - right) == 2 / (BOOTSTRAP_DRAWS + 1)


def test_confusions_count_each_answer_once() -> None:
    found = judge([0, 1, 1], ["b", "a", "b"], seeds=1)
    matrices = found.confusions(np.array([[0, 0, 1]]))
    assert matrices.tolist() == [[[[0, 0], [1, 0]]], [[[1, 0], [0, 1]]]]
    assert accuracy(matrices.sum(axis=0)).tolist() == [2 / 3]
