"""Whether a generator copies the faces it was trained on."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist
from scipy.stats import rankdata

from depthfaces.metrics.undefined import UndefinedError

Array = npt.NDArray[Any]


def closest_share(*, train: Array, held_out: Array, fake: Array) -> float:
    """Return the share of fakes nearer to a train face than to any held-out one; ties count half.

    0.5 for fakes that know neither, if both sides are equally many and equally varied.
    """
    if len(train) != len(held_out) or not len(fake):
        raise UndefinedError("needs fakes, and as many train faces as held-out ones")
    near, far = cdist(fake, train).min(axis=1), cdist(fake, held_out).min(axis=1)
    return float(np.mean((near < far) + 0.5 * (near == far)))


def authentic_share(*, train: Array, fake: Array) -> float:
    """Return the share of fakes farther from the nearest train face than that is from its own.

    Alaa et al. (2022), in shares rather than percent; copies of train give 0.
    """
    if len(train) < 2 or not len(fake):
        raise UndefinedError("needs fakes and 2 train faces")
    own = cdist(train, train)
    np.fill_diagonal(own, np.inf)
    apart = cdist(fake, train)
    nearest = apart.argmin(axis=1)
    return float(np.mean(apart.min(axis=1) > own.min(axis=1)[nearest]))


def copying_z(*, train: Array, held_out: Array, fake: Array) -> float:
    """Return C_T of Meehan et al. (2020) with one cell: below about -3 the fakes are copies.

    The Mann-Whitney z, with continuity correction, of the fakes' distances to their nearest train
    face against the held-out faces' distances.
    """
    n, m = len(held_out), len(fake)
    if not n or not m or not len(train):
        raise UndefinedError("needs fakes, train faces and held-out ones")
    far, near = cdist(held_out, train).min(axis=1), cdist(fake, train).min(axis=1)
    ranks = rankdata(np.concatenate([near, far]))[:m]
    above = ranks.sum() - m * (m + 1) / 2 - n * m / 2
    corrected = np.sign(above) * max(abs(above) - 0.5, 0)
    return float(corrected / np.sqrt(n * m * (n + m + 1) / 12))


def membership_auc(*, inside: list[Array], outside: list[Array], fake: Array) -> float:
    """Return how well closeness to the fakes tells train people from others; 0.5 = not at all.

    `inside` and `outside` are lists of people, each an array (faces, d). A person's score is the
    mean distance of their faces to the nearest fake.
    """
    if not len(inside) or not len(outside) or not len(fake):
        raise UndefinedError("needs fakes, and known people in train and held out")
    a, b = (
        np.array([cdist(person, fake).min(axis=1).mean() for person in people])
        for people in (inside, outside)
    )
    closer = (a[:, None] < b).mean() + 0.5 * (a[:, None] == b).mean()
    return float(closer)
