"""Metrics by closed forms: which side is real, what is undefined, and why."""

import numpy as np
import pytest
from conftest import LABELS, draw
from scipy.linalg import sqrtm
from scipy.ndimage import gaussian_filter
from scipy.stats import ortho_group
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from sklearn.metrics import roc_auc_score

from depthfaces.metrics import published, surface
from depthfaces.metrics.classification import macro_mean, roc_auc, scores_by_class
from depthfaces.metrics.diversity import diversity, sameness, vendi_from_eigenvalues, vendi_score
from depthfaces.metrics.embedding import MAX_DEVIATIONS, Embedding
from depthfaces.metrics.frechet import (
    frechet_distance,
    frechet_of_clouds,
    frechet_of_moments,
    mean_and_covariance,
)
from depthfaces.metrics.kernel import kid
from depthfaces.metrics.manifold import coverage, density, precision, recall
from depthfaces.metrics.memory import (
    authentic_share,
    closest_share,
    copying_z,
    membership_auc,
)
from depthfaces.metrics.score import inception_score
from depthfaces.metrics.sides import matched_rows
from depthfaces.metrics.similarity import grey, ms_ssim, psnr, ssim
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
    assert frechet_of_moments(*a, *b) == pytest.approx(expected, abs=1e-9)
    assert frechet_of_moments(*b, *a) == pytest.approx(expected, abs=1e-9)


def test_fd_of_samples_turns_with_them_and_is_zero_for_itself():
    rng = np.random.default_rng(0)
    real, fake = rng.normal(0, 1, (200, 8)), rng.normal(0.3, 1.4, (150, 8))
    turn = ortho_group.rvs(8, random_state=1)
    assert frechet_distance(real=real @ turn, fake=fake @ turn) == pytest.approx(
        frechet_distance(real=real, fake=fake)
    )
    assert abs(frechet_distance(real=real, fake=real)) < 1e-4


def test_frechet_equals_the_matrix_root_with_many_points_and_with_few():
    rng = np.random.default_rng(0)
    for n, m in ((200, 300), (20, 30), (20, 200)):
        real, fake = rng.normal(0, 1, (n, 64)), rng.normal(0.1, 1.2, (m, 64))
        (a, cov_a), (b, cov_b) = mean_and_covariance(real), mean_and_covariance(fake)
        root = np.real(np.trace(sqrtm(cov_a @ cov_b)))
        expected = np.sum((a - b) ** 2) + np.trace(cov_a) + np.trace(cov_b) - 2 * root
        assert frechet_of_clouds(real=real, fake=fake) == pytest.approx(expected, rel=1e-6)


def test_fd_needs_twice_as_many_faces_as_dimensions():
    cloud = np.random.default_rng(0).normal(size=(15, 8))
    with pytest.raises(UndefinedError, match="needs 16 faces in 8 dimensions, found 15"):
        frechet_distance(real=cloud, fake=cloud)


def test_kid_by_hand_and_below_zero():
    x, y = np.array([[1.0, 0], [0, 1]]), np.array([[1.0, 1], [-1, -1]])
    assert kid(real=x, fake=y) == pytest.approx(-2.5)
    assert kid(real=x, fake=y, biased=True) == pytest.approx(2.6875)
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


def test_copies_have_a_very_negative_z_and_new_faces_none():
    rng = np.random.default_rng(0)
    train, held_out, new = (rng.normal(size=(100, 5)) for _ in range(3))
    assert copying_z(train=train, held_out=held_out, fake=train) == pytest.approx(
        -12.2157, abs=1e-4
    )
    assert abs(copying_z(train=train, held_out=held_out, fake=new)) < 3
    assert copying_z(train=train, held_out=held_out, fake=held_out) == 0
    with pytest.raises(UndefinedError, match="needs fakes"):
        copying_z(train=train, held_out=held_out, fake=new[:0])


def test_membership_tells_train_people_by_copies_only():
    rng = np.random.default_rng(0)
    people = list(rng.normal(0, 1, (40, 6, 8)) + rng.normal(0, 2, (40, 1, 8)))
    inside, outside = people[:20], people[20:]
    assert membership_auc(inside=inside, outside=outside, fake=np.concatenate(inside)) == 1
    assert membership_auc(inside=inside, outside=outside, fake=np.concatenate(outside)) == 0
    free = rng.normal(0, 2, (300, 8))
    assert membership_auc(inside=inside, outside=outside, fake=free) == pytest.approx(0.5, abs=0.2)
    assert membership_auc(inside=inside, outside=inside, fake=free) == 0.5
    with pytest.raises(UndefinedError, match="known people"):
        membership_auc(inside=[], outside=outside, fake=free)


