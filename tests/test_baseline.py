from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal

from depthfaces import files, params
from depthfaces.baselines import BASELINES, cast
from depthfaces.baselines.density import choose
from depthfaces.baselines.flow import flow_loss, heun, velocity
from depthfaces.baselines.gmm import Mixture
from depthfaces.baselines.kde import Kernels
from depthfaces.baselines.samples import Sampler, Wanted, write
from depthfaces.baselines.space import Space
from depthfaces.baselines.unet import UNet, initialise
from depthfaces.baselines.vae import Vae, vae_loss
from depthfaces.errors import DataError, IntegrityError, ParamsError
from depthfaces.faces import FaceSet
from depthfaces.gan.networks import Shape
from stages import baseline as stage
from tests.conftest import tiny, write_params


@pytest.fixture(autouse=True)
def _few_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fit heads to few faces: a face takes some hundredths of a second."""
    monkeypatch.setattr(cast, "LOOKS", 1)
    monkeypatch.setattr(cast, "PEOPLE", 2)


def ran(method: str, drawn: Path, place: Path) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(write_params(place / "params"))
        stage.main(drawn, method, place / method)
    return place / method


@pytest.mark.parametrize("method", list(BASELINES))
def test_stage_writes_a_set_and_the_same_bytes_twice(
    method: str, drawn: Path, tmp_path: Path
) -> None:
    one, two = ran(method, drawn, tmp_path / "one"), ran(method, drawn, tmp_path / "two")
    faces = FaceSet.open(one)
    assert faces.images.shape == (18, 32, 32)
    assert np.abs(faces.images).max() <= 1
    assert set(faces.table["method"]) == {method}
    assert (faces.table["label"].value_counts() == 6).all()
    assert len(np.unique(faces.images, axis=0)) == 18
    told = files.read_json(one / "about.json")
    assert (told["method"], told["train_faces"]) == (method, 72)
    seen = {"gan": 2 * 8, "vae": 72, "flow": 2 * 32, "camera": 0}
    assert told["faces_seen"] == seen.get(method, 72)
    for name in ("images.npy", "metadata.csv", "about.json"):
        assert files.checksum(one / name) == files.checksum(two / name)


def test_an_unknown_baseline_lists_the_known_ones(drawn: Path, tmp_path: Path) -> None:
    known = "gan, vae, gmm, kde, flow, camera, reenact"
    with pytest.raises(ParamsError, match=f"expected one of {known}, found 'gun'"):
        ran("gun", drawn, tmp_path)


@pytest.mark.parametrize("method", ["gmm", "kde"])
def test_densities_give_the_right_emotion(method: str, drawn: Path, tmp_path: Path) -> None:
    """Nearest class mean of real faces: chance is a third."""
    faces, made = FaceSet.open(drawn), FaceSet.open(ran(method, drawn, tmp_path))
    means = np.stack([faces.images[faces.targets == c].mean(axis=0) for c in range(3)])
    gaps = ((made.images[:, None] - means) ** 2).sum(axis=(2, 3))
    assert (gaps.argmin(axis=1) == made.targets).mean() > 0.7


@pytest.mark.parametrize("method", ["gan", "vae"])
def test_a_net_wants_two_faces_of_a_class(method: str, drawn: Path) -> None:
    train = FaceSet.open(drawn).split("train")
    labels = train.table["label"].to_numpy()
    few = train.pick(np.flatnonzero((labels != "Neutral") | (np.cumsum(labels == "Neutral") == 1)))
    with pytest.raises(DataError, match="a single train face of 'Neutral'"):
        BASELINES[method](few, few, params.check(tiny()), 1)


@pytest.mark.parametrize("method", ["gmm", "kde"])
def test_a_class_of_one_face_is_taken(method: str, drawn: Path) -> None:
    faces = FaceSet.open(drawn)
    train, validation = faces.split("train"), faces.split("validation")
    labels = train.table["label"].to_numpy()
    few = train.pick(np.flatnonzero((labels != "Neutral") | (np.cumsum(labels == "Neutral") == 1)))
    held = validation.pick(validation.table["label"].to_numpy() != "Neutral")
    sampler = BASELINES[method](few, held, params.check(tiny()), 1)
    made = sampler(np.array([0, 1, 1, 2]), 5)
    assert made.shape == (4, 32, 32)
    assert np.isfinite(made).all()


def test_samplers_follow_their_seed_and_their_labels(drawn: Path) -> None:
    faces = FaceSet.open(drawn)
    for method in ("gmm", "kde", "vae", "flow"):
        sampler = BASELINES[method](
            faces.split("train"), faces.split("validation"), params.check(tiny()), 1
        )
        labels = np.array([2, 0, 1])
        assert np.array_equal(sampler(labels, 5), sampler(labels, 5))
        assert not np.array_equal(sampler(labels, 5), sampler(labels, 6))


def test_space_of_all_components_is_the_identity(drawn: Path) -> None:
    few = FaceSet.open(drawn).pick(np.arange(5))
    space = Space(few, 100, seed=0)
    assert space.points(few).shape == (5, 4)
    assert np.allclose(space.faces(space.points(few)), few.images, atol=1e-5)


def test_points_have_unit_variance(drawn: Path) -> None:
    train = FaceSet.open(drawn).split("train")
    points = Space(train, 6, seed=0).points(train)
    assert np.allclose(np.cov(points.T), np.eye(6), atol=1e-6)


def test_kernel_density_by_hand() -> None:
    centres, at = np.array([[0.0, 0.0], [3.0, 0.0]]), np.array([[1.0, 1.0]])
    expected = np.mean([multivariate_normal(c, 0.25 * np.eye(2)).pdf(at[0]) for c in centres])
    assert np.exp(Kernels(centres, 0.5).score_samples(at))[0] == pytest.approx(expected)


def test_a_narrow_kernel_draws_the_faces_themselves() -> None:
    centres = np.array([[0.0, 0.0], [3.0, 0.0]])
    drawn = Kernels(centres, 1e-9).draw(50, np.random.default_rng(0))
    assert {tuple(np.round(row)) for row in drawn} == {(0, 0), (3, 0)}


def test_mixture_finds_planted_clusters() -> None:
    rng = np.random.default_rng(0)
    centres = np.array([[-6.0, 0.0], [6.0, 0.0]])
    points = np.concatenate([c + rng.standard_normal((80, 2)) for c in centres])
    drawn = Mixture(1, points, 2).draw(4000, rng)
    assert (drawn[:, 0] > 0).mean() == pytest.approx(0.5, abs=0.05)
    assert np.abs(drawn[:, 0]).mean() == pytest.approx(6, abs=0.4)
    assert np.abs(drawn[drawn[:, 0] > 0].std(axis=0) - 1).max() < 0.25


def test_components_never_outnumber_the_faces() -> None:
    assert Mixture(1, np.random.default_rng(0).random((7, 3)), 40).model.n_components == 1
    assert Mixture(1, np.zeros((1, 3)), 4).draw(2, np.random.default_rng(0)).shape == (2, 3)


def test_validation_chooses_the_value() -> None:
    rng = np.random.default_rng(0)
    train, held = [rng.standard_normal((400, 1))], [rng.standard_normal((400, 1))]
    (chosen,) = choose(train, held, [0.001, 0.3, 30.0], Kernels)
    assert chosen.bandwidth == 0.3


def test_the_vae_s_divergence_is_zero_at_the_prior() -> None:
    net = Vae(Shape(32, 3, 4, 4)).eval()
    for value in net.posterior.parameters():
        torch.nn.init.zeros_(value)
    _, divergence = net(torch.randn(2, 1, 32, 32), torch.tensor([0, 1]), torch.zeros(2, 4))
    assert divergence.tolist() == [0, 0]


def test_vae_loss_by_hand() -> None:
    faces, made = torch.zeros(2, 1, 4, 4), torch.full((2, 1, 4, 4), 0.5)
    expected = 16 / 2 * np.log(0.25) + 3
    assert vae_loss(faces, made, torch.tensor([2.0, 4.0])).item() == pytest.approx(expected, 1e-5)


def test_heun_follows_a_straight_line_exactly() -> None:
    start, way = torch.zeros(2, 3), torch.tensor([1.0, -2.0, 0.5])
    assert torch.allclose(heun(lambda x, t: way.expand_as(x), start, 3), way.expand(2, 3))


def test_heun_is_of_second_order() -> None:
    """dx/dt = x from 1: a step is 1 + h + h^2 / 2, the last 1 + h; dx/dt = 2 t needs the times."""
    found = heun(lambda x, t: x, torch.ones(1, 1, dtype=torch.float64), 20)
    assert found.item() == pytest.approx((1 + 0.05 + 0.05**2 / 2) ** 19 * 1.05)
    found = heun(lambda x, t: 2 * t[:, None], torch.zeros(1, 1), 20)
    assert found.item() == pytest.approx(0.95**2 + 2 * 0.95 * 0.05, rel=1e-5)


def test_flow_loss_by_hand() -> None:
    """A net that always says 0, as it does at the start, is off by x1 / (1 - t), at least 1/4."""
    net = UNet(8, 2)
    initialise(net, np.random.default_rng(0))
    faces, noise = torch.full((2, 1, 16, 16), 0.5), torch.full((2, 1, 16, 16), -1.0)
    loss = flow_loss(net, faces, torch.tensor([0, 1]), noise, torch.tensor([0.2, 0.9]))
    assert loss.item() == pytest.approx(((0.5 / 0.8) ** 2 + (0.5 / 0.25) ** 2) / 2)


def test_a_net_that_knows_the_face_is_carried_to_it() -> None:
    """From any noise, in any number of steps up to 20."""
    face = torch.linspace(-1, 1, 16 * 16).view(1, 1, 16, 16)
    for steps in (1, 5, 20):
        noise = torch.full((1, 1, 16, 16), 2.5)
        ended = heun(lambda x, t: velocity(lambda *_: face, x, t, torch.zeros(1)), noise, steps)
        assert torch.allclose(ended, face, atol=1e-5)


def test_the_net_hears_time_and_label() -> None:
    net = UNet(8, 2)
    rng = np.random.default_rng(0)
    initialise(net, rng)
    with torch.no_grad():
        for value in net.parameters():
            value.add_(0.1 * torch.from_numpy(rng.standard_normal(tuple(value.shape), np.float32)))
        image = torch.from_numpy(rng.standard_normal((1, 1, 16, 16), np.float32))
        times, labels = torch.tensor([0.1]), torch.tensor([0])
        first = net(image, times, labels)
        assert first.shape == (1, 1, 16, 16)
        assert not torch.allclose(first, net(image, times + 0.5, labels))
        assert not torch.allclose(first, net(image, times, labels + 1))


@pytest.mark.parametrize("method", list(BASELINES))
def test_no_baseline_sees_test_and_none_trains_on_validation(method: str, drawn: Path) -> None:
    """Its faces do not change with the test faces; those that do not tune, not with validation."""
    faces = FaceSet.open(drawn)
    train, held = faces.split("train"), faces.split("validation")
    upside_down = FaceSet(held.images[:, ::-1].copy(), held.table)
    settings = params.check(tiny(baselines={"components": [1], "bandwidths": [0.4]}))
    labels = np.array([0, 1, 2])
    one, two = (
        BASELINES[method](train, part, settings, 1)(labels, 5) for part in (held, upside_down)
    )
    assert np.array_equal(one, two)


def test_stage_gives_no_method_a_test_face(
    drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each method is handed train faces to fit to, and validation faces beside; nothing else."""
    handed = []

    def spy(train: FaceSet, validation: FaceSet, settings: params.Params, seed: int) -> Sampler:
        handed.append([set(part.table["split"]) for part in (train, validation)])
        return lambda labels, seed: np.zeros((len(labels), 32, 32), np.float32)

    for method in BASELINES:
        monkeypatch.setitem(BASELINES, method, spy)
        ran(method, drawn, tmp_path / method)
    assert handed == [[{"train"}, {"validation"}]] * len(BASELINES)


def test_faces_that_are_no_number_are_not_written(drawn: Path, tmp_path: Path) -> None:
    train = FaceSet.open(drawn).split("train")

    def broken(labels: np.ndarray, seed: int) -> np.ndarray:
        return np.full((len(labels), 32, 32), np.nan, np.float32)

    with pytest.raises(IntegrityError, match="vae: expected finite faces"):
        write(tmp_path / "vae", broken, train, Wanted("vae", 2, 1))
    assert not (tmp_path / "vae" / "images.npy").exists()
