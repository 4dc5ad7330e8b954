"""Train, validation and test: whole groups only, every class in each, honest about people."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from depthfaces.errors import DataError, IntegrityError, ParamsError

SPLITS = ("train", "validation", "test")


def assign(
    table: pd.DataFrame, validation: float, test: float, rng: np.random.Generator
) -> tuple[npt.NDArray[Any], dict[str, Any]]:
    """Return the split of each face (n,) and a summary for the report.

    `table` has label, subject, group and split. Where split is given (an official one), it is
    kept: faces of a group that also lies in a later split (train < validation < test) are left
    out (''), and a missing validation split is taken from train. Else `validation` and `test`
    are the shares of the faces; groups stay whole and classes are spread evenly.
    """
    if validation + test >= 1:
        raise ParamsError(
            f"preprocess.validation + preprocess.test: expected below 1, found {validation + test}"
        )
    counts = pd.crosstab(table["group"], table["label"])
    given = table["split"].astype(str).to_numpy()
    if (given == "").all():
        splits = _spread(counts, {"validation": validation, "test": test}, rng)
        split = table["group"].map(splits).to_numpy(str)
    else:
        split = _official(table, given)
        if "validation" not in split:
            inside = split == "train"
            counts = pd.crosstab(table["group"][inside], table["label"][inside])
            parts = _spread(counts, {"validation": validation}, rng)
            split[inside] = table["group"][inside].map(parts)
    _check_classes(table["label"].to_numpy(), split)
    return split, _summary(table, split, given)


def assert_disjoint(table: pd.DataFrame) -> None:
    """Raise unless no image, group or person lies in two splits; unknown ones ('') aside."""
    for column in ("sha256", "group", "subject"):
        known = table[(table[column].astype(str) != "") & (table["split"].astype(str) != "")]
        places = known.groupby(column)["split"].agg(lambda splits: sorted(set(splits)))
        leaks = places[places.map(len) > 1]
        if len(leaks):
            raise IntegrityError(
                f"leak: {len(leaks)} {column} values lie in more than one split, "
                f"e.g. {leaks.index[0]!r} in {' and '.join(leaks.iloc[0])}; run preprocess again"
            )


def _spread(
    counts: pd.DataFrame, shares: dict[str, float], rng: np.random.Generator
) -> dict[str, str]:
    """Return the split of each group (row of `counts`, faces by class), train taking the rest.

    Groups, large ones first and in random order among equals, go where their classes are
    furthest below the wanted number; all classes weigh the same, however rare.
    """
    names = ["train", *shares]
    _check_enough(counts, len(names))
    wanted = np.outer([1 - sum(shares.values()), *shares.values()], counts.sum())
    have = np.zeros_like(wanted)
    faces = counts.to_numpy(float)
    order = rng.permutation(len(faces))
    order = order[np.argsort(-faces[order].sum(1), kind="stable")]
    chosen = np.empty(len(faces), int)
    for group in order:
        lack = ((wanted - have) / wanted.sum(0)) @ faces[group]
        chosen[group] = max(range(len(names)), key=lambda split: (lack[split], wanted[split, 0]))
        have[chosen[group]] += faces[group]
    _repair(chosen, faces > 0, len(names))
    return {group: names[split] for group, split in zip(counts.index, chosen, strict=True)}


def _check_enough(counts: pd.DataFrame, splits: int) -> None:
    groups = (counts > 0).sum()
    short = groups[groups < splits]
    if len(short):
        raise DataError(
            f"class {short.index[0]!r}: expected at least {splits} people (or groups of copies), "
            f"one for each split, found {short.iloc[0]}; add some or remove the class"
        )


def _repair(chosen: npt.NDArray[np.intp], has: npt.NDArray[np.bool_], splits: int) -> None:
    """Move groups, as few as it takes, until each class (column of `has`) is in each split."""
    for _ in range(splits * has.shape[1]):
        inside = np.stack([has[chosen == split].sum(0) for split in range(splits)])
        missing = np.argwhere(inside == 0)
        if not len(missing):
            return
        split, label = missing[0]
        spare = (inside[chosen] > 1) | ~has  # (group, class): leaving harms no class
        able = np.flatnonzero(has[:, label] & spare.all(1))
        if not len(able):
            return
        chosen[able[0]] = split


def _official(table: pd.DataFrame, given: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the given splits, '' for faces whose group also lies in a later split."""
    unknown = set(given) - set(SPLITS)
    if unknown or "train" not in given or "test" not in given:
        raise DataError(
            f"official split: expected train and test for every face, found {sorted(set(given))}; "
            "set data.folder.official_split: false"
        )
    rank = pd.Series([SPLITS.index(name) for name in given], index=table.index)
    last = rank.groupby(table["group"]).transform("max")
    return np.where(rank == last, given, "").astype("U10")


def _check_classes(labels: npt.NDArray[Any], split: npt.NDArray[Any]) -> None:
    for name in SPLITS:
        missing = sorted(set(labels) - set(labels[split == name]))
        if missing:
            raise DataError(
                f"class {missing[0]!r} would be missing from {name}: expected enough people (or "
                "groups of copies) of it for all three splits; add some or remove the class"
            )


def _summary(
    table: pd.DataFrame, split: npt.NDArray[Any], given: npt.NDArray[Any]
) -> dict[str, Any]:
    subject = table["subject"].astype(str).to_numpy()
    unknown = int((subject == "").sum())
    note = "no person is in two splits"
    if unknown:
        note = f"not subject-disjoint: {unknown} of {len(table)} faces have no known subject"
    masks = {name: split == name for name in SPLITS}
    return {
        "official": bool((given != "").all()),
        "faces": {name: int(mask.sum()) for name, mask in masks.items()},
        "groups": {name: int(table["group"][mask].nunique()) for name, mask in masks.items()},
        "subjects": {name: len(set(subject[mask]) - {""}) for name, mask in masks.items()},
        "subjects_known": unknown == 0,
        "subject_disjoint": unknown == 0,
        "left_out": int((split == "").sum()),
        "note": note,
    }
