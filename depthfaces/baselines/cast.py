"""The train people as actors: their neutral faces at rest, and what each of them does."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.baselines import morphable
from depthfaces.baselines.donors import acting, change, resting
from depthfaces.baselines.morphable import Array, Fit, target
from depthfaces.baselines.motion import Rest, settle
from depthfaces.depth.crop import Window
from depthfaces.faces import FaceSet

Floats = npt.NDArray[np.float32]

NEUTRAL = "Neutral"
# So that a large set takes a minute: people who act, and faces of a person and label.
PEOPLE, LOOKS = 24, 6
LOST = 20.0  # mm between a face's nose and its head's: the preparation took another place for it


@dataclass(frozen=True)
class Cast:
    """`rows` of each label's faces, `owners` (N,) of all, and who can act.

    `actors` of a label are faces of it beside the head fitted to each, by whose they are; `changes`
    holds for a label and a person the motion (V, 3) of their head from neutral to it.
    """

    faces: FaceSet
    window: Window
    rows: dict[str, npt.NDArray[np.intp]]
    owners: npt.NDArray[np.str_]
    actors: dict[str, list[tuple[str, Rest]]]
    changes: dict[str, dict[str, Array]]

    @classmethod
    def of(cls, faces: FaceSet, window: Window, seed: int) -> "Cast":
        """Fit heads to the faces of people with a neutral one, and measure what they do."""
        labels, owners = faces.table["label"].to_numpy(str), faces.people()
        rows = {label: np.flatnonzero(labels == label) for label in faces.classes}
        actors: dict[str, list[tuple[str, Rest]]] = {label: [] for label in rows}
        cast = cls(faces, window, rows, owners, actors, {label: {} for label in rows})
        people = list(dict.fromkeys(owners[rows[NEUTRAL]])) if NEUTRAL in rows else []
        for person in seeding.stream(seed, "cast").permutation(people)[:PEOPLE]:
            cast.learn(str(person))
        return cast

    def image(self, row: int) -> Floats:
        """Return one face (S, S) in [-1, 1]."""
        return np.array(self.faces.images[row])

    def learn(self, person: str) -> None:
        """Fit the head model to a person's faces, and measure their changes from neutral."""
        model = morphable.load()
        images = {label: self.looked_at(label, person) for label in self.rows}
        found = {
            label: [target(self.window.decode(image), self.window) for image in few]
            for label, few in images.items()
        }
        shape, rest_heads = resting(found[NEUTRAL], model)
        before = [(face, acting(face, shape, model, (0.0,))) for face in found[NEUTRAL]]
        for label, faces in found.items():
            heads = rest_heads if label == NEUTRAL else [acting(f, shape, model) for f in faces]
            if faces and label != NEUTRAL:
                after = list(zip(faces, heads, strict=True))
                self.changes[label][person] = change(before, after, model)
            for image, head in usable(zip(images[label], heads, strict=True)):
                rest = settle(image, head, model, self.window)
                self.actors[label].append((person, rest))

    def looked_at(self, label: str, person: str) -> list[Floats]:
        """Return some of a person's faces of `label`, spread over all of them."""
        rows = self.rows[label][self.owners[self.rows[label]] == person]
        spread = np.linspace(0, len(rows) - 1, min(LOOKS, len(rows)))
        return [self.image(int(row)) for row in rows[spread.round().astype(np.intp)]]

    def takers(self, label: str) -> list[int]:
        """Return the neutral actors for whom another person's change to `label` is known."""
        givers = set(self.changes[label])
        neutral = self.actors.get(NEUTRAL, [])
        return [number for number, (host, _) in enumerate(neutral) if givers - {host}]


def usable(faces: Iterable[tuple[Floats, Fit]]) -> list[tuple[Floats, Fit]]:
    """Return the faces whose head was found where the nose is; all, where none was."""
    every = list(faces)
    return [pair for pair in every if np.abs(pair[1].shift).max() < LOST] or every