def score(shares: np.ndarray, splits: int = 1) -> float:
    return inception_score(
        shares=np.asarray(shares, float), splits=splits, rng=np.random.default_rng(0)
    )


def test_inception_score_by_closed_forms():
    sure = np.repeat(np.eye(3), 40, axis=0)
    assert score(np.full((9, 3), [0.2, 0.3, 0.5])) == pytest.approx(1)
    assert score(sure) == pytest.approx(3)
    assert score(0.85 * sure + 0.05) == pytest.approx(2.0222577741602077)
    # Sorted by class, but shuffled before it is split.
    assert score(sure, splits=4) > 2.5
    with pytest.raises(UndefinedError, match="needs 4 faces, found 3"):
        score(np.eye(3), splits=4)


def test_vendi_counts_the_different_ones():
    groups = np.repeat(np.eye(4)[:2], [3, 1], axis=0)
    assert vendi_score(points=np.eye(4)) == pytest.approx(4)
    assert vendi_score(points=np.ones((5, 3))) == pytest.approx(1)
    turned = groups @ ortho_group.rvs(4, random_state=0)
    assert vendi_score(points=turned) == pytest.approx(vendi_score(points=groups))
    assert vendi_score(points=groups) == pytest.approx(1.7547653506)
    assert vendi_from_eigenvalues(np.linalg.eigvalsh(groups @ groups.T) / 4) == pytest.approx(
        1.7547653506
    )
    with pytest.raises(UndefinedError, match="no direction"):
        vendi_score(points=np.zeros((3, 2)))


def test_ssim_and_psnr_by_closed_forms():
    def flat(value):
        return np.full((1, 32, 32), float(value))

    assert ssim(flat(0), flat(255)) == pytest.approx(9.999e-5, rel=1e-3)
    assert ssim(flat(100), flat(110)) == pytest.approx(0.99548, abs=1e-5)
    assert psnr(flat(100), flat(110)) == pytest.approx(28.1308, abs=1e-4)
    assert psnr(flat(100), flat(101)) == pytest.approx(48.1308, abs=1e-4)
    assert np.isposinf(psnr(flat(7), flat(7)))


def test_ssim_and_psnr_equal_those_of_scikit_image():
    rng = np.random.default_rng(0)
    a = gaussian_filter(rng.uniform(0, 255, (3, 48, 48)), (0, 2, 2))
    b = a + rng.normal(0, 8, a.shape)
    options = {"data_range": 255, "gaussian_weights": True, "use_sample_covariance": True}
    expected = [structural_similarity(*pair, **options) for pair in zip(a, b, strict=True)]
    assert ssim(a, b) == pytest.approx(expected, rel=1e-9)
    expected = [peak_signal_noise_ratio(*pair, data_range=255) for pair in zip(a, b, strict=True)]
    assert psnr(a, b) == pytest.approx(expected)


