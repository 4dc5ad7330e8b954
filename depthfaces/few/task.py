"""Whose faces are learned from, and whose are asked."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from depthfaces import seeding
from depthfaces.errors import DataError
from depthfaces.faces import FaceSet, texts
from depthfaces.gan.feed import FEWEST
from depthfaces.schema import Params

Array = npt.NDArray[Any]
MOST_ASKED = 2000  # faces that are tested on


@dataclass(frozen=True)
class Task:
    """`faces`, whose each is (N,), the people to learn from, and which faces are asked (N,).

    Where people take turns, all are learned from in some draws and asked in the others; else those
    asked are never learned from.
    """

    faces: FaceSet
    person: Array
    pool: list[str]
    asked: Array
    turns: bool

    @classmethod
    def of(cls, faces: FaceSet, params: Params) -> Self:
        """Learn from the train people of `faces` and ask its test people, if they are enough.

        Where a set holds out fewer than `experiment.held_out` people, all take turns. Of unknown
        people a person stands for one face, or group of copies, of each emotion.
        """
        split = faces.table["split"].to_numpy(str)
        known = texts(faces.table, "subject") != ""
        person = np.array(faces.people(), dtype=object)
        test, train = split == "test", split == "train"
        rng = seeding.stream(params.seed, "few", "task")
        if not known.any():
            person[train] = bundled(person[train], faces.table["label"].to_numpy(str)[train], rng)
            pool = [name for name in np.unique(person[train].astype(str)) if name]
            return cls(faces, person.astype(str), pool, some(person, test, rng), turns=False)
        usable = known & (split != "")
        if len(np.unique(person[test & known])) >= params.experiment.held_out:
            pool = list(np.unique(person[train & known].astype(str)))
            return cls(faces, person.astype(str), pool, some(person, test & known, rng), False)
        pool = list(np.unique(person[usable].astype(str)))
        return cls(faces, person.astype(str), pool, usable, turns=True)

    @classmethod
    def apart(cls, faces: FaceSet, test: FaceSet) -> Self:
        """Learn from all people of `faces` and ask all of `test`, who have to be others.

        Equal names in both sets are two people with one name; equal images are not.
        """
        seen = {image.tobytes() for image in np.asarray(faces.images)}
        if any(image.tobytes() in seen for image in np.asarray(test.images)):
            raise DataError("expected other faces to test on than to learn from, found one in both")
        table = test.table.assign(
            id="test:" + test.table["id"], subject=("test:" + test.table["subject"])
        )
        both = joined(faces, FaceSet(test.images, table))
        asked = np.arange(len(both)) >= len(faces)
        pool = [str(name) for name in np.unique(faces.people())]
        return cls(both, both.people(), pool, asked, turns=False)

    @classmethod
    def within(cls, faces: FaceSet) -> Self:
        """Let all people of `faces` take turns."""
        pool = [str(name) for name in np.unique(faces.people())]
        return cls(faces, faces.people(), pool, np.ones(len(faces), bool), turns=True)

    @property
    def label(self) -> Array:
        """Return each face's label, (N,)."""
        return np.asarray(self.faces.table["label"].to_numpy(str))

    def rows(self, people: tuple[str, ...]) -> Array:
        """Return the rows of the faces of `people` that may be learned from."""
        mine = np.isin(self.person, people)
        return np.flatnonzero(mine if self.turns else mine & ~self.asked)

    def tested(self, learned: tuple[str, ...]) -> Array:
        """Return the rows that are asked where `learned` are learned from."""
        return np.flatnonzero(self.asked & ~np.isin(self.person, learned))

    def is_complete(self, people: tuple[str, ...]) -> bool:
        """Whether `people` show every emotion, at least twice: less is not learned from."""
        shown = self.label[self.rows(people)]
        return all(np.sum(shown == label) >= FEWEST for label in np.unique(self.label))


def bundled(group: Array, label: Array, rng: np.random.Generator) -> Array:
    """Return for each face of an unknown person the bundle that stands for one, or "" (n,).

    A bundle has one group of copies of each label; it is whole or it is none.
    """
    names = np.full(len(group), "", dtype=object)
    orders = [rng.permutation(np.unique(group[label == one])) for one in np.unique(label)]
    for number, chosen in enumerate(zip(*orders, strict=False)):
        names[np.isin(group, chosen)] = f"bundle:{number:05d}"
    return names


def some(person: Array, asked: Array, rng: np.random.Generator) -> Array:
    """Return which faces (N,) are asked: those of as many people as have `MOST_ASKED` faces."""
    people, counts = np.unique(person[asked].astype(str), return_counts=True)
    order = rng.permutation(len(people))
    kept = people[order][np.cumsum(counts[order]) <= MOST_ASKED]
    return asked & np.isin(person.astype(str), kept if len(kept) else people[order][:1])


def joined(faces: FaceSet, other: FaceSet) -> FaceSet:
    """Return both sets as one; they have the same labels, size and unit."""
    for name in ("label", "unit"):
        mine, its = set(texts(faces.table, name)), set(texts(other.table, name))
        if mine != its:
            raise DataError(f"expected the same {name}s in both sets, found {mine} and {its}")
    table = pd.concat([faces.table, other.table], ignore_index=True)
    return FaceSet(np.concatenate([faces.images, other.images]), table)
