"""Faces that are copies of real ones: mirrored, shifted, turned, rescaled or with noise.

A face counts as a copy if it comes nearer to a real face than real faces of different people ever
come to each other, with the same freedom to mirror, shift and turn.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.alarms.alarm import Alarm
from depthfaces.alarms.expected import HALF_DRAWS, HALF_FACTOR, expected_range
from depthfaces.alarms.people import FaceSample, RealPeople, sample_faces, split_halves
from depthfaces.alignment import NOBODY, Owned, nearest, never

Array = npt.NDArray[Any]

# Share of copies that may be luck, such as a blend of two frames of one person.
TOLERATED_SHARE = 0.05
ALARM_WORDS = {
    "copies of train faces": "{share:.0%} of the synthetic faces are copies of train faces, "
    "mirrored, moved or with noise; at most {high:.0%} may be chance.",
    "copies of held-out faces": "{share:.0%} of the synthetic faces are copies of faces that were "
    "held out, mirrored, moved or with noise; at most {high:.0%} may be chance.",
}


class CopyLimit(NamedTuple):
    """A face nearer than `distance` is a copy, and up to `share` of a set may be."""

    distance: float
    share: float


def copy_limit(real: RealPeople, side: FaceSample, seed: int) -> CopyLimit:
    """Return the limit below which a face copies `side`, from real faces of other people."""
    rng = seeding.stream(seed, "alarms", "copies")
    real_faces = sample_faces(real.train.join(real.held_out), rng)
    distances = nearest(owned_faces(real_faces), owned_faces(side)).distance
    copy_distance = never(distances)
    copy_rates = [
        float(np.mean(distances[half] < copy_distance))
        for half, _ in split_halves(real_faces.people, HALF_DRAWS, rng)
    ]
    return CopyLimit(copy_distance, expected_range(copy_rates, HALF_FACTOR)[1] + TOLERATED_SHARE)


def copy_sources(real: RealPeople) -> dict[str, FaceSample]:
    """Return {alarm: side}: the sides that copies are looked for in, by the alarm's name."""
    return {"copies of train faces": real.train, "copies of held-out faces": real.held_out}


def copy_alarms(real: RealPeople, fake: FaceSample, limits: dict[str, CopyLimit]) -> list[Alarm]:
    """Return one alarm for each side, train or held out, of which too many faces are copies."""
    fake_faces = owned_faces(fake)._replace(people=np.full(len(fake.label), NOBODY))
    alarms = []
    for name, side in copy_sources(real).items():
        share = float(
            np.mean(nearest(fake_faces, owned_faces(side)).distance < limits[name].distance)
        )
        max_share = limits[name].share
        if share > max_share:
            words = ALARM_WORDS[name].format(share=share, high=max_share)
            alarms.append(Alarm(name, share, (0.0, max_share), share, words))
    return alarms


def owned_faces(faces: FaceSample) -> Owned:
    """Return the images of `faces` with their owners."""
    assert faces.images is not None, "copies are looked for in images"
    return Owned(faces.images, faces.people)
