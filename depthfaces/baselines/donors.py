"""What a real person's face does from neutral to an emotion, as a motion that another can make.

A motion belongs to the vertices of the head model, looking straight ahead: facial actions that were
fitted to the person's faces, and along the skin's normals what those leave unexplained, smoothed.
"""

import numpy as np

from depthfaces.baselines.morphable import (
    Array,
    Fit,
    Model,
    Target,
    fit,
    pulls,
    start,
)
from depthfaces.baselines.motion import placed

JAWS = (0.0, 0.7, 1.2)  # a wide open mouth is out of reach for vertices that start from a shut one
LEAST = 0.1  # share of a vertex's surroundings that counts for nothing being there
MOST = 12.0  # mm of unexplained change; more is a wrong match


Held = tuple[Target, Fit]


def resting(faces: list[Target], model: Model) -> tuple[Array, list[Fit]]:
    """Return one person's shape (K,), from neutral faces, and the head at rest in each of them."""
    found = [fit(face, start(model), model, (True, False)) for face in faces]
    shape = np.median([head.shape for head in found], axis=0)
    same = [head._replace(shape=shape) for head in found]
    pairs = zip(faces, same, strict=True)
    return shape, [fit(face, head, model, (False, False)) for face, head in pairs]


def acting(face: Target, shape: Array, model: Model, jaws: tuple[float, ...] = JAWS) -> Fit:
    """Return the head of a person of known shape in a face with an expression."""
    tried = [fit(face, start(model, shape, jawOpen=jaw), model, (False, True)) for jaw in jaws]
    return min(tried, key=lambda head: head.error)


def change(before: list[Held], after: list[Held], model: Model) -> Array:
    """Return the motion (V, 3) from a person's mean neutral face to the mean face of an emotion.

    Both are faces beside heads that act: what a fit finds in any face of theirs cancels out.
    """
    weights = [np.median([head.weights for _, head in part], axis=0) for part in (before, after)]
    motion = np.tensordot(weights[1] - weights[0], model.actions, 1).astype(np.float64)
    gaps, trusts = zip(*(unexplained(part, model) for part in (before, after)), strict=True)
    left = smoothed(np.clip(gaps[1] - gaps[0], -MOST, MOST), np.minimum(*trusts), model)
    # Behind is against the normal; single normals of the lips point anywhere.
    broad = model.near @ (model.near @ model.normals)
    broad /= np.linalg.norm(broad, axis=1, keepdims=True)
    motion[model.vertices] -= left[:, None] * broad
    return motion


def unexplained(faces: list[Held], model: Model) -> tuple[Array, Array]:
    """Return how far faces lie behind their heads (n,) in mm on average, and how sure that is."""
    total, weight = np.zeros((2, len(model.vertices)))
    for face, head in faces:
        points = placed(head, model)[model.vertices]
        gap, _, trust = pulls(face, points, model.normals @ head.turn.T)
        total += gap * (trust > 0)
        weight += trust > 0
    return total / np.maximum(weight, 1e-6), weight / len(faces)


def smoothed(values: Array, weight: Array, model: Model) -> Array:
    """Return `values` (n,) of the skin's vertices as weighted means of their surroundings.

    Where nothing was seen they fall to 0.
    """
    near = model.near * weight
    return np.asarray(near @ values / (near.sum(1) + LEAST * model.near.sum(1)))
