"""A head model fitted to a depth face: how it is held, its shape, and the facial actions it shows.

Shapes are the principal components of virtual people's heads, actions those of the head model. The
fit is a non-rigid ICP: vertices find their pixel by projection and are drawn along its normal.
"""

from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.depth.crop import Window
from depthfaces.sources.virtual import heads, people

Array = npt.NDArray[np.floating]
Floats = npt.NDArray[np.float32]

PEOPLE = 64  # heads that the components are of
COMPONENTS = 20
FACING = -0.35  # z of the normal up to which a vertex is looked for
DEEPEST = 75.0  # mm behind the nose tip: farther vertices are hair and neck in most faces
FARTHEST = 20.0  # mm between a vertex and its pixel beyond which they have nothing to do
STEPS = 10
# Of the ridge: mm by which a fitted vertex is off, how many vertices say the same, and the standard
# deviations of a facial action, of a small turn (radians) and of a shift (mm).
ERROR, ALIKE, ACTION, TURN, MOVE = 2.0, 2.0, 0.5, 0.5, 15.0
STRONGEST = 1.5  # an action beyond its range
SAMPLE = 0.4  # mm² a sample of the surface
SMOOTH = 4.5  # mm between vertices that are near to each other
CELL = 3.0  # mm: side of the cells that say what is hidden
FITTED = 700  # vertices of the skin that are drawn to a face; the others follow
# Actions that a depth face of few pixels does not show, or that only another makes sense of.
UNSEEN = (
    "eyeLook", "eyeBlink", "eyeSquint", "eyeWide", "tongueOut", "mouthClose", "cheekPuff",
    "jawLeft", "jawRight", "mouthLeft", "mouthRight",
)  # fmt: skip


class Model(NamedTuple):
    """The mean head (V, 3), shapes (K, V, 3) of one deviation each, and actions (A, V, 3).

    `ties` (G, A): what is fitted, the left and the right of an action together, for of a turned
    head one side shows little. `vertices` (n,) of the face's skin in random order, `normals` (n, 3)
    of them, and how `near` (n, n) they are to each other, 1 to 0. Samples of the skin: the vertices
    round each (`corners`, (P, 3)) and the `shares` of these (P, 3).
    """

    mean: Floats
    shapes: Floats
    actions: Floats
    labels: list[str]
    ties: Floats
    vertices: npt.NDArray[np.intp]
    normals: Floats
    near: Floats
    corners: npt.NDArray[np.intp]
    shares: Floats


class Fit(NamedTuple):
    """A head in the camera's axes: turn (3, 3), shift (3,) in mm, shape (K,), weights (A,)."""

    turn: Array
    shift: Array
    shape: Array
    weights: Array
    error: float = 0.0  # mean distance in mm, cut at `FARTHEST`


@cache
def load() -> Model:
    """Return the model; its people are the same whatever the seed."""
    head = heads.load()
    found = []
    for number in range(PEOPLE):
        rng = seeding.stream(0, "morphable", number)
        person = people.draw(rng, head.change_labels)
        found.append(head.neutral(person))
    mean, shapes = _components(np.stack(found))
    return Model(
        mean, shapes, head.actions, head.action_labels, _ties(head.action_labels),
        *_skin(mean, head.triangles), *_samples(mean, head.triangles),
    )  # fmt: skip


def _ties(labels: list[str]) -> Floats:
    """Return which actions (G, A) are fitted as one."""
    names = [name.removesuffix("Left").removesuffix("Right") for name in labels]
    kept = dict.fromkeys(
        name for name, label in zip(names, labels, strict=True) if not label.startswith(UNSEEN)
    )
    return np.array([[float(name == one) for name in names] for one in kept], np.float32)


