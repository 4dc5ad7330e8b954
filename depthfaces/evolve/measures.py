"""What a depth face shows, as two numbers: how open the mouth is, and how wide the face."""

import numpy as np

from depthfaces.evolve.search import Array

NAMES = ("mouth opening", "face width")
BACKGROUND = -0.9  # values below it are no face
# Shares of the side: the strip from below the nose to the chin, the rows between eyes and mouth.
STRIP_ROWS, STRIP_COLUMNS = (0.5, 0.9), (0.44, 0.56)
FACE_ROWS = (0.35, 0.65)


def measures(faces: Array) -> Array:
    """Return opening and width (n, 2) of `faces` (n, S, S) in [-1, 1].

    Opening: the mean depth of what water would fill, were it poured between nose and chin, in units
    of the depth window's half. Width: the share of the columns that are face.
    """
    return np.stack([opening(faces), width(faces)], axis=1)


def opening(faces: Array) -> Array:
    """Return min(highest above, highest below) - height, meaned over the strip, (n,)."""
    rows, columns = _span(faces, STRIP_ROWS), _span(faces, STRIP_COLUMNS)
    profile = np.median(faces[:, rows, columns], axis=2)
    above = np.maximum.accumulate(profile, axis=1)
    below = np.maximum.accumulate(profile[:, ::-1], axis=1)[:, ::-1]
    return np.asarray((np.minimum(above, below) - profile).mean(axis=1))


def width(faces: Array) -> Array:
    """Return the share of pixels in the middle rows that are face, (n,)."""
    return np.asarray((faces[:, _span(faces, FACE_ROWS)] > BACKGROUND).mean(axis=(1, 2)))


def _span(faces: Array, shares: tuple[float, float]) -> slice:
    side = faces.shape[1]
    return slice(round(shares[0] * side), round(shares[1] * side))
