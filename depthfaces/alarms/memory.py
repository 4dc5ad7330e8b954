"""Alarms for sets that lean towards the train people, or the held-out people, more than allowed.

The limits are measured: the held-out people are cut into halves, again and again; one half takes
the synthetic set's place and the other remains held out. The set itself is measured against all
held-out people. A generator fitted to train faces honestly stands somewhat nearer to them:
`ALLOWED_LEAN` more. A set farther from everybody is of low quality, which is no alarm.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist
from scipy.stats import rankdata

from depthfaces import seeding
from depthfaces.alarms.alarm import Alarm
from depthfaces.alarms.expected import HALF_DRAWS, HALF_FACTOR, MIN_RANGE, expected_range
from depthfaces.alarms.people import FaceSample, RealPeople, people_rows, split_halves

Array = npt.NDArray[Any]

ALLOWED_LEAN = 0.2  # share by which an honestly fitted generator may stand nearer to train
MIN_PEOPLE = 4  # held-out people below which halves say nothing
PEOPLE_DRAWS = 6  # draws of equally many train and held-out people to measure the set against


class DistanceView(NamedTuple):
    """Distances of one comparison, and who the people are.

    From the set to each train face (n, t), to faces of as many train people as are held out (n, s)
    and to held-out faces (n, h). `held_out_to_train` (h,) and `train_to_held_out` (s,) lead from
    real faces to the nearest of the other side, `within_train` (t,) and `within_held_out` (h,) to
    the nearest of their own.
    """

    to_all_train: Array
    to_train: Array
    to_held_out: Array
    held_out_to_train: Array
    train_to_held_out: Array
    within_train: Array
    within_held_out: Array
    train_people: Array
    held_out_people: Array


def closest_train(view: DistanceView) -> float:
    """Return the share of faces nearer to a train face than to any held-out one."""
    return float(np.mean(view.to_train.min(axis=1) < view.to_held_out.min(axis=1)))


def authentic_train(view: DistanceView) -> float:
    """Return the share of faces farther from the nearest train face than that is from its own."""
    return _authentic_share(view.to_all_train, view.within_train)


def authentic_held_out(view: DistanceView) -> float:
    """Return the same share for held-out faces."""
    return _authentic_share(view.to_held_out, view.within_held_out)


def copying_train(view: DistanceView) -> float:
    """Return how often a face is farther from train than a held-out face is: C_T as a share."""
    return _share_above(view.to_all_train.min(axis=1), view.held_out_to_train)


def copying_held_out(view: DistanceView) -> float:
    """Return how often a face is farther from held-out faces than a train face is."""
    return _share_above(view.to_held_out.min(axis=1), view.train_to_held_out)


def membership_share(view: DistanceView) -> float:
    """Return how often a train person stands nearer to the set than a held-out one does."""
    inside = _by_person(view.to_train.min(axis=0), view.train_people)
    outside = _by_person(view.to_held_out.min(axis=0), view.held_out_people)
    return float(np.mean(inside[:, None] < outside))


def _authentic_share(gaps: Array, own_gaps: Array) -> float:
    return float(np.mean(gaps.min(axis=1) > own_gaps[gaps.argmin(axis=1)]))


def _share_above(first_gaps: Array, second_gaps: Array) -> float:
    first_ranks = rankdata(np.concatenate([first_gaps, second_gaps]))[: len(first_gaps)]
    return float((first_ranks.mean() - (len(first_gaps) + 1) / 2) / len(second_gaps))


def _by_person(gaps: Array, people: Array) -> Array:
    return np.array([gaps[people == person].mean() for person in np.unique(people)])


LEANS_TO_TRAIN = "the synthetic faces stand too close to the train people to count as new"
SAW_HELD_OUT = "whatever made the synthetic faces has seen people who were held out"


class MemoryMeasure(NamedTuple):
    """A measure, the meaning of too low and too high values ('' is no alarm), and `one_sided`.

    In a comparison of halves both sides vary; the authentic shares look at one side alone.
    """

    compute: Callable[[DistanceView], float]
    low_meaning: str
    high_meaning: str
    one_sided: bool = False


MEMORY_MEASURES = {
    "closest share": MemoryMeasure(closest_train, SAW_HELD_OUT, LEANS_TO_TRAIN),
    "authentic share (train)": MemoryMeasure(authentic_train, LEANS_TO_TRAIN, "", one_sided=True),
    "authentic share (held out)": MemoryMeasure(
        authentic_held_out, SAW_HELD_OUT, "", one_sided=True
    ),
    "C_T (train)": MemoryMeasure(copying_train, LEANS_TO_TRAIN, ""),
    "C_T (held out)": MemoryMeasure(copying_held_out, SAW_HELD_OUT, ""),
    "membership": MemoryMeasure(membership_share, SAW_HELD_OUT, LEANS_TO_TRAIN),
}


class SideDistances:
    """All distances between the sides; a view holds some of their rows and columns."""

    def __init__(self, real: RealPeople, fake: FaceSample) -> None:
        """Compute all distances once."""
        self.train, self.held_out = real.train, real.held_out
        self.train_to_held_out = cdist(real.train.points, self.held_out.points)
        self.held_out_pairs = _pairwise_distances(self.held_out.points)
        self.within_train = _pairwise_distances(real.train.points).min(axis=1)
        self.fake_to_train = cdist(fake.points, self.train.points)
        self.fake_to_held_out = cdist(fake.points, self.held_out.points)

    def half_view(self, chosen_rows: Array, rest_rows: Array, train_rows: Array) -> DistanceView:
        """Return the view with `chosen_rows` in the set's place and `rest_rows` still held out."""
        return self._view(
            self.train_to_held_out.T[chosen_rows],
            self.held_out_pairs[chosen_rows],
            rest_rows,
            train_rows,
        )

    def fake_view(self, held_out_rows: Array, train_rows: Array) -> DistanceView:
        """Return the view of the synthetic set against `held_out_rows` and `train_rows`."""
        return self._view(self.fake_to_train, self.fake_to_held_out, held_out_rows, train_rows)

    def _view(
        self, to_train: Array, to_held_out: Array, held_out_rows: Array, train_rows: Array
    ) -> DistanceView:
        return DistanceView(
            to_all_train=to_train,
            to_train=to_train[:, train_rows],
            to_held_out=to_held_out[:, held_out_rows],
            held_out_to_train=self.train_to_held_out[:, held_out_rows].min(axis=0),
            train_to_held_out=self.train_to_held_out[np.ix_(train_rows, held_out_rows)].min(axis=1),
            within_train=self.within_train,
            within_held_out=self.held_out_pairs[np.ix_(held_out_rows, held_out_rows)].min(axis=1),
            train_people=self.train.people[train_rows],
            held_out_people=self.held_out.people[held_out_rows],
        )


