"""Memorisation metrics: whether a generator copies the faces it was trained on."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist
from scipy.stats import rankdata

from depthfaces.metrics.undefined import UndefinedError

Array = npt.NDArray[Any]


def closest_share(*, train: Array, held_out: Array, fake: Array) -> float:
    """Return the share of fakes nearer to a train face than to any held-out one; ties count half.

    0.5 for fakes that know neither side, if both have equally many and equally varied faces.
    """
    if len(train) != len(held_out) or not len(fake):
        raise UndefinedError("needs fakes, and as many train faces as held-out ones")
    train_gaps, held_out_gaps = cdist(fake, train).min(axis=1), cdist(fake, held_out).min(axis=1)
    return float(np.mean((train_gaps < held_out_gaps) + 0.5 * (train_gaps == held_out_gaps)))


def authentic_share(*, train: Array, fake: Array) -> float:
    """Return the share of fakes farther from the nearest train face than that is from its own.

    Alaa et al. (2022), in shares rather than percent; copies of train give 0.
    """
    if len(train) < 2 or not len(fake):
        raise UndefinedError("needs fakes and 2 train faces")
    train_gaps = cdist(train, train)
    np.fill_diagonal(train_gaps, np.inf)
    fake_gaps = cdist(fake, train)
    nearest_train = fake_gaps.argmin(axis=1)
    return float(np.mean(fake_gaps.min(axis=1) > train_gaps.min(axis=1)[nearest_train]))


def copying_z(*, train: Array, held_out: Array, fake: Array) -> float:
    """Return C_T of Meehan et al. (2020) with one cell: below about -3 the fakes are copies.

    The Mann-Whitney z, with continuity correction, of the fakes' distances to their nearest train
    face against the held-out faces' distances.
    """
    n, m = len(held_out), len(fake)
    if not n or not m or not len(train):
        raise UndefinedError("needs fakes, train faces and held-out ones")
    held_out_gaps, fake_gaps = cdist(held_out, train).min(axis=1), cdist(fake, train).min(axis=1)
    fake_ranks = rankdata(np.concatenate([fake_gaps, held_out_gaps]))[:m]
    rank_surplus = fake_ranks.sum() - m * (m + 1) / 2 - n * m / 2
    corrected = np.sign(rank_surplus) * max(abs(rank_surplus) - 0.5, 0)
    return float(corrected / np.sqrt(n * m * (n + m + 1) / 12))


def membership_auc(*, inside: list[Array], outside: list[Array], fake: Array) -> float:
    """Return the AUC of telling train people from others by closeness to the fakes; 0.5 = chance.

    `inside` and `outside` are lists of people, each an array (faces, d). A person's score is the
    mean distance of their faces to the nearest fake.
    """
    if not len(inside) or not len(outside) or not len(fake):
        raise UndefinedError("needs fakes, and known people in train and held out")
    inside_gaps, outside_gaps = (
        np.array([cdist(person, fake).min(axis=1).mean() for person in people])
        for people in (inside, outside)
    )
    closer_share = (inside_gaps[:, None] < outside_gaps).mean() + 0.5 * (
        inside_gaps[:, None] == outside_gaps
    ).mean()
    return float(closer_share)
