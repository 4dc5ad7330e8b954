"""Local binary patterns: which points on a circle lie nearer than its centre."""

from typing import Any

import numpy as np
import numpy.typing as npt

from depthfaces.schema import Features

Codes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]


def lbp(images: npt.NDArray[Any], params: Features) -> npt.NDArray[np.float32]:
    """Return each face's share of every uniform pattern, (n, points + 2), rows summing to 1.

    Ojala, Pietikäinen, Mäenpää (2002), "riu2": points + 1 uniform patterns and one for all others.
    """
    kinds, count = params.lbp_points + 2, len(images)
    places = patterns(grey(images), params.lbp_points, params.lbp_radius).reshape(count, -1)
    numbered = places + kinds * np.arange(count)[:, None]
    counts = np.bincount(numbered.ravel(), minlength=kinds * count).reshape(count, kinds)
    return np.asarray(counts / places.shape[1], np.float32)


def patterns(images: npt.NDArray[np.uint8], points: int, radius: float) -> Codes:
    """Return the code of every pixel, (n, H, W): scikit-image's, bit for bit, four times as fast.

    The code is the number of the circle's points at least as near as the centre where those follow
    each other (at most two changes along the circle, its ends not joined), else `points` + 1.
    A point's value is bilinear, and nothing lies outside of the image. Images are interleaved,
    (H, W * n), so that long runs of numbers share a weight.
    """
    count, height, width = images.shape
    angles = 2 * np.pi * np.arange(points) / points
    down, right = np.round(-radius * np.sin(angles), 5), np.round(radius * np.cos(angles), 5)
    pad = int(np.ceil(radius)) + 1
    padded = np.zeros((height + 2 * pad, width + 2 * pad, count))
    padded[pad:-pad, pad:-pad] = images.transpose(1, 2, 0)
    centre = padded[pad:-pad, pad:-pad].reshape(height, -1)
    padded = padded.reshape(len(padded), -1)
    beside, scratch = np.empty((2, len(padded), width * count))
    room = (np.empty((height, width * count)), np.empty((height, width * count)))
    nearer = np.empty((points, height, width * count), bool)
    for step in np.unique(right):  # points above one another share their columns' blend
        first, last, weight = _reach(width, step)
        columns = [padded[:, (pad + at) * count :][:, : width * count] for at in (first, last)]
        _blend(columns[0], columns[1], np.repeat(weight, count), (beside, scratch))
        for point in np.flatnonzero(right == step):
            first, last, weight = _reach(height, down[point])
            rows = [beside[pad + at :][:height] for at in (first, last)]
            value = _blend(rows[0], rows[1], weight[:, None], room)
            np.greater_equal(value, centre, out=nearer[point])
    return _codes(nearer.view(np.uint8)).reshape(height, width, count).transpose(2, 0, 1)


def grey(images: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Return [-1, 1] as whole steps 0..255, round half to even.

    A pattern asks "nearer or not", so on floats it would count noise far below a sensor's step.
    """
    return np.asarray(np.rint((np.clip(images, -1, 1) + 1) * 127.5), np.uint8)


def _reach(length: int, step: float) -> tuple[int, int, Floats]:
    """Return the two whole steps beside `step`, and the second's weight for each of the lines.

    It is worked out at every line's own place, as scikit-image does: its last bit decides a tie.
    """
    places = np.arange(length) + step
    return int(np.floor(places[0])), int(np.ceil(places[0])), places - np.floor(places)


def _blend(first: Floats, last: Floats, weight: Floats, room: tuple[Floats, Floats]) -> Floats:
    """Return first (1 - weight) + last weight in the first part of `room`, which is reused."""
    out, scratch = room
    np.multiply(first, 1 - weight, out=out)
    np.multiply(last, weight, out=scratch)
    return np.add(out, scratch, out=out)


def _codes(nearer: Codes) -> Codes:
    """Return the codes (...) of the points' answers (points, ...), 0 or 1."""
    changes = (nearer[1:] ^ nearer[:-1]).sum(axis=0, dtype=np.uint8)
    return np.where(changes <= 2, nearer.sum(axis=0, dtype=np.uint8), np.uint8(len(nearer) + 1))