def _pairwise_distances(points: Array) -> Array:
    """Return the distances (n, n) with an infinite diagonal."""
    gaps = np.asarray(cdist(points, points))
    np.fill_diagonal(gaps, np.inf)
    return gaps


class ComparisonViews(NamedTuple):
    """Views of the set, of honest people in its place, and the factor on the honest spread."""

    fake_views: list[DistanceView]
    honest_views: list[DistanceView]
    spread_factor: float

    def fake_mean(self, measure: MemoryMeasure) -> float:
        """Return the mean of `measure` over the views of the set."""
        return float(np.mean([measure.compute(view) for view in self.fake_views]))

    def honest_range(self, measure: MemoryMeasure) -> tuple[float, float]:
        """Return the range, within 0 to 1, allowed to a set that was fitted to the train faces."""
        honest_values = [measure.compute(view) for view in self.honest_views]
        low, high = expected_range(
            honest_values, HALF_FACTOR if measure.one_sided else self.spread_factor, MIN_RANGE
        )
        low -= ALLOWED_LEAN * (measure.low_meaning == LEANS_TO_TRAIN)
        high = (
            high + ALLOWED_LEAN * (measure.high_meaning == LEANS_TO_TRAIN)
            if measure.high_meaning
            else 1.0
        )
        return max(low, 0.0), min(high, 1.0)

    def far_sides(self) -> set[str]:
        """Return the sides that the set is farther from than honest people: it copies neither."""
        copy_measures = {
            LEANS_TO_TRAIN: MEMORY_MEASURES["C_T (train)"],
            SAW_HELD_OUT: MEMORY_MEASURES["C_T (held out)"],
        }
        return {
            side
            for side, measure in copy_measures.items()
            if self.fake_mean(measure)
            > np.mean([measure.compute(view) for view in self.honest_views])
        }


def memory_alarms(real: RealPeople, fake: FaceSample, seed: int) -> list[Alarm]:
    """Return an alarm for each measure outside its range; none where too few people are known."""
    people = (real.held_out.people, real.train.people)
    if min(len(np.unique(side_people)) for side_people in people) < MIN_PEOPLE:
        return []
    views = compare_halves(real, fake, seeding.stream(seed, "alarms", "memory"))
    alarms, far_sides = [], views.far_sides()
    for name, measure in MEMORY_MEASURES.items():
        value, (low, high) = views.fake_mean(measure), views.honest_range(measure)
        meaning = measure.low_meaning if value < low else measure.high_meaning
        if low <= value <= high or meaning in far_sides:
            continue
        words = f"The {name} is {value:.2f}, expected {low:.2f} to {high:.2f}: {meaning}."
        alarms.append(Alarm(name, value, (low, high), None, words))
    return alarms


def compare_halves(real: RealPeople, fake: FaceSample, rng: np.random.Generator) -> ComparisonViews:
    """Return the views of the set and of halves of the held-out people in its place."""
    held_out_people, train_people = real.held_out.people, real.train.people
    max_people = min(len(np.unique(held_out_people)), len(np.unique(train_people)))
    distances, honest_views, counts = SideDistances(real, fake), [], []
    # Each half is compared with as many train people as remain held out.
    for chosen_rows, rest_rows in split_halves(held_out_people, HALF_DRAWS, rng):
        counts.append(min(len(np.unique(held_out_people[rest_rows])), max_people))
        held_out_rows = rest_rows[people_rows(held_out_people[rest_rows], counts[-1], rng)]
        honest_views.append(
            distances.half_view(
                chosen_rows, held_out_rows, people_rows(train_people, counts[-1], rng)
            )
        )
    fake_views = [
        distances.fake_view(
            people_rows(held_out_people, max_people, rng),
            people_rows(train_people, max_people, rng),
        )
        for _ in range(PEOPLE_DRAWS)
    ]
    # The set is measured against `max_people` people, who vary less than half as many.
    return ComparisonViews(fake_views, honest_views, float(np.sqrt(np.mean(counts) / max_people)))
