"""What a latent is worth. `FITNESSES` holds every fitness by its name in `ga.fitness`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from depthfaces.evolve.judge import Panel
from depthfaces.evolve.measures import measures
from depthfaces.evolve.nearness import Nearness, places
from depthfaces.evolve.search import Array, Score, Scored
from depthfaces.evolve.shell import outside
from depthfaces.faces import FaceSet

# Weights, in nats of log p: one unit of norm outside the shell; a pixel-true copy of a face; as far
# again from all real faces as the farthest one in twenty of them; one spread of the critic.
OUTSIDE, COPY, FAR, FAKE = 1.0, 5.0, 2.0, 0.5
# A nat of a student's surprise at an emotion of which its teacher is sure, in nats of log p.
SURPRISE = 2.0
REAL = (0.05, 0.5)  # quantiles of the critic's scores of real people: its floor and its spread

# Faces (n, S, S) and their class to scores (n,): above 0 says real.
Critic = Callable[[Array, int], Array]


class Recogniser(Protocol):
    """What knows the emotions of faces."""

    def log_probability(self, faces: Array) -> Array:
        """Return log p(emotion | face), (n, classes), of `faces` (n, S, S) in [-1, 1]."""


class Pair(NamedTuple):
    """A student, for whom faces are sought, and a teacher who learned from other people."""

    student: Recogniser
    teacher: Recogniser


@dataclass(frozen=True)
class Evidence:
    """What real faces taught: judges of emotions, distances to train faces, and a critic.

    `floors` holds, for each class, the critic's score that only one in twenty validation faces
    goes below, and how far below their median that is. `pairs` are there for `Useful` alone.
    """

    panel: Panel
    nearness: Nearness
    critic: Critic
    floors: list[tuple[float, float]]
    pairs: tuple[Pair, ...] = ()

    @classmethod
    def of(cls, panel: Panel, train: FaceSet, validation: FaceSet, critic: Critic) -> "Evidence":
        """Return the evidence; the critic's floors are taken among `validation`."""
        floors = []
        for target, label in enumerate(train.classes):
            mine = validation.pick(np.flatnonzero(validation.table["label"] == label))
            scores = critic(mine.images, target) if len(mine) else np.full(1, -np.inf)
            floor, middle = np.quantile(scores, REAL, method="nearest")
            spread = middle - floor if middle > floor else 1.0
            floors.append((float(floor), float(spread)))
        return cls(panel, Nearness(train), critic, floors)


class Quality:
    """mean log p(emotion) - what lies outside the prior, copies, or is no face.

    Each penalty is 0 for what real faces do as well: norms inside the prior's shell, faces as far
    from train faces as those are from other people's, and a critic no surer than of real people
    that they are generated.
    """

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence

    def __call__(self, z: Array, faces: Array, target: int) -> Scored:
        """Return what latents `z` (n, d) are worth whose `faces` should show `target`."""
        near, place = self.evidence.nearness, places(faces)
        distance = near(place)
        floor, spread = self.evidence.floors[target]
        penalty = OUTSIDE * outside(z) + COPY * np.maximum(0, 1 - distance)
        penalty += FAR * np.maximum(0, distance / near.limit - 1)
        penalty += FAKE * np.maximum(0, (floor - self.evidence.critic(faces, target)) / spread)
        return Scored(self.worth(faces, target) - penalty, place, measures(faces))

    def worth(self, faces: Array, target: int) -> Array:
        """Return what `faces` are worth before the penalties, (n,): the judges' mean log p."""
        return np.asarray(self.evidence.panel.log_probability(faces)[:, target])


class Useful(Quality):
    """log p of the teacher + 2 p min(surprise of the student, log k), with `Quality`'s penalties.

    Surprise is the student's -log p(emotion), k the number of emotions: to be sure of another
    emotion counts no more than to know nothing, or the search would look for wrong labels. It
    counts as far as the teacher believes in the emotion. After feedback-guided synthesis (Askari
    Hemmat et al., TMLR 2024) and deliberate practice (Askari-Hemmat et al. 2025), whose generator
    is guided by the student's entropy alone.
    """

    def worth(self, faces: Array, target: int) -> Array:
        """Return the mean over pairs of teacher and student, (n,)."""
        return np.asarray(
            np.mean([_use(one, faces, target) for one in self.evidence.pairs], axis=0)
        )


def _use(pair: Pair, faces: Array, target: int) -> Array:
    """Return what `faces` of the class `target` are worth to the student of `pair`, (n,)."""
    known = pair.student.log_probability(faces)
    surprise = np.minimum(-known[:, target], np.log(known.shape[1]))
    sure = pair.teacher.log_probability(faces)[:, target]
    return np.asarray(sure + SURPRISE * np.exp(sure) * surprise)


class Paper:
    """10 std(face) - 5 |mean(face)|, as published; at its best a face is pure black and white.

    Kept for comparison. `evidence` is not used.
    """

    def __init__(self, evidence: Evidence) -> None:
        del evidence

    def __call__(self, z: Array, faces: Array, target: int) -> Scored:
        """Return what `faces` (n, S, S) are worth, whatever their `z` and `target`."""
        del z, target
        worth = 10 * faces.std(axis=(1, 2)) - 5 * np.abs(faces.mean(axis=(1, 2)))
        return Scored(worth.astype(float), places(faces), measures(faces))


Fitness = Callable[[Array, Array, int], Scored]
FITNESSES: dict[str, Callable[[Evidence], Fitness]] = {
    "quality": Quality,
    "useful": Useful,
    "paper": Paper,
}


def score(fitness: Fitness, render: Callable[[Array], Array], target: int) -> Score:
    """Return the score of latents that `render` turns into faces of the class `target`."""
    return lambda z: fitness(z, render(z), target)
