"""Whether a set comes nearer to held-out people than other real people do: too good to be true."""

from typing import Any

import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.alarms.alarm import Alarm
from depthfaces.alarms.expected import HALF_DRAWS, HALF_FACTOR, expected_range
from depthfaces.alarms.people import FaceSample, RealPeople, split_halves
from depthfaces.metrics.frechet import frechet_distance
from depthfaces.metrics.manifold import coverage
from depthfaces.metrics.undefined import UndefinedError

Array = npt.NDArray[Any]

CLEAR_MARGIN = 0.2  # of a distance, and in coverage: clearly better than real people
SYNTHETIC_DRAWS = 6  # draws of synthetic faces, each as large as the clouds compared
ALARM_WORDS = (
    "The {name} to the test people is {value:.3g}, clearly better than the {low:.3g} to {high:.3g} "
    "that other real people reach: whatever made the synthetic faces has seen test people."
)


def fidelity_alarms(real: RealPeople, fake: FaceSample, neighbours: int, seed: int) -> list[Alarm]:
    """Return an alarm where the Fréchet distance is below, or the coverage above, its range.

    The range is that of halves of all other people (train and validation) in the set's place, with
    as many faces. A worse value is low quality, which is no alarm.
    """
    other_people, test_points = real.train.join(real.validation), real.test.points
    if len(np.unique(other_people.people)) < 2 or len(test_points) <= neighbours:
        return []
    rng = seeding.stream(seed, "alarms", "fidelity")
    half_clouds = [
        other_people.points[half] for half, _ in split_halves(other_people.people, HALF_DRAWS, rng)
    ]
    cloud_size = min(len(test_points), len(fake.label), *map(len, half_clouds))

    def subsample(clouds: list[Array]) -> list[Array]:
        return [cloud[rng.permutation(len(cloud))[:cloud_size]] for cloud in clouds]

    honest_clouds, fake_clouds = subsample(half_clouds), subsample([fake.points] * SYNTHETIC_DRAWS)
    alarms = []
    try:
        distances = [frechet_distance(real=test_points, fake=cloud) for cloud in honest_clouds]
        alarms += _better_than_real(
            "Fréchet distance",
            [frechet_distance(real=test_points, fake=cloud) for cloud in fake_clouds],
            distances,
            -1,
        )
    except UndefinedError:
        pass  # too few faces for the dimensions: the coverage speaks alone

    def coverage_of(cloud: Array) -> float:
        return coverage(real=test_points, fake=cloud, neighbours=neighbours)

    return alarms + _better_than_real(
        "coverage", list(map(coverage_of, fake_clouds)), list(map(coverage_of, honest_clouds)), 1
    )


def _better_than_real(
    name: str, fake_values: list[float], honest_values: list[float], direction: int
) -> list[Alarm]:
    """Return the alarm, if any; `direction` is 1 where more is better, -1 where less is."""
    fake_mean, (low, high) = (
        float(np.mean(fake_values)),
        expected_range(honest_values, HALF_FACTOR, CLEAR_MARGIN),
    )
    if direction * fake_mean <= (high if direction > 0 else -low):
        return []
    words = ALARM_WORDS.format(name=name, value=fake_mean, low=low, high=high)
    return [Alarm(name, fake_mean, (low, high), None, words)]
