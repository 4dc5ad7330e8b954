"""Metrics by closed forms: which side is real, what is undefined, and why."""

import numpy as np
import pytest
from scipy.stats import ortho_group

from depthfaces.metrics.diversity import diversity
from depthfaces.metrics.embedding import REACH, Embedding
from depthfaces.metrics.fidelity import Cloud, match
from depthfaces.metrics.frechet import fd, frechet
from depthfaces.metrics.kernel import kid
from depthfaces.metrics.manifold import coverage, density, precision, recall
from depthfaces.metrics.memory import authentic_share, closest_share
from depthfaces.metrics.undefined import UndefinedError, attempt


def column(*values: float) -> np.ndarray:
    return np.array(values, float)[:, None]


ZERO, EYE = np.zeros(2), np.eye(2)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (([0.0], [[1.0]]), ([3.0], [[4.0]]), 10),
        ((ZERO, np.diag([1.0, 4.0])), (ZERO, np.diag([9.0, 16.0])), 8),
        ((ZERO, np.array([[2.0, 1], [1, 2]])), (ZERO, np.diag([1.0, 4.0])), 0.7712204476543416),
        ((np.zeros(64), np.eye(64)), (np.zeros(64), 0.25 * np.eye(64)), 16),
        ((ZERO, EYE), (np.array([3.0, 4.0]), EYE), 25),
        ((ZERO, np.zeros((2, 2))), (ZERO, EYE), 2),
    ],
)
def test_frechet_closed_forms_both_ways(a, b, expected):
    a, b = (tuple(map(np.array, pair)) for pair in (a, b))
    assert frechet(*a, *b) == pytest.approx(expected, abs=1e-9)
    assert frechet(*b, *a) == pytest.approx(expected, abs=1e-9)


def test_fd_of_samples_turns_with_them_and_is_zero_for_itself():
    rng = np.random.default_rng(0)
    real, fake = rng.normal(0, 1, (200, 8)), rng.normal(0.3, 1.4, (150, 8))
    turn = ortho_group.rvs(8, random_state=1)
    assert fd(real=real @ turn, fake=fake @ turn) == pytest.approx(fd(real=real, fake=fake))
    assert abs(fd(real=real, fake=real)) < 1e-4


def test_fd_needs_twice_as_many_faces_as_dimensions():
    cloud = np.random.default_rng(0).normal(size=(15, 8))
    with pytest.raises(UndefinedError, match="needs 16 faces in 8 dimensions, found 15"):
        fd(real=cloud, fake=cloud)


def test_kid_by_hand_and_below_zero():
    x, y = np.array([[1.0, 0], [0, 1]]), np.array([[1.0, 1], [-1, -1]])
    assert kid(real=x, fake=y) == pytest.approx(-2.5)
    assert kid(real=x, fake=x) == pytest.approx(-2.375)
    with pytest.raises(UndefinedError, match="found 1 and 2"):
        kid(real=x[:1], fake=y)


def test_overlap_by_hand():
    clouds = {"real": column(0, 1, 2, 3), "fake": column(0.5, 10, 10.25, 11), "neighbours": 1}
    found = [metric(**clouds) for metric in (precision, recall, density, coverage)]
    assert found == [0.25, 1, 0.5, 0.5]


def test_overlap_knows_which_side_is_real():
    narrow, wide = column(*np.linspace(-1, 1, 21)), column(*np.linspace(-9, 9, 181))
    assert precision(real=wide, fake=narrow, neighbours=3) == 1
    assert recall(real=wide, fake=narrow, neighbours=3) < 0.2
    with pytest.raises(UndefinedError, match="more than 21 faces"):
        precision(real=narrow, fake=wide, neighbours=21)


def test_the_edge_of_a_ball_is_outside():
    clouds = {"real": column(0, 1), "fake": column(2), "neighbours": 1}
    assert precision(**clouds) == density(**clouds) == coverage(**clouds) == 0


def test_coverage_of_equals_is_what_theory_says():
    n, k = 1000, 5
    rng = np.random.default_rng(0)
    # No fake among the k nearest of the 2 n - 1 other points, which fall evenly on both sides.
    expected = 1 - np.prod([(n - i) / (2 * n - i) for i in range(1, k + 1)])
    clouds = {"real": rng.normal(size=(n, 64)), "fake": rng.normal(size=(n, 64))}
    assert expected == pytest.approx(0.968984140, abs=1e-9)
    assert coverage(**clouds, neighbours=k) == pytest.approx(0.968984140, abs=0.02)


def test_diversity_by_hand():
    label = np.array(["a", "a", "a", "b", "b"])
    assert diversity(points=column(0, 1, 3, 5, 5), label=label) == pytest.approx((2 + 0) / 2)
    with pytest.raises(UndefinedError, match="2 faces of each class"):
        diversity(points=column(0, 1), label=np.array(["a", "b"]))


def test_closest_share_of_copies_of_new_and_of_ties():
    train, held_out = column(0, 1, 2), column(10, 11, 12)
    assert closest_share(train=train, held_out=held_out, fake=train) == 1
    assert closest_share(train=train, held_out=held_out, fake=held_out) == 0
    assert closest_share(train=train, held_out=held_out, fake=column(6)) == 0.5
    with pytest.raises(UndefinedError, match="as many train faces"):
        closest_share(train=train[:2], held_out=held_out, fake=train)


def test_authentic_share_by_hand_and_of_copies():
    train = column(0, 1, 10)
    assert authentic_share(train=train, fake=column(0.1, 20, 5.4)) == pytest.approx(2 / 3)
    assert authentic_share(train=train, fake=train) == 0


def test_an_undefined_value_is_none_with_its_reason():
    assert attempt(kid, real=np.ones((1, 2)), fake=np.ones((1, 2))) == (
        None,
        "needs 2 faces on each side, found 1 and 1",
    )
    assert attempt(closest_share, train=column(0), held_out=column(2), fake=column(0)) == (1.0, "")


def test_embedding_is_fitted_on_train_alone_and_has_unit_variance():
    rng = np.random.default_rng(0)
    train = rng.normal(0, [1, 5, 9, 0], (50, 4))
    space = Embedding.fit(train, 3)
    assert space.scaler.n_samples_seen_ == 50
    assert space(train).shape == (50, 3)
    assert space(train).var(axis=0, ddof=1).mean() == pytest.approx(1)
    assert Embedding.fit(train[:3], 64)(train).shape == (50, 2)


def test_embedding_bounds_a_feature_that_hardly_varies():
    train = np.random.default_rng(0).normal(0, [1, 1e-9], (50, 2))
    space = Embedding.fit(train, 2)
    far = space(np.array([[0.0, 1.0]]))
    assert np.linalg.norm(far) <= REACH * np.sqrt(2) / space.unit * 1.01


def test_match_gives_one_size_and_one_mix():
    def cloud(**counts):
        label = np.array([name for name, count in counts.items() for _ in range(count)])
        return Cloud(np.arange(len(label), dtype=float)[:, None], label)

    clouds = match([cloud(a=8, b=4), cloud(a=4, b=9), cloud(a=90, b=90)], np.random.default_rng(0))
    assert [np.unique(c.label, return_counts=True)[1].tolist() for c in clouds] == [[4, 2]] * 3
