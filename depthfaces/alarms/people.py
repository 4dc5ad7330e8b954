"""The faces that alarms compare: real people by split, and the synthetic set."""

from collections.abc import Iterator
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

MAX_FACES = 2000  # faces of a side that are compared in pairs


class FaceSample(NamedTuple):
    """Faces with `label` (n,), `people` (n,), `points` (n, d) and `probabilities` (n, k).

    `people` holds a person, or a near-copy group where the person is unknown; a synthetic set has
    none, and its column is not read. `points` are features in the primary space; `probabilities`
    are those of the sorted labels, by a reader of real train faces. `images` (n, S, S) in
    [-1, 1] is None where only features are known.
    """

    label: Array
    people: Array
    points: Array
    probabilities: Array
    images: Array | None

    def pick(self, rows: Array) -> Self:
        """Return the faces at `rows`, indices or a mask."""
        images = None if self.images is None else self.images[rows]
        label, people, points, probabilities = (column[rows] for column in self[:4])
        return self._replace(
            label=label, people=people, points=points, probabilities=probabilities, images=images
        )

    def join(self, other: Self) -> Self:
        """Return these faces followed by those of `other`."""
        images = None
        if self.images is not None and other.images is not None:
            images = np.concatenate([self.images, other.images])
        pairs = zip(self[:4], other[:4], strict=True)
        label, people, points, probabilities = (np.concatenate(pair) for pair in pairs)
        return self._replace(
            label=label, people=people, points=points, probabilities=probabilities, images=images
        )


class RealPeople(NamedTuple):
    """The real people of each split."""

    train: FaceSample
    validation: FaceSample
    test: FaceSample

    @property
    def held_out(self) -> FaceSample:
        """Return the people that nothing was trained on."""
        return self.validation.join(self.test)


def split_halves(
    people: Array, draws: int, rng: np.random.Generator
) -> Iterator[tuple[Array, Array]]:
    """Yield `draws` pairs of rows (indices): of one half of the people, and of the other half."""
    names = np.unique(people)
    for _ in range(draws):
        chosen = np.isin(people, rng.permutation(names)[: max(1, len(names) // 2)])
        yield np.flatnonzero(chosen), np.flatnonzero(~chosen)


def people_rows(people: Array, count: int, rng: np.random.Generator) -> Array:
    """Return the rows (indices) of `count` people, drawn by chance."""
    return np.flatnonzero(np.isin(people, rng.permutation(np.unique(people))[:count]))


def sample_faces(faces: FaceSample, rng: np.random.Generator) -> FaceSample:
    """Return at most `MAX_FACES` of the faces, drawn by chance."""
    return faces.pick(np.sort(rng.permutation(len(faces.label))[:MAX_FACES]))
