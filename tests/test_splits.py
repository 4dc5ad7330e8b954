"""Splits keep groups whole, classes spread, and claim no more than is known."""

import json

import numpy as np
import pandas as pd
import pytest

from depthfaces import seeding, splits
from depthfaces.errors import DataError, IntegrityError, ParamsError

LABELS = ["Anger", "Fear", "Joy"]


def people(count: int, frames: int = 2, labels: list[str] = LABELS) -> pd.DataFrame:
    """Return a table of `count` people with `frames` faces of each label."""
    rows = [
        {"label": label, "subject": f"p{person}", "group": f"p{person}", "split": ""}
        for person in range(count)
        for label in labels
        for _ in range(frames)
    ]
    return pd.DataFrame(rows).assign(sha256=[str(index) for index in range(len(rows))])


def assign(table: pd.DataFrame, seed: int = 7) -> tuple[np.ndarray, dict[str, object]]:
    return splits.assign(table, 0.15, 0.25, seeding.stream(seed, "splits"))


@pytest.mark.parametrize("count", [3, 4, 5, 6, 7, 10, 40])
def test_people_stay_whole_and_every_class_is_everywhere(count: int) -> None:
    table = people(count)
    split, summary = assign(table)
    splits.assert_disjoint(table.assign(split=split))
    counts = pd.crosstab(table["label"], split)
    assert sorted(counts.columns) == sorted(splits.SPLITS)
    assert (counts.to_numpy() > 0).all()
    assert sum(summary["subjects"].values()) == count


def test_shares_are_met_where_groups_allow() -> None:
    _, summary = assign(people(40))
    assert summary["subjects"] == {"train": 24, "validation": 6, "test": 10}
    assert summary["faces"] == {"train": 144, "validation": 36, "test": 60}


def test_classes_are_spread_like_the_whole() -> None:
    """Photographs, one group each, with classes 8 : 3 : 1."""
    table = people(1, 1200).assign(group=[str(index) for index in range(3600)], subject="")
    keep = np.concatenate([np.arange(800), np.arange(1200, 1500), np.arange(2400, 2500)])
    table = table.iloc[keep].reset_index(drop=True)
    split, _ = assign(table)
    share = pd.crosstab(table["label"], split, normalize="index")
    assert np.abs(share["test"] - 0.25).max() < 0.011
    assert np.abs(share["validation"] - 0.15).max() < 0.011


def test_a_rare_class_reaches_every_split() -> None:
    table = people(30, labels=["Anger"])
    rare = people(3, 1, ["Fear"]).assign(sha256=["x", "y", "z"])
    table = pd.concat([table, rare], ignore_index=True)
    split, _ = assign(table)
    assert set(split[table["label"] == "Fear"]) == set(splits.SPLITS)


def test_repair_moves_no_more_than_needed() -> None:
    has = np.array([[1, 1], [1, 1], [1, 1], [1, 0], [1, 0]], bool)
    chosen = np.array([0, 0, 0, 1, 2])
    splits._repair(chosen, has, 3)
    assert sorted(chosen[:3]) == [0, 1, 2]
    assert chosen[3:].tolist() == [1, 2]


def test_too_few_people_for_a_class() -> None:
    table = people(6)
    table = table[(table["label"] != "Fear") | table["subject"].isin(["p0", "p1"])]
    with pytest.raises(DataError, match=r"class 'Fear': expected at least 3 people .* found 2"):
        assign(table.reset_index(drop=True))


def test_the_seed_decides() -> None:
    table = people(20)
    assert np.array_equal(assign(table)[0], assign(table)[0])
    assert not np.array_equal(assign(table, 1)[0], assign(table, 2)[0])


def test_the_order_of_the_rows_does_not_matter() -> None:
    table = people(20)
    order = np.random.default_rng(0).permutation(len(table))
    shuffled = table.iloc[order].reset_index(drop=True)
    assert np.array_equal(assign(table)[0][order], assign(shuffled)[0])


def test_shares_that_leave_no_train() -> None:
    with pytest.raises(ParamsError, match="expected below 1"):
        splits.assign(people(6), 0.45, 0.55, seeding.stream(7))


# What is claimed


def test_all_people_known() -> None:
    _, summary = assign(people(6))
    assert summary["subject_disjoint"] is True
    assert summary["note"] == "no person is in two splits"
    json.dumps(summary)


def test_one_unknown_person_ends_the_claim() -> None:
    table = people(6)
    table.loc[3, ["subject", "group"]] = ["", "f3"]
    _, summary = assign(table)
    assert summary["subjects_known"] is summary["subject_disjoint"] is False
    assert summary["note"] == "not subject-disjoint: 1 of 36 faces have no known subject"


# Official splits


def official(test: int = 3, validation: int = 0) -> pd.DataFrame:
    table = people(12)
    number = table["subject"].str[1:].astype(int)
    late = np.where(number < test + validation, "validation", "train")
    return table.assign(split=np.where(number < test, "test", late))


def test_an_official_split_is_kept() -> None:
    table = official(test=3, validation=2)
    split, summary = assign(table)
    assert np.array_equal(split, table["split"])
    assert summary["official"] is True
    assert summary["left_out"] == 0


def test_a_missing_validation_split_is_taken_from_train() -> None:
    table = official()
    split, summary = assign(table)
    assert np.array_equal(split == "test", table["split"] == "test")
    assert summary["subjects"] == {"train": 8, "validation": 1, "test": 3}
    splits.assert_disjoint(table.assign(split=split))


def test_train_faces_that_also_lie_in_the_official_test_are_left_out() -> None:
    table = official()
    table.loc[[30, 31], "group"] = "p0"  # near copies of a test face, in train
    split, summary = assign(table)
    assert table["split"][30] == "train"
    assert split[[30, 31]].tolist() == ["", ""]
    assert summary["left_out"] == 2


@pytest.mark.parametrize("names", [("train", "train"), ("test", "test"), ("", "test")])
def test_half_an_official_split(names: tuple[str, str]) -> None:
    table = official().assign(split=[*names] * 36)
    with pytest.raises(DataError, match="expected train and test for every face"):
        assign(table)


def test_a_class_missing_from_the_official_test() -> None:
    table = official()
    table = table[(table["label"] != "Joy") | (table["split"] == "train")].reset_index(drop=True)
    with pytest.raises(DataError, match="class 'Joy' would be missing from test"):
        assign(table)


# The alarm


@pytest.mark.parametrize("column", ["sha256", "group", "subject"])
def test_a_planted_leak_sets_off_the_alarm(column: str) -> None:
    table = people(6)
    table["split"] = assign(table)[0]
    splits.assert_disjoint(table)
    train, test = (table.index[table["split"] == name][0] for name in ("train", "test"))
    table.loc[train, column] = table.loc[test, column]
    with pytest.raises(IntegrityError, match=f"leak: 1 {column} values .* in test and train"):
        splits.assert_disjoint(table)


def test_the_unknown_is_no_leak() -> None:
    table = people(6).assign(subject="")
    splits.assert_disjoint(table.assign(split=assign(table)[0]))
