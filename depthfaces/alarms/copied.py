"""Faces that are copies of real ones: mirrored, shifted, turned, rescaled or with noise.

A face counts as a copy if it comes nearer to a real face than real faces of different people ever
come to each other, with the same freedom to mirror, shift and turn.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.alarms.alarm import Alarm
from depthfaces.alarms.expected import ANEW, DRAWS, spread
from depthfaces.alarms.people import Part, Real, halves, some
from depthfaces.alignment import NOBODY, Owned, nearest, never

Array = npt.NDArray[Any]

TOLERATED = 0.05  # share of copies that may be luck: a blend of two frames of one person, for one
WORDS = {
    "copies of train faces": "{share:.0%} of the synthetic faces are copies of train faces, "
    "mirrored, moved or with noise; at most {high:.0%} may be chance.",
    "copies of held-out faces": "{share:.0%} of the synthetic faces are copies of faces that were "
    "held out, mirrored, moved or with noise; at most {high:.0%} may be chance.",
}


class Limit(NamedTuple):
    """A face nearer than `distance` is a copy, and up to `share` of a set may be."""

    distance: float
    share: float


def limit(real: Real, side: Part, seed: int) -> Limit:
    """Return how near real faces come to other people's of `side`, measured on at most `MOST`."""
    rng = seeding.stream(seed, "alarms", "copies")
    people = some(real.train.join(real.held_out), rng)
    gaps = nearest(owned(people), owned(side)).distance
    bound = never(gaps)
    rates = [float(np.mean(gaps[half] < bound)) for half, _ in halves(people.people, DRAWS, rng)]
    return Limit(bound, spread(rates, ANEW)[1] + TOLERATED)


def sides(real: Real) -> dict[str, Part]:
    """Return by its alarm's name each side that copies are looked for in."""
    return {"copies of train faces": real.train, "copies of held-out faces": real.held_out}


def copy_alarms(real: Real, fake: Part, limits: dict[str, Limit]) -> list[Alarm]:
    """Return an alarm where too many faces are copies, of train and of held-out faces."""
    nobodys = owned(fake)._replace(people=np.full(len(fake.label), NOBODY))
    alarms = []
    for name, side in sides(real).items():
        share = float(np.mean(nearest(nobodys, owned(side)).distance < limits[name].distance))
        high = limits[name].share
        if share > high:
            words = WORDS[name].format(share=share, high=high)
            alarms.append(Alarm(name, share, (0.0, high), share, words))
    return alarms


def owned(part: Part) -> Owned:
    """Return the faces and whose they are."""
    assert part.images is not None, "copies are looked for in images"
    return Owned(part.images, part.people)
