"""Self-test of the metrics on the user's faces: known faults, and which metrics notice them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from depthfaces import seeding
from depthfaces.metrics.fidelity import Sides
from depthfaces.metrics.measure import measure_side
from depthfaces.metrics.sides import TRAIN, Side, matched_rows
from depthfaces.metrics.surface import BACKGROUND_DEPTH
from depthfaces.schema import Params

Array = npt.NDArray[Any]
UP, DOWN = "up", "down"
SLIGHT_NOISE, STRONG_NOISE = 0.015, 0.06  # noise in units of the depth window's half
BLUR_SIGMA = 1.5 / 64  # of the side
_COPY_MOVES = {
    "closest_share": UP,
    "authentic_share": DOWN,
    "copying_z": DOWN,
    "membership_auc": UP,
}
_DISTANCE_MOVES = {
    "fd": UP,
    "kid": UP,
    "precision": DOWN,
    "normal_distance": UP,
    "spectrum_distance": UP,
}
_VARIETY_MOVES = {"recall": DOWN, "coverage": DOWN, "diversity": DOWN, "vendi": DOWN}
# How each fault must move a metric; metrics not named are shown but not checked.
EXPECTED_MOVES = {
    "copies": _COPY_MOVES,
    "noisy copies": _COPY_MOVES,
    "half dropped": _VARIETY_MOVES,
    "blur": _DISTANCE_MOVES,
    "noise": _DISTANCE_MOVES,
    "mean face": {"fd": UP, "kid": UP, **_VARIETY_MOVES, "sameness": UP},
    "shuffled labels": {"label_share": DOWN},
}


def selftest(sides: Sides, extract: Callable[[Array], Array], params: Params) -> dict[str, Any]:
    """Return {faces, values {fault: {metric: value}}, moves [{fault, metric, ...}], passed, asked}.

    Honest faces are those of validation people, whom nothing was fitted on; each fault has as
    many. `extract` turns images (n, S, S) into features (n, D).
    """
    rng = seeding.stream(params.seed, "selftest")
    fault_sides = faulty_sides(sides, extract, rng)
    fault_values = {
        fault: {
            metric: value.value
            for metric, value in measure_side(sides.reference, side, params).items()
        }
        for fault, side in fault_sides.items()
    }
    moves = [
        check_move(fault, metric, direction, fault_values)
        for fault, expected_moves in EXPECTED_MOVES.items()
        for metric, direction in expected_moves.items()
        if metric in fault_values["honest"]
    ]
    outcomes = [row["moved"] for row in moves if row["moved"] is not None]
    return {
        "faces": len(fault_sides["honest"]),
        "values": fault_values,
        "moves": moves,
        "passed": sum(outcomes),
        "asked": len(outcomes),
    }


def check_move(
    fault: str, metric: str, direction: str, fault_values: dict[str, Any]
) -> dict[str, Any]:
    """Return whether `metric` moved in the expected direction; None where it has no value."""
    honest_value, faulty_value = fault_values["honest"][metric], fault_values[fault][metric]
    moved = None
    if honest_value is not None and faulty_value is not None:
        moved = (
            bool(faulty_value > honest_value)
            if direction == UP
            else bool(faulty_value < honest_value)
        )
    return {"fault": fault, "metric": metric, "expected": direction, "moved": moved}


def faulty_sides(
    sides: Sides, extract: Callable[[Array], Array], rng: np.random.Generator
) -> dict[str, Side]:
    """Return the honest side and one side per fault, equally many faces with one class mix."""
    train_side = sides.sides[TRAIN]
    honest_rows, copied_rows = matched_rows(
        [sides.validation.label, train_side.label], len(train_side), [rng, rng]
    )
    honest, copies = sides.validation.pick(honest_rows), train_side.pick(copied_rows)
    assert honest.images is not None, "the self-test makes its faults from images"
    assert copies.images is not None, "the self-test makes its faults from images"

    def side_of_images(images: Array, label: Array) -> Side:
        return sides.space.side_of_features(extract(images), label, images)

    blurred = gaussian_filter(honest.images, (0, *(BLUR_SIGMA * honest.images.shape[-1],) * 2))
    return {
        "honest": honest,
        "copies": copies,
        "noisy copies": side_of_images(
            add_depth_noise(copies.images, SLIGHT_NOISE, rng), copies.label
        ),
        "half dropped": honest.pick(half_space_rows(honest)),
        "blur": side_of_images(blurred, honest.label),
        "noise": side_of_images(add_depth_noise(honest.images, STRONG_NOISE, rng), honest.label),
        "mean face": side_of_images(class_mean_faces(honest.images, honest.label), honest.label),
        "shuffled labels": Side(
            honest.points, honest.probabilities, rng.permutation(honest.label), honest.images
        ),
    }


def add_depth_noise(images: Array, deviation: float, rng: np.random.Generator) -> Array:
    """Return faces with depth noise on their face pixels."""
    noise = rng.normal(0, deviation, images.shape) * (images > BACKGROUND_DEPTH)
    return np.clip(images + noise, -1, 1).astype(np.float32)


def class_mean_faces(images: Array, label: Array) -> Array:
    """Return the mean face of each face's class, in the order of the faces."""
    mean_faces = np.empty_like(images)
    for class_name in set(label):
        mean_faces[label == class_name] = images[label == class_name].mean(axis=0)
    return mean_faces


def half_space_rows(side: Side) -> Array:
    """Return as many rows as faces: those of one half of the space, repeated, class by class.

    The halves lie on both sides of the class's median along the first dimension, the widest.
    """
    class_rows = []
    for class_name in sorted(set(side.label)):
        own_rows = np.flatnonzero(side.label == class_name)
        half_rows = own_rows[
            np.argsort(side.points[own_rows, 0], kind="stable")[: -(-len(own_rows) // 2)]
        ]
        class_rows.append(np.resize(half_rows, len(own_rows)))
    return np.concatenate(class_rows)
