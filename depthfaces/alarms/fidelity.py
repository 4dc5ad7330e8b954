"""Whether a set comes nearer to held-out people than other real people do: too good to be true."""

from typing import Any

import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.alarms.alarm import Alarm
from depthfaces.alarms.expected import ANEW, DRAWS, spread
from depthfaces.alarms.people import Part, Real, halves
from depthfaces.metrics.frechet import frechet_distance
from depthfaces.metrics.manifold import coverage
from depthfaces.metrics.undefined import UndefinedError

Array = npt.NDArray[Any]

CLEARLY = 0.2  # of a distance, and in coverage: what is clearly better than real people
LOOKS = 6  # draws of synthetic faces, as many as are compared
WORDS = (
    "The {name} to the test people is {value:.3g}, clearly better than the {low:.3g} to {high:.3g} "
    "that other real people reach: whatever made the synthetic faces has seen test people."
)


def fidelity_alarms(real: Real, fake: Part, neighbours: int, seed: int) -> list[Alarm]:
    """Return an alarm where the Fréchet distance is below, or the coverage above, its range.

    The range is that of halves of all other people (train and validation) in the set's place, with
    as many faces. A worse value is low quality, which is no alarm.
    """
    others, test = real.train.join(real.validation), real.test.points
    if len(np.unique(others.people)) < 2 or len(test) <= neighbours:
        return []
    rng = seeding.stream(seed, "alarms", "fidelity")
    draws = [others.points[half] for half, _ in halves(others.people, DRAWS, rng)]
    count = min(len(test), len(fake.label), *map(len, draws))

    def looks(clouds: list[Array]) -> list[Array]:
        return [cloud[rng.permutation(len(cloud))[:count]] for cloud in clouds]

    honest, ours = looks(draws), looks([fake.points] * LOOKS)
    alarms = []
    try:
        values = [frechet_distance(real=test, fake=cloud) for cloud in honest]
        alarms += _better(
            "Fréchet distance", [frechet_distance(real=test, fake=c) for c in ours], values, -1
        )
    except UndefinedError:
        pass  # too few faces for the dimensions: the coverage speaks alone

    def covered(cloud: Array) -> float:
        return coverage(real=test, fake=cloud, neighbours=neighbours)

    return alarms + _better("coverage", list(map(covered, ours)), list(map(covered, honest)), 1)


def _better(name: str, ours: list[float], honest: list[float], better: int) -> list[Alarm]:
    """Return the alarm, if any; `better` is 1 where more is, -1 where less is."""
    value, (low, high) = float(np.mean(ours)), spread(honest, ANEW, CLEARLY)
    if better * value <= (high if better > 0 else -low):
        return []
    words = WORDS.format(name=name, value=value, low=low, high=high)
    return [Alarm(name, value, (low, high), None, words)]
