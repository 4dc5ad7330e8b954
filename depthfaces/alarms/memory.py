"""Whether a set leans towards the train people, or towards people held out, more than it may.

What it may is measured: the held-out people are cut into halves, again and again; one half takes
the synthetic set's place and the other remains held out. The set itself is measured against all
held-out people. A generator fitted to train faces honestly stands somewhat nearer to them: `LEAN`
more. A set farther from everybody is of low quality, which is no alarm.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist
from scipy.stats import rankdata

from depthfaces import seeding
from depthfaces.alarms.alarm import Alarm
from depthfaces.alarms.expected import ANEW, DRAWS, LEAST, spread
from depthfaces.alarms.people import Part, Real, halves, of_people

Array = npt.NDArray[Any]

LEAN = 0.2  # share by which an honestly fitted generator may stand nearer to train
MIN_PEOPLE = 4  # held-out people below which halves say nothing
LOOKS = 6  # draws of equally many train and held-out people that the set is measured against


class View(NamedTuple):
    """Distances of one comparison, and who the people are.

    From the set to each train face (n, t), to as many train people's as are held out (n, s) and to
    held-out faces (n, h); `held_train` (h,) and `train_held` (s,) from real faces to the nearest of
    the other side, `own_train` (t,) and `own_held` (h,) to the nearest of their own.
    """

    to_all_train: Array
    to_train: Array
    to_held: Array
    held_train: Array
    train_held: Array
    own_train: Array
    own_held: Array
    train_people: Array
    held_people: Array


def closest(view: View) -> float:
    """Return the share of faces nearer to a train face than to any held-out one."""
    return float(np.mean(view.to_train.min(axis=1) < view.to_held.min(axis=1)))


def authentic_train(view: View) -> float:
    """Return the share of faces farther from the nearest train face than that is from its own."""
    return _authentic(view.to_all_train, view.own_train)


def authentic_held(view: View) -> float:
    """Return the same of held-out faces."""
    return _authentic(view.to_held, view.own_held)


def copying_train(view: View) -> float:
    """Return how often a face is farther from train than a held-out face is: C_T as a share."""
    return _above(view.to_all_train.min(axis=1), view.held_train)


def copying_held(view: View) -> float:
    """Return how often a face is farther from held-out faces than a train face is."""
    return _above(view.to_held.min(axis=1), view.train_held)


def membership(view: View) -> float:
    """Return how often a train person stands nearer to the set than a held-out one does."""
    inside = _by_person(view.to_train.min(axis=0), view.train_people)
    outside = _by_person(view.to_held.min(axis=0), view.held_people)
    return float(np.mean(inside[:, None] < outside))


def _authentic(gaps: Array, own: Array) -> float:
    return float(np.mean(gaps.min(axis=1) > own[gaps.argmin(axis=1)]))


def _above(one: Array, other: Array) -> float:
    ranks = rankdata(np.concatenate([one, other]))[: len(one)]
    return float((ranks.mean() - (len(one) + 1) / 2) / len(other))


def _by_person(gaps: Array, people: Array) -> Array:
    return np.array([gaps[people == person].mean() for person in np.unique(people)])


TRAIN = "the synthetic faces stand too close to the train people to count as new"
HELD = "whatever made the synthetic faces has seen people who were held out"


class Measure(NamedTuple):
    """A measure, what it means `low` and `high` ('' is no alarm), and whether `one_sided`.

    In a comparison of halves both sides vary; the authentic shares look at one side alone.
    """

    of: Callable[[View], float]
    low: str
    high: str
    one_sided: bool = False


MEASURES = {
    "closest share": Measure(closest, HELD, TRAIN),
    "authentic share (train)": Measure(authentic_train, TRAIN, "", one_sided=True),
    "authentic share (held out)": Measure(authentic_held, HELD, "", one_sided=True),
    "C_T (train)": Measure(copying_train, TRAIN, ""),
    "C_T (held out)": Measure(copying_held, HELD, ""),
    "membership": Measure(membership, HELD, TRAIN),
}


class Distances:
    """All distances between the sides, of which a view has some rows and columns."""

    def __init__(self, real: Real, fake: Part) -> None:
        """Measure them once."""
        self.train, self.held = real.train, real.held_out
        self.across = cdist(real.train.points, self.held.points)
        self.held_held = _to_others(self.held.points)
        self.own_train = _to_others(real.train.points).min(axis=1)
        self.fake_train = cdist(fake.points, self.train.points)
        self.fake_held = cdist(fake.points, self.held.points)

    def half(self, chosen: Array, rest: Array, train: Array) -> View:
        """Return the view of held-out rows `chosen` in the set's place, `rest` still held out."""
        return self._view(self.across.T[chosen], self.held_held[chosen], rest, train)

    def whole(self, held: Array, train: Array) -> View:
        """Return the view of the synthetic set, against the rows `held` and `train`."""
        return self._view(self.fake_train, self.fake_held, held, train)

    def _view(self, to_train: Array, to_held: Array, held: Array, train: Array) -> View:
        return View(
            to_all_train=to_train,
            to_train=to_train[:, train],
            to_held=to_held[:, held],
            held_train=self.across[:, held].min(axis=0),
            train_held=self.across[np.ix_(train, held)].min(axis=1),
            own_train=self.own_train,
            own_held=self.held_held[np.ix_(held, held)].min(axis=1),
            train_people=self.train.people[train],
            held_people=self.held.people[held],
        )


