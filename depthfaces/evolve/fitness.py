"""What a latent is worth. `FITNESSES` holds every fitness by its name in `ga.fitness`."""

from collections.abc import Callable
from dataclasses import dataclass

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
REAL = (0.05, 0.5)  # quantiles of the critic's scores of real people: its floor and its spread

# Faces (n, S, S) and their class to scores (n,): above 0 says real.
Critic = Callable[[Array, int], Array]


@dataclass(frozen=True)
class Evidence:
    """What real faces taught: judges of emotions, distances to train faces, and a critic.

    `floors` holds, for each class, the critic's score that only one in twenty validation faces
    goes below, and how far below their median that is.
    """

    panel: Panel
    nearness: Nearness
    critic: Critic
    floors: list[tuple[float, float]]

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
        right = self.evidence.panel.log_probability(faces)[:, target]
        return Scored(right - penalty, place, measures(faces))


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
FITNESSES: dict[str, Callable[[Evidence], Fitness]] = {"quality": Quality, "paper": Paper}


def score(fitness: Fitness, render: Callable[[Array], Array], target: int) -> Score:
    """Return the score of latents that `render` turns into faces of the class `target`."""
    return lambda z: fitness(z, render(z), target)