def faces(count: int = 30, size: int = 64) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    label = np.array(LABELS * (count // 3))
    return np.stack([draw(name, rng, size) for name in label]), label


def test_ms_ssim_is_one_for_equals_and_falls_with_noise():
    images, label = faces()
    noisy = np.clip(images + np.random.default_rng(0).normal(0, 0.2, images.shape), -1, 1)
    assert ms_ssim(images, images) == pytest.approx(1)
    assert np.all(ms_ssim(images, noisy) < 0.95)
    assert np.array_equal(ms_ssim(images, noisy), ms_ssim(noisy, images))
    options = {"pairs": 20, "rng": np.random.default_rng(0)}
    assert sameness(images=np.repeat(images[:1], 30, axis=0), label=label, **options) == 1
    assert sameness(images=images, label=label, **options) < 0.99
    with pytest.raises(UndefinedError, match="11 pixels"):
        ms_ssim(images[:, :8, :8], images[:, :8, :8])


def test_background_and_holes_by_hand():
    image = np.full((1, 10, 10), -1.0)
    image[0, 2:8, 2:8] = 0.5
    image[0, 4:6, 4:6] = -1.0
    assert surface.background_share(images=image) == pytest.approx(0.68)
    assert surface.hole_share(images=image) == pytest.approx(0.04)
    assert surface.asymmetry(images=image) == 0


def test_asymmetry_of_a_ramp():
    ramp = np.tile(np.linspace(-0.9, 0.9, 10), (1, 10, 1))
    assert surface.asymmetry(images=ramp) == pytest.approx(np.abs(2 * ramp[0, 0]).mean())
    with pytest.raises(UndefinedError, match="both sides"):
        surface.asymmetry(images=np.full((1, 4, 4), -1.0))


def test_depth_distance_is_the_shift_and_normals_know_a_turn():
    ramp = np.tile(np.linspace(-0.5, 0.5, 64), (4, 64, 1))
    assert surface.depth_distance(real=ramp, fake=ramp) == 0
    assert surface.depth_distance(real=ramp, fake=ramp + 0.25) == pytest.approx(0.25)
    assert surface.normal_distance(real=ramp, fake=ramp + 0.25) == 0
    assert surface.normal_distance(real=ramp, fake=ramp.swapaxes(1, 2)) == 1
    with pytest.raises(UndefinedError, match="no face pixels"):
        surface.depth_distance(real=ramp, fake=np.full((1, 8, 8), -1.0))


def test_spectrum_finds_blur_and_a_checkerboard():
    images, _ = faces()
    half, other = images[::2], images[1::2]
    honest = surface.spectrum_distance(real=half, fake=other)
    blurred = surface.spectrum_distance(real=half, fake=gaussian_filter(other, (0, 2, 2)))
    board = other + 0.1 * (np.indices((64, 64)).sum(axis=0) % 2)
    assert surface.spectrum_distance(real=half, fake=half) == 0
    assert blurred > 5 * honest
    assert surface.spectrum_distance(real=half, fake=board) > honest


def test_published_protocol_undone():
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(2, 50, 4))
    cross = np.trace(sqrtm(mean_and_covariance(real)[1] @ mean_and_covariance(fake)[1])).real
    found = published.published_fid(real=real, fake=fake)
    assert found == pytest.approx(frechet_distance(real=real, fake=fake) - 2 * cross)
    assert published.published_fid(real=real, fake=real) < 0
    images, _ = faces(6)
    turned = images[::-1]
    true = psnr(grey(images), grey(turned)).mean()
    assert published.published_psnr(real=images, fake=turned) == pytest.approx(1.5 * true)
    shares = np.repeat(np.eye(3), 9, axis=0)
    options = {"shares": shares, "splits": 1, "rng": np.random.default_rng(0)}
    assert published.published_is(**options) == pytest.approx(3.7)


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
    assert np.linalg.norm(far) <= MAX_DEVIATIONS * np.sqrt(2) / space.unit * 1.01


def test_matched_gives_one_size_and_one_mix():
    def label(**counts):
        return np.array([name for name, count in counts.items() for _ in range(count)])

    labels = [label(a=8, b=4), label(a=4, b=9), label(a=90, b=90)]
    for most, expected in ((99, [4, 2]), (3, [2, 1])):
        rows = matched_rows(labels, most, [np.random.default_rng(k) for k in range(len(labels))])
        chosen = [part[places] for part, places in zip(labels, rows, strict=True)]
        assert [np.unique(part, return_counts=True)[1].tolist() for part in chosen] == [
            expected
        ] * 3


def test_classification_by_hand():
    matrix = np.array([[8, 2], [8, 82]])
    found = {name: [v.value for v in values] for name, values in scores_by_class(matrix).items()}
    assert found["recall"] == pytest.approx([0.8, 82 / 90])
    assert found["precision"] == pytest.approx([0.5, 82 / 84])
    assert found["f1"][0] == pytest.approx(2 * 0.8 * 0.5 / 1.3)
    assert found["g_measure"][0] == pytest.approx(0.632455532)
    # Sensitivity .5, specificity .9.
    assert scores_by_class(np.array([[5, 5], [1, 9]]))["g_mean"][0].value == pytest.approx(
        0.670820393
    )


def test_a_class_that_is_never_called_has_no_precision_but_a_reason():
    found = scores_by_class(np.array([[0, 3, 0], [0, 2, 0], [0, 0, 0]]))
    assert found["precision"][0] == (None, "never called")
    assert found["recall"][2] == (None, "no faces")
    assert found["g_measure"][0] == (None, "never called")
    assert macro_mean(found["recall"]).value == pytest.approx(0.5)
    assert macro_mean(found["precision"][:1]).value is None


def test_auc_equals_that_of_scikit_learn_with_ties():
    rng = np.random.default_rng(0)
    positive, score = rng.random(200) < 0.3, rng.integers(0, 10, 200)
    assert roc_auc(positive=positive, score=score) == pytest.approx(roc_auc_score(positive, score))
    with pytest.raises(UndefinedError, match="of others"):
        roc_auc(positive=np.ones(3, bool), score=np.arange(3))
