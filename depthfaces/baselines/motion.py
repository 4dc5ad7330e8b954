"""Motions carried from a fitted head model to a face's own points; lips that part are a furrow."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from depthfaces.baselines.morphable import Array, Fit, Model
from depthfaces.baselines.surface import DENSER, Surface, axis, lift
from depthfaces.depth.crop import Window

Floats = npt.NDArray[np.float32]

AGREE = 15.0  # mm between face and model up to which a point of the face is that of the model
REACH = 15.0  # mm over which a motion dies away outside the model, sideways and in depth
CALM = 1.5  # points over which a motion is smoothed
TORN = 2.0  # mm by which smoothing may change it; at the lips it would more, and they part
# The mouth of the mean head in mm, right and left of the nose tip and below it.
MOUTH_WIDE, MOUTH_TOP, MOUTH_BOTTOM = 34.0, 14.0, 56.0
PARTED = 1.8  # times as far from each other as before, and lips have parted
HOLLOW = 40.0  # mm: the most that a sensor sees between lips; light comes back by several paths


class Rest(NamedTuple):
    """A face (S, S) that can act: its head, and which sample of the model each of its points is.

    `sample` (M, M) indices; `share` (M, M) of the model's motion that a point takes part in;
    `mouth` (M, M) where it may part.
    """

    image: Floats
    head: Fit
    sample: npt.NDArray[np.int32]
    share: Floats
    mouth: npt.NDArray[np.bool_]


def settle(image: Floats, head: Fit, model: Model, window: Window) -> Rest:
    """Return a face (S, S) in [-1, 1] beside the head fitted to it."""
    surface = lift(image, window)
    vertices = placed(head, model)
    points = (vertices[model.corners] * model.shares[..., None]).sum(1)
    side = len(surface.points)
    cells = np.rint((points[:, :2] - axis(window)[0]) / (window.crop / window.size / DENSER))
    inside = np.flatnonzero(((cells >= 0) & (cells < side)).all(1))
    order = inside[np.argsort(-points[inside, 2])]  # the nearest last, so it stays
    column, row = cells[order].astype(np.int64).T
    sample = np.full((side, side), -1)
    sample[row, column] = order
    depth = surface.points[..., 2]
    known = (sample >= 0) & surface.solid & (np.abs(points[sample, 2] - depth) < AGREE)
    if not known.any():
        known[...] = True
    far, nearest = ndimage.distance_transform_edt(~known, return_indices=True)
    rows, columns = nearest
    away = far * window.crop / window.size / DENSER
    jump = np.abs(depth - depth[rows, columns])
    share = np.exp(-(away**2 + jump**2) / (2 * REACH**2))
    sample = np.maximum(sample[rows, columns], 0)
    at = (model.mean[model.corners[sample]] * model.shares[sample][..., None]).sum(2)
    mouth = (np.abs(at[..., 0]) < MOUTH_WIDE) & (at[..., 1] > MOUTH_TOP)
    mouth &= (at[..., 1] < MOUTH_BOTTOM) & known
    return Rest(image, head, sample.astype(np.int32), share.astype(np.float32), mouth)


def placed(head: Fit, model: Model) -> Floats:
    """Return the model's vertices (V, 3) as `head` has them."""
    own = model.mean + np.tensordot(head.shape, model.shapes, 1)
    own = own + np.tensordot(head.weights, model.actions, 1)
    return np.asarray(own @ head.turn.T + head.shift, np.float32)


def act(rest: Rest, motion: Array, model: Model, window: Window) -> Surface:
    """Return the face's points after the vertices of its head move by `motion` (V, 3)."""
    points, solid = lift(rest.image, window)
    moved = motion @ rest.head.turn.T
    corners, shares = model.corners[rest.sample], model.shares[rest.sample]
    field = (moved[corners] * shares[..., None]).sum(2) * rest.share[..., None]
    return Surface((points + calmed(field)).astype(np.float32), solid)


def calmed(field: Array) -> Array:
    """Return a motion (M, M, 3) smoothed, but not across lips that part."""
    parts = [cv2.medianBlur(field[..., k].astype(np.float32), 5) for k in range(3)]
    field = np.stack(parts, -1)  # one sample of the wrong lip, and a point would fly
    smooth = cv2.GaussianBlur(field, (0, 0), CALM)
    torn = np.abs(smooth - field).max(-1, keepdims=True) > TORN
    return np.where(torn, field, smooth)


def furrow(surface: Surface, mouth: npt.NDArray[np.bool_], ratio: float, window: Window) -> Floats:
    """Return points (n, 3) between lips that have parted, as deep as `ratio` times their gap.

    Without them one would look through the head, or see skin stretched over an open mouth.
    """
    inside = mouth & surface.solid
    pairs = inside[:-1] & inside[1:]
    upper, lower = surface.points[:-1][pairs], surface.points[1:][pairs]
    gap = lower[:, 1] - upper[:, 1]
    pitch = window.crop / window.size
    apart = gap > PARTED * pitch / DENSER
    upper, lower, gap = upper[apart], lower[apart], gap[apart]
    steps = round(HOLLOW / pitch) + 2  # no gap of the same size has a hole
    way = np.linspace(0, 1, steps)[1:-1, None]  # from lip to lip
    deep = np.minimum(ratio * gap, HOLLOW) * np.sqrt(4 * way * (1 - way))  # (steps - 2, n)
    between = upper + way[..., None] * (lower - upper)
    between[..., 2] += deep
    return np.asarray(between.reshape(-1, 3), np.float32)