def _to_others(points: Array) -> Array:
    """Return the distances (n, n), those of a face to itself infinite."""
    gaps = np.asarray(cdist(points, points))
    np.fill_diagonal(gaps, np.inf)
    return gaps


class Views(NamedTuple):
    """The set's views, those of `honest` people in its place, and the factor of their spread."""

    ours: list[View]
    honest: list[View]
    factor: float

    def value(self, measure: Measure) -> float:
        """Return the set's mean."""
        return float(np.mean([measure.of(view) for view in self.ours]))

    def range(self, measure: Measure) -> tuple[float, float]:
        """Return what a set may have that was fitted to the train faces, between 0 and 1."""
        honest = [measure.of(view) for view in self.honest]
        low, high = spread(honest, ANEW if measure.one_sided else self.factor, LEAST)
        low -= LEAN * (measure.low == TRAIN)
        high = high + LEAN * (measure.high == TRAIN) if measure.high else 1.0
        return max(low, 0.0), min(high, 1.0)

    def far(self) -> set[str]:
        """Return the sides that the set is farther from than honest people are: no copies."""
        sides = {TRAIN: MEASURES["C_T (train)"], HELD: MEASURES["C_T (held out)"]}
        return {
            side
            for side, measure in sides.items()
            if self.value(measure) > np.mean([measure.of(view) for view in self.honest])
        }


def memory_alarms(real: Real, fake: Part, seed: int) -> list[Alarm]:
    """Return an alarm for each measure outside its range; none where too few people are known."""
    people = (real.held_out.people, real.train.people)
    if min(len(np.unique(part)) for part in people) < MIN_PEOPLE:
        return []
    views = look(real, fake, seeding.stream(seed, "alarms", "memory"))
    alarms, far = [], views.far()
    for name, measure in MEASURES.items():
        value, (low, high) = views.value(measure), views.range(measure)
        meaning = measure.low if value < low else measure.high
        if low <= value <= high or meaning in far:
            continue
        words = f"The {name} is {value:.2f}, expected {low:.2f} to {high:.2f}: {meaning}."
        alarms.append(Alarm(name, value, (low, high), None, words))
    return alarms


def look(real: Real, fake: Part, rng: np.random.Generator) -> Views:
    """Return the views of the set and of halves of the held-out people in its place."""
    held, train = real.held_out.people, real.train.people
    most = min(len(np.unique(held)), len(np.unique(train)))
    gaps, honest, counts = Distances(real, fake), [], []
    for chosen, rest in halves(held, DRAWS, rng):  # as many people of train as are held out
        counts.append(min(len(np.unique(held[rest])), most))
        still = rest[of_people(held[rest], counts[-1], rng)]
        honest.append(gaps.half(chosen, still, of_people(train, counts[-1], rng)))
    ours = [
        gaps.whole(of_people(held, most, rng), of_people(train, most, rng)) for _ in range(LOOKS)
    ]
    # The set is measured against `most` people, who vary less than half as many.
    return Views(ours, honest, float(np.sqrt(np.mean(counts) / most)))
