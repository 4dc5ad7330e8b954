"""The metrics' own test, on the user's faces: known faults, and which metric noticed."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from depthfaces import seeding
from depthfaces.metrics.fidelity import Sides
from depthfaces.metrics.measure import measure
from depthfaces.metrics.sides import TRAIN, Side, matched
from depthfaces.metrics.surface import BACKGROUND
from depthfaces.schema import Params

Array = npt.NDArray[Any]
UP, DOWN = "up", "down"
SLIGHT, STRONG = 0.015, 0.06  # noise in units of the depth window's half
BLUR = 1.5 / 64  # of the side
_COPIED = {
    "closest_share": UP,
    "authentic_share": DOWN,
    "copying_z": DOWN,
    "membership_auc": UP,
}
_FAR = {"fd": UP, "kid": UP, "precision": DOWN, "normal_distance": UP, "spectrum_distance": UP}
_POOR = {"recall": DOWN, "coverage": DOWN, "diversity": DOWN, "vendi": DOWN}
# What each fault must do to a metric; metrics not named are shown, but nothing is asked of them.
EXPECTED = {
    "copies": _COPIED,
    "noisy copies": _COPIED,
    "half dropped": _POOR,
    "blur": _FAR,
    "noise": _FAR,
    "mean face": {"fd": UP, "kid": UP, **_POOR, "sameness": UP},
    "shuffled labels": {"label_share": DOWN},
}


def selftest(sides: Sides, extract: Callable[[Array], Array], params: Params) -> dict[str, Any]:
    """Return {faces, values {fault: {metric: value}}, moves [{fault, metric, ...}], passed, asked}.

    Honest faces are those of validation people, whom nothing was fitted on; each fault has as
    many. `extract` turns images (n, S, S) into features (n, D).
    """
    rng = seeding.stream(params.seed, "selftest")
    broken = faults(sides, extract, rng)
    found = {
        name: {key: value.value for key, value in measure(sides.reference, s, params).items()}
        for name, s in broken.items()
    }
    moves = [
        move(fault, metric, way, found)
        for fault, wanted in EXPECTED.items()
        for metric, way in wanted.items()
        if metric in found["honest"]
    ]
    passed = [row["moved"] for row in moves if row["moved"] is not None]
    return {
        "faces": len(broken["honest"]),
        "values": found,
        "moves": moves,
        "passed": sum(passed),
        "asked": len(passed),
    }


def move(fault: str, metric: str, way: str, found: dict[str, Any]) -> dict[str, Any]:
    """Return whether `metric` moved the right way; None where it has no value."""
    before, after = found["honest"][metric], found[fault][metric]
    moved = None
    if before is not None and after is not None:
        moved = bool(after > before) if way == UP else bool(after < before)
    return {"fault": fault, "metric": metric, "expected": way, "moved": moved}


def faults(
    sides: Sides, extract: Callable[[Array], Array], rng: np.random.Generator
) -> dict[str, Side]:
    """Return the honest faces and each fault's, all as many and with one mix of classes."""
    train = sides.sides[TRAIN]
    rows, copied = matched([sides.validation.label, train.label], len(train), [rng, rng])
    honest, copies = sides.validation.pick(rows), train.pick(copied)
    assert honest.images is not None, "the self-test makes its faults from images"
    assert copies.images is not None, "the self-test makes its faults from images"

    def made(images: Array, label: Array) -> Side:
        return sides.space.side(extract(images), label, images)

    blurred = gaussian_filter(honest.images, (0, *(BLUR * honest.images.shape[-1],) * 2))
    return {
        "honest": honest,
        "copies": copies,
        "noisy copies": made(noisy(copies.images, SLIGHT, rng), copies.label),
        "half dropped": honest.pick(one_half(honest)),
        "blur": made(blurred, honest.label),
        "noise": made(noisy(honest.images, STRONG, rng), honest.label),
        "mean face": made(means(honest.images, honest.label), honest.label),
        "shuffled labels": Side(
            honest.points, honest.shares, rng.permutation(honest.label), honest.images
        ),
    }


def noisy(images: Array, deviation: float, rng: np.random.Generator) -> Array:
    """Return faces with depth noise on their face pixels."""
    noise = rng.normal(0, deviation, images.shape) * (images > BACKGROUND)
    return np.clip(images + noise, -1, 1).astype(np.float32)


def means(images: Array, label: Array) -> Array:
    """Return, in each face's place, the mean face of its class."""
    result = np.empty_like(images)
    for name in set(label):
        result[label == name] = images[label == name].mean(axis=0)
    return result


def one_half(side: Side) -> Array:
    """Return rows, as many as there are: each class's faces of one half of the space, repeated.

    The halves lie on both sides of the class's median along the first dimension, the widest.
    """
    rows = []
    for name in sorted(set(side.label)):
        own = np.flatnonzero(side.label == name)
        kept = own[np.argsort(side.points[own, 0], kind="stable")[: -(-len(own) // 2)]]
        rows.append(np.resize(kept, len(own)))
    return np.concatenate(rows)