def _components(every: Floats) -> tuple[Floats, Floats]:
    """Return the mean (V, 3) of heads (n, V, 3) and their first principal components (K, V, 3)."""
    mean = every.mean(0)
    _, size, ways = np.linalg.svd((every - mean).reshape(len(every), -1), full_matrices=False)
    shapes = size[:COMPONENTS, None] * ways[:COMPONENTS] / np.sqrt(len(every) - 1)
    return mean, np.asarray(shapes.reshape(-1, *mean.shape), np.float32)


def _areas(mean: Floats, triangles: npt.NDArray[np.int32]) -> Floats:
    """Return each triangle's normal (T, 3) with its area in mm² as length, outwards."""
    a, b, c = (mean[triangles[:, k]] for k in range(3))
    across = np.cross(b - a, c - a) / 2
    outwards = ((a - mean.mean(0)) * across).sum()
    return np.asarray(across * np.sign(outwards), np.float32)


def _skin(
    mean: Floats, triangles: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.intp], Floats, Floats]:
    """Return the vertices of the face that can be seen, their normals, and how near they are."""
    areas = _areas(mean, triangles)
    normals = np.zeros_like(mean)
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], areas)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6)
    on_top = _on_top(mean)
    found = np.flatnonzero(on_top & (normals[:, 2] < 0) & (mean[:, 2] < DEEPEST))
    mixed = seeding.stream(0, "morphable", "vertices").permutation(found)
    square = ((mean[mixed][:, None] - mean[mixed][None]) ** 2).sum(-1)
    near = np.exp(-square / (2 * SMOOTH**2))
    return mixed, normals[mixed].astype(np.float32), near.astype(np.float32)


def _on_top(points: Floats) -> npt.NDArray[np.bool_]:
    """Return which of points (n, 3) no other hides from the front, to some millimetres."""
    cells = np.rint(points[:, :2] / CELL).astype(np.int64)
    cells -= cells.min(0)
    nearest = np.full(cells.max(0) + 1, np.inf)
    np.minimum.at(nearest, tuple(cells.T), points[:, 2])
    return np.asarray(points[:, 2] < nearest[tuple(cells.T)] + 2 * CELL)


def _samples(mean: Floats, triangles: npt.NDArray[np.int32]) -> tuple[npt.NDArray[np.intp], Floats]:
    """Return samples of the surface that faces the camera: their corners and shares (P, 3)."""
    areas = _areas(mean, triangles)
    size = np.linalg.norm(areas, axis=1)
    front = areas[:, 2] < 0.1 * size
    rng = seeding.stream(0, "morphable", "samples")
    count = np.where(front, size / SAMPLE + rng.random(len(size)), 0).astype(np.int64)
    shares = rng.dirichlet((1.0, 1.0, 1.0), count.sum()).astype(np.float32)
    corners = np.repeat(triangles, count, axis=0).astype(np.intp)
    seen = _on_top((mean[corners] * shares[..., None]).sum(1))
    return corners[seen], shares[seen]


class Target(NamedTuple):
    """A face to fit to: depth (S, S) in mm, its slopes (S, S, 2), and where both are known."""

    depth: Floats
    slopes: Floats
    known: npt.NDArray[np.bool_]
    window: Window


