"""Alarms for labels that contradict the faces: some of them, or all."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist
from scipy.stats import binom

from depthfaces import seeding
from depthfaces.alarms.alarm import Alarm
from depthfaces.alarms.expected import FULL_FACTOR, HALF_DRAWS
from depthfaces.alarms.people import FaceSample, RealPeople, split_halves

Array = npt.NDArray[Any]

RARE_RATE = 0.005  # share of held-out faces whose own label the reader finds less probable
MIN_READABLE = 0.25  # share of faces as near to train faces as half of the held-out ones are
# Standard deviations, of people and of so few faces, above the rate of real people.
RATE_DEVIATIONS = 3.0
TOLERATED_SHARE = 0.06  # share of shuffled labels that a reader confused by odd faces sees
GUESS_PROBABILITY = 1e-4  # probability that guessing reads more labels


def label_alarms(real: RealPeople, fake: FaceSample, seed: int) -> list[Alarm]:
    """Return alarms for labels that faces contradict, and for labels that say nothing.

    A reader of real faces knows nothing about faces far from real ones, blurred or broken: a set
    of them sets off no alarm about its labels.
    """
    if not is_readable(real, fake):
        return []
    return _contradicted_labels(real, fake, seed) + _labels_by_chance(real, fake)


def is_readable(real: RealPeople, fake: FaceSample) -> bool:
    """Return whether enough of a set lies as near to train faces as real people's faces do."""
    held_out_gaps, fake_gaps = (
        cdist(sample.points, real.train.points).min(axis=1) for sample in (real.held_out, fake)
    )
    return bool(np.mean(fake_gaps <= np.median(held_out_gaps)) >= MIN_READABLE)


def _contradicted_labels(real: RealPeople, fake: FaceSample, seed: int) -> list[Alarm]:
    """Return the alarm for faces whose label is less probable than that of a real face."""
    rng = seeding.stream(seed, "alarms", "labels")
    held_out, classes = real.held_out, np.unique(real.train.label)
    real_probabilities = own_probability(held_out, classes)
    rare_probability = np.quantile(real_probabilities, RARE_RATE)
    real_rates = [
        float(np.mean(real_probabilities[half] < rare_probability))
        for half, _ in split_halves(held_out.people, HALF_DRAWS, rng)
    ]
    rate_deviation = np.hypot(
        FULL_FACTOR * np.std(real_rates), np.sqrt(RARE_RATE / len(fake.label))
    )
    contradicting = fake.probabilities < rare_probability
    class_shares = [float(np.mean(fake.label == class_name)) for class_name in classes]
    # The rate that this set would give with shuffled labels.
    shuffled_rate = float(contradicting.mean(axis=0) @ class_shares)
    surplus = float(
        np.mean(own_probability(fake, classes) < rare_probability) - np.mean(real_rates)
    )
    if surplus <= RATE_DEVIATIONS * rate_deviation or surplus <= TOLERATED_SHARE * shuffled_rate:
        return []
    share = min(1.0, surplus / shuffled_rate)
    max_share = max(TOLERATED_SHARE, float(RATE_DEVIATIONS * rate_deviation / shuffled_rate))
    words = (
        f"About {share:.0%} of the labels are shuffled, at most {max_share:.0%} may be chance: so "
        "many synthetic faces clearly show another class than their label says."
    )
    return [Alarm("contradicted labels", share, (0.0, max_share), share, words)]


def _labels_by_chance(real: RealPeople, fake: FaceSample) -> list[Alarm]:
    """Return the alarm for labels that a reader of real faces finds no more often than by chance.

    It stays silent where the reader does no better on held-out people.
    """
    classes, face_count = np.unique(real.train.label), len(fake.label)
    chance_rate = float(binom.ppf(1 - GUESS_PROBABILITY, face_count, 1 / len(classes))) / face_count
    fake_agreement, real_agreement = (
        label_agreement(fake, classes),
        label_agreement(real.held_out, classes),
    )
    if fake_agreement > chance_rate or real_agreement <= 2 * chance_rate:
        return []
    words = (
        f"The labels of the synthetic faces are seen in {fake_agreement:.0%} of them, by chance it "
        f"would be {1 / len(classes):.0%}, in real people's {real_agreement:.0%}: the labels "
        "say nothing."
    )
    return [
        Alarm("labels by chance", fake_agreement, (chance_rate, 1.0), 1 - fake_agreement, words)
    ]


def own_probability(faces: FaceSample, classes: Array) -> Array:
    """Return the probability (n,) of each face's own label, one of the sorted `classes`."""
    class_indices = np.searchsorted(classes, faces.label)
    return np.asarray(faces.probabilities[np.arange(len(class_indices)), class_indices])


def label_agreement(faces: FaceSample, classes: Array) -> float:
    """Return the share of faces whose label is the most probable class."""
    return float(np.mean(classes[faces.probabilities.argmax(axis=1)] == faces.label))
