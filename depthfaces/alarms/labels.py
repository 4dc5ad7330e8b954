"""Labels that contradict the faces: some of them, or all."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist
from scipy.stats import binom

from depthfaces import seeding
from depthfaces.alarms.alarm import Alarm
from depthfaces.alarms.expected import AS_MANY, DRAWS
from depthfaces.alarms.people import Part, Real, halves

Array = npt.NDArray[Any]

RARE = 0.005  # share of held-out faces whose own label the reader finds less probable
READABLE = 0.25  # share of faces as near to train faces as half of the held-out ones are
WIDTH = 3.0  # standard deviations, of people and of so few faces, above the rate of real people
TOLERATED = 0.06  # share of shuffled labels that a reader confused by odd faces sees
CERTAIN = 1e-4  # probability with which guessing would read more labels


def label_alarms(real: Real, fake: Part, seed: int) -> list[Alarm]:
    """Return alarms for labels that faces contradict, and for labels that say nothing.

    Of faces far from real ones, blurred or broken, a reader of real faces knows nothing: a set of
    them sets off no alarm about its labels.
    """
    if not readable(real, fake):
        return []
    return _contradicted(real, fake, seed) + _guessed(real, fake)


def readable(real: Real, fake: Part) -> bool:
    """Return whether enough of a set lies as near to train faces as real people's faces do."""
    held, made = (
        cdist(part.points, real.train.points).min(axis=1) for part in (real.held_out, fake)
    )
    return bool(np.mean(made <= np.median(held)) >= READABLE)


def _contradicted(real: Real, fake: Part, seed: int) -> list[Alarm]:
    """Return the alarm for faces whose label is less probable than that of a real face."""
    rng = seeding.stream(seed, "alarms", "labels")
    held, classes = real.held_out, np.unique(real.train.label)
    known = own_probability(held, classes)
    bound = np.quantile(known, RARE)
    rates = [float(np.mean(known[half] < bound)) for half, _ in halves(held.people, DRAWS, rng)]
    deviation = np.hypot(AS_MANY * np.std(rates), np.sqrt(RARE / len(fake.label)))
    against = fake.probability < bound
    each = [float(np.mean(fake.label == name)) for name in classes]
    shuffled = float(against.mean(axis=0) @ each)  # what this set would give with shuffled labels
    surplus = float(np.mean(own_probability(fake, classes) < bound) - np.mean(rates))
    if surplus <= WIDTH * deviation or surplus <= TOLERATED * shuffled:
        return []
    share = min(1.0, surplus / shuffled)
    high = max(TOLERATED, float(WIDTH * deviation / shuffled))
    words = (
        f"About {share:.0%} of the labels are shuffled, at most {high:.0%} may be chance: so many "
        "synthetic faces clearly show another class than their label says."
    )
    return [Alarm("contradicted labels", share, (0.0, high), share, words)]


def _guessed(real: Real, fake: Part) -> list[Alarm]:
    """Return the alarm for labels that a reader of real faces finds no more often than by chance.

    It stays silent where the reader knows no better of held-out people.
    """
    classes, count = np.unique(real.train.label), len(fake.label)
    chance = float(binom.ppf(1 - CERTAIN, count, 1 / len(classes))) / count
    value, floor = agreement(fake, classes), agreement(real.held_out, classes)
    if value > chance or floor <= 2 * chance:
        return []
    words = (
        f"The labels of the synthetic faces are seen in {value:.0%} of them, by chance it would be "
        f"{1 / len(classes):.0%}, in real people's {floor:.0%}: the labels say nothing."
    )
    return [Alarm("labels by chance", value, (chance, 1.0), 1 - value, words)]


def own_probability(part: Part, classes: Array) -> Array:
    """Return the probability (n,) of each face's own label, one of the sorted `classes`."""
    targets = np.searchsorted(classes, part.label)
    return np.asarray(part.probability[np.arange(len(targets)), targets])


def agreement(part: Part, classes: Array) -> float:
    """Return the share of faces whose label is the most probable class."""
    return float(np.mean(classes[part.probability.argmax(axis=1)] == part.label))