def target(behind: Floats, window: Window) -> Target:
    """Return what vertices are drawn to, from depth (S, S) in mm."""
    solid = behind < window.back - 1
    smooth = np.asarray(cv2.bilateralFilter(behind, 5, 8.0, 1.5), np.float32)
    pitch = window.crop / window.size
    down, across = np.gradient(smooth, pitch)
    slopes = np.stack([across, down], -1).astype(np.float32)
    inner = cv2.erode(solid.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return Target(smooth, slopes, inner & (np.abs(slopes).max(-1) < 3), window)


def start(model: Model, shape: Array | None = None, **weights: float) -> Fit:
    """Return a head that looks straight ahead, with some actions' weights."""
    strength = np.zeros(len(model.labels))
    for name, value in weights.items():
        strength[model.labels.index(name)] = value
    zero = np.zeros(len(model.shapes)) if shape is None else shape
    return Fit(np.eye(3), np.zeros(3), zero, strength)


def fit(face: Target, first: Fit, model: Model, free: tuple[bool, bool]) -> Fit:
    """Return `first` drawn to `face`; `free` says whether shape and actions may change."""
    numbers, groups = len(model.shapes), len(model.ties)
    skin, facing = model.vertices[:FITTED], model.normals[:FITTED]
    tied = np.tensordot(model.ties, model.actions[:, skin], 1)
    basis, mean = np.concatenate([model.shapes[:, skin], tied]), model.mean[skin]
    loose = np.repeat(free, (numbers, groups))
    scale = np.repeat((1.0, ACTION), (numbers, groups))
    values = np.concatenate([first.shape, first.weights @ model.ties.T / model.ties.sum(1)])
    turn, shift = first.turn, first.shift
    for _ in range(STEPS):
        own = mean + np.tensordot(values, basis, 1)
        gap, normal, weight = pulls(face, own @ turn.T + shift, facing @ turn.T)
        spin = np.cross(own @ turn.T, normal)
        inner = (basis[loose] * (normal @ turn)).sum(-1).T
        step = _solved(np.hstack([spin, normal, inner]), gap, weight, (values, scale, loose))
        turn, shift = _rotation(step[:3]) @ turn, shift + step[3:6]
        values = values.copy()
        values[loose] += step[6:]
        values[numbers:] = np.clip(values[numbers:], 0, STRONGEST)
    own = mean + np.tensordot(values, basis, 1)
    gap, _, weight = pulls(face, own @ turn.T + shift, facing @ turn.T)
    error = float(np.where(weight > 0, np.abs(gap), FARTHEST).mean())
    return Fit(turn, shift, values[:numbers], values[numbers:] @ model.ties, error)


def pulls(face: Target, points: Array, normals: Array) -> tuple[Array, Array, Array]:
    """Return each vertex's distance (n,) to its pixel's plane, the plane's normal, and a weight."""
    window = face.window
    pitch, middle = window.crop / window.size, (window.size - 1) / 2
    cells = np.rint(points[:, :2] / pitch + middle).astype(np.int64)
    inside = ((cells >= 0) & (cells < window.size)).all(1)
    column, row = np.clip(cells, 0, window.size - 1).T
    slope = face.slopes[row, column]
    off = points[:, :2] - (cells - middle) * pitch
    gap = face.depth[row, column] + (slope * off).sum(1) - points[:, 2]
    # z = depth + slope . (x, y): moving by d closes the gap by d_z - slope . d_xy.
    normal = np.column_stack([-slope, np.ones(len(slope))])
    steep = np.linalg.norm(normal, axis=1)
    gap, normal = gap / steep, normal / steep[:, None]
    good = inside & face.known[row, column] & (normals[:, 2] < FACING) & (np.abs(gap) < FARTHEST)
    robust = 1 / (1 + (gap / (2 * ERROR)) ** 2)
    return gap, normal, np.where(good, robust, 0.0)


def _solved(columns: Array, gap: Array, weight: Array, prior: tuple[Array, Array, Array]) -> Array:
    """Return the step (6 + free,) of least squares; `prior` draws values to 0 by their scales."""
    values, scale, loose = prior
    trust = weight / (ALIKE * ERROR**2)
    normal = (columns * trust[:, None]).T @ columns
    right = columns.T @ (trust * gap)
    own = 1 / scale[loose] ** 2
    ridge = np.concatenate([np.full(3, TURN**-2), np.full(3, MOVE**-2), own])
    right[6:] -= own * values[loose]
    return np.asarray(np.linalg.solve(normal + np.diag(ridge), right))


def _rotation(spin: Array) -> Array:
    """Return the rotation (3, 3) by the vector `spin` in radians."""
    found, _ = cv2.Rodrigues(np.asarray(spin, np.float64))
    return np.asarray(found)
