"""The net on depth and slopes, the random changes it learns under, and weights of faces."""

import numpy as np
import pytest
import torch

from depthfaces import params
from depthfaces.classify import arms, warp
from depthfaces.classify.family import CLASSIFIERS
from depthfaces.classify.net import BATCH, Net, _train_batches, one_cycle
from depthfaces.classify.sample import Sample, join
from depthfaces.classify.svm import Svm
from depthfaces.errors import IntegrityError
from depthfaces.verdict.arm import Arm

SIDE, RELIEF = 16, 2 / 3
TINY = params.load().classify.model_copy(
    update={
        "net_steps": 40, "net_width": 4, "net_members": 2, "net_relief": RELIEF,
        "forest_trees": 20, "cnn_epochs": 20, "cnn_width": 8,
    }
)  # fmt: skip
STILL = warp.Change(*np.array([1.0, 0, 1, 0, 0, 1, 0, 0, 0])[:, None])
NOBODY = Sample(np.zeros((0, SIDE**2), np.uint8), np.zeros(0, int))


def heads(n: int, seed: int, classes: int = 2) -> Sample:
    """Return round heads (n, SIDE^2); a furrow whose height says the class, background 0."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % classes
    down, right = (np.mgrid[:SIDE, :SIDE] + 0.5) / SIDE * 2 - 1
    images = 90 + 120 * np.sqrt((0.8 - right**2 - down**2).clip(0))
    images = images + rng.normal(0, 2, (n, SIDE, SIDE))
    for image, target in zip(images, y, strict=True):
        image[9 - 6 * target : 12 - 6 * target, 4:12] -= 60
    images[:, right**2 + down**2 > 0.75] = 0
    return Sample(images.clip(0, 255).astype(np.uint8).reshape(n, -1), y)


def blobs(n: int, seed: int, classes: int = 2) -> Sample:
    rng = np.random.default_rng(seed)
    y = np.arange(n) % classes
    return Sample(rng.normal(2 * np.eye(classes, 8)[y], 0.5).astype(np.float32), y)


def tensor(x: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(x.reshape(-1, 1, SIDE, SIDE).astype(np.float32)) / 127.5 - 1


def repeated(change: warp.Change, count: int) -> warp.Change:
    return warp.Change(*(np.repeat(numbers, count) for numbers in change))


def plane(right: float, down: float) -> torch.Tensor:
    """Return a plane's depths (1, 1, S, S), without background; slopes in mm a mm."""
    places = (2 * torch.arange(SIDE) + 1) / SIDE - 1
    return ((right * places + down * places[:, None]) / RELIEF)[None, None]


@pytest.fixture(scope="module")
def fitted() -> Net:
    return Net.fit(heads(48, 0), heads(12, 1), 5, TINY)


def test_it_learns_and_same_seed_same_bytes(fitted, tmp_path):
    test = heads(40, 2)
    probabilities = fitted.predict(test.x)
    assert np.allclose(probabilities.sum(axis=1), 1)
    assert np.mean(probabilities.argmax(axis=1) == test.y) > 0.9
    torch.manual_seed(1)
    Net.fit(heads(48, 0), heads(12, 1), 5, TINY).save(tmp_path / "again")
    fitted.save(tmp_path / "one")
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes()
    other = Net.fit(heads(48, 0), heads(12, 1), 6, TINY)
    assert not np.array_equal(probabilities, other.predict(test.x))


def test_a_fit_leaves_torchs_own_stream_alone():
    torch.manual_seed(3)
    before = torch.get_rng_state()
    Net.fit(heads(8, 0), NOBODY, 5, TINY.model_copy(update={"net_steps": 1}))
    assert torch.equal(before, torch.get_rng_state())


def test_what_is_loaded_predicts_the_same_bit_for_bit(fitted, tmp_path):
    test = heads(30, 2)
    fitted.save(tmp_path)
    loaded = Net.load(tmp_path)
    assert loaded.shape == fitted.shape and loaded.temperature == fitted.temperature != 1
    assert np.array_equal(loaded.predict(test.x), fitted.predict(test.x))
    (tmp_path / "net.safetensors").write_bytes(b"\x00" * 40)
    with pytest.raises(IntegrityError, match="damaged"):
        Net.load(tmp_path)


def test_a_faces_numbers_do_not_depend_on_its_batch(fitted):
    test = heads(70, 3)
    together = fitted.predict(test.x)
    alone = np.concatenate([fitted.predict(face[None]) for face in test.x])
    assert np.array_equal(together, alone)
    assert fitted.predict(test.x[:0]).shape == (0, 2)


def test_a_mirrored_face_gives_the_same_probabilities(fitted):
    test = heads(20, 3)
    mirrored = test.x.reshape(-1, SIDE, SIDE)[:, :, ::-1].reshape(20, -1)
    assert not np.array_equal(mirrored, test.x)
    assert np.array_equal(fitted.predict(test.x), fitted.predict(mirrored))


@pytest.mark.parametrize("held", [NOBODY, heads(6, 1, classes=1)])
def test_without_all_classes_on_validation_nothing_is_tuned(fitted, held):
    model = Net.fit(heads(48, 0), held, 5, TINY)
    assert model.temperature == 1
    x = heads(10, 2).x
    tuned = fitted.predict(x)
    assert np.array_equal(model.predict(x).argmax(axis=1), tuned.argmax(axis=1))
    assert not np.array_equal(model.predict(x), tuned)


def test_the_stages_tell_the_net_what_are_photographs():
    settings = params.load()
    assert settings.of_unit("relative").classify.net_relief == 0
    assert settings.of_unit("mm").classify.net_relief == pytest.approx(120 / 180)


@pytest.mark.parametrize("relief", [0.0, 1e-6])
def test_photographs_have_no_slopes(relief):
    grey = TINY.model_copy(update={"net_relief": relief})
    model = Net.fit(heads(48, 0), NOBODY, 5, grey)
    assert model.shape.relief == 0
    assert model.nets[0][0].in_channels == 1
    test = heads(40, 2)
    assert np.mean(model.predict(test.x).argmax(axis=1) == test.y) > 0.9


def test_neutral_change_is_the_identity():
    faces = tensor(heads(3, 0).x)
    for relief in (0.0, RELIEF):
        same = warp.apply_changes(warp.Surface.of(faces), repeated(STILL, 3), relief)
        assert torch.allclose(same, faces, atol=1e-6)


def test_mirror_shift_and_depth_by_hand():
    faces = tensor(heads(2, 0).x)
    surface = warp.Surface.of(faces)
    change = repeated(STILL, 2)
    mirrored = warp.apply_changes(surface, change._replace(mirror=np.array([-1.0, 1])), RELIEF)
    assert torch.allclose(mirrored, torch.stack([faces[0].flip(2), faces[1]]), atol=1e-6)
    moved = warp.apply_changes(surface, change._replace(right=np.full(2, 6 / SIDE)), RELIEF)
    assert torch.allclose(moved[..., 3:], faces[..., :-3], atol=1e-5)
    assert (moved[..., :3] == -1).all()
    nearer = warp.apply_changes(surface, change._replace(offset=np.full(2, 0.05)), RELIEF)
    face = faces > -1
    assert torch.allclose(nearer[face], (faces[face] + 0.05).clamp(max=1), atol=1e-6)
    assert torch.equal(nearer > -1, face)


@pytest.mark.parametrize(("yaw", "pitch"), [(20.0, 0.0), (-15.0, 0.0), (0.0, 12.0)])
@pytest.mark.parametrize("slope", [0.0, 0.4])
def test_a_turned_plane_has_the_slope_of_the_closed_form(yaw, pitch, slope):
    """A plane of slope tan(a), turned by b about an axis in the picture, has slope tan(a - b)."""
    faces = plane(slope, 0) if yaw else plane(0, slope)
    change = STILL._replace(yaw=np.array([yaw]), pitch=np.array([pitch]))
    turned = warp.apply_changes(warp.Surface(faces, torch.ones_like(faces)), change, RELIEF)
    found = warp.depth_gradients(turned, RELIEF)[0, :, 6:10, 6:10]
    expected = np.tan(np.arctan(slope) - np.deg2rad(yaw + pitch))
    along, across = (0, 1) if yaw else (1, 0)
    assert torch.allclose(found[along], torch.tensor(expected, dtype=torch.float32), atol=1e-4)
    assert torch.allclose(found[across], torch.zeros(4, 4), atol=1e-4)


def test_slopes_by_hand():
    faces = torch.full((1, 1, SIDE, SIDE), -1.0)
    faces[..., 4:12, 4:12] = plane(0.3, -0.2)[..., 4:12, 4:12]
    right, down = warp.depth_gradients(faces, RELIEF)[0]
    inside = (slice(4, 12), slice(4, 12))
    assert torch.allclose(right[inside], torch.tensor(0.3), atol=1e-5)
    assert torch.allclose(down[inside], torch.tensor(-0.2), atol=1e-5)
    for slope in (right, down):
        assert (slope[faces[0, 0] == -1] == 0).all()
    steep = warp.depth_gradients(plane(5.0, -5.0), RELIEF)[0]
    assert steep.max() == 2 and steep.min() == -2


def test_background_stays_and_no_pixel_flies():
    """A flat disc before a far background: whatever happens, only its own depth is seen."""
    down, right = np.mgrid[:SIDE, :SIDE] / (SIDE - 1) * 2 - 1
    disc = np.where(right**2 + down**2 < 0.6, 200, 0).astype(np.uint8)
    faces = tensor(np.repeat(disc[None], 64, 0))
    rng = np.random.default_rng(0)
    change = warp.draw_changes(64, rng)
    level = change._replace(stretch=np.ones(64), offset=np.zeros(64))
    flat = warp.apply_changes(warp.Surface.of(faces), level._replace(yaw=0 * change.yaw,
                        pitch=0 * change.yaw), RELIEF)  # fmt: skip
    depth = 200 / 127.5 - 1
    assert torch.allclose(flat[flat > -1], torch.tensor(depth, dtype=torch.float32), atol=1e-5)
    assert (flat[..., 0, 0] == -1).all()
    turned = warp.apply_changes(warp.Surface.of(faces), level, RELIEF)
    # On a tilted disc depth rises evenly: by no more than the steepest turn, nowhere a cliff.
    yaw, pitch = np.deg2rad(change.yaw), np.deg2rad(change.pitch)
    steepest = np.hypot(np.tan(yaw) / np.cos(pitch), np.tan(pitch))
    reach = torch.from_numpy(steepest * 1.6 / RELIEF)[:, None, None, None]
    assert ((turned - depth).abs() <= reach + 1e-3)[turned > -1].all()
    assert warp.depth_gradients(turned, RELIEF).abs().max() < steepest.max() + 1e-2
    noise = warp.add_noise(turned, rng)
    assert torch.equal(noise > -1, turned > -1)
    assert (noise - turned)[turned > -1].std() == pytest.approx(warp.NOISE, rel=0.05)


def test_changes_are_drawn_within_their_widths():
    change = warp.draw_changes(4000, np.random.default_rng(0))
    assert set(change.mirror) == {-1, 1}
    for numbers, middle, width in (
        (change.tilt, 0, 10), (change.scale, 1, 0.08), (change.right, 0, 0.2),
        (change.down, 0, 0.2), (change.stretch, 1, 0.05), (change.offset, 0, 0.1),
        (change.yaw, 0, 2 * warp.YAW), (change.pitch, 0, 2 * warp.PITCH),
    ):  # fmt: skip
        assert np.abs(numbers - middle).max() == pytest.approx(width, rel=0.01)
        assert numbers.mean() == pytest.approx(middle, abs=width / 20)
    assert change.yaw.std() == pytest.approx(0.94 * warp.YAW, rel=0.05)


def test_batches_hold_faces_as_often_as_their_weights_say():
    weights = np.array([0, 1, 2, 0, 5.0])
    rows = [rows for _, rows in _train_batches(weights, 10, np.random.default_rng(0))]
    assert [len(batch) for batch in rows] == [BATCH] * 10
    times = np.bincount(torch.cat(rows), minlength=5)
    assert times.sum() == 10 * BATCH
    assert np.abs(times - weights * 10 * BATCH / 8).max() <= 1
    assert times[0] == times[3] == 0


def test_the_rate_rises_and_falls():
    rates = [one_cycle(share) for share in np.linspace(0, 1, 101)]
    assert rates[0] == pytest.approx(0.04)
    assert np.argmax(rates) == 30 and max(rates) == pytest.approx(1)
    assert rates[-1] == pytest.approx(0, abs=1e-9)


# All but `fused`, which knows emotions of depth faces alone and has its own tests.
OF_ANY_FACES = [name for name in CLASSIFIERS if name != "fused"]


def planted(name: str, n: int, seed: int) -> Sample:
    return (heads if CLASSIFIERS[name].view == "pixels" else blobs)(n, seed)


@pytest.mark.parametrize("name", OF_ANY_FACES)
def test_faces_of_weight_0_are_never_learned_from(name):
    train, held, test = (planted(name, n, n) for n in (40, 12, 20))
    wrong = Sample(train.x[::-1], 1 - train.y[::-1], np.zeros(40))
    both = join([wrong, train, wrong])
    assert both.w is not None and both.w.sum() == 40
    one = Sample(train.x, train.y, np.ones(40))
    models = [CLASSIFIERS[name].fit(sample, held, 5, TINY) for sample in (one, both)]
    assert np.array_equal(models[0].predict(test.x), models[1].predict(test.x))


@pytest.mark.parametrize("name", OF_ANY_FACES)
def test_the_heavier_label_wins(name):
    """Each face comes with both labels: the one that weighs nine times as much is learned."""
    train, held, test = (planted(name, n, n) for n in (80, 12, 20))
    right, wrong = np.full(80, 1.8), np.full(80, 0.2)
    both = [Sample(train.x, train.y, right), Sample(train.x, 1 - train.y, wrong)]
    said = CLASSIFIERS[name].fit(join(both), held, 5, TINY).predict(test.x).argmax(axis=1)
    assert np.mean(said == test.y) > 0.8


def test_a_machine_without_validation_faces_keeps_its_scores():
    train, test = blobs(30, 1), blobs(20, 2)
    model = Svm.fit(train, test.pick(np.zeros(20, bool)), 0, TINY)
    assert model.heat == 1
    assert np.array_equal(model.scores(test.x), Svm.fit(train, test, 0, TINY).scores(test.x))


def test_weight_2_is_a_face_that_comes_twice():
    train, test = blobs(30, 1), blobs(20, 2)
    weights = np.where(np.arange(30) % 3, 1.0, 2.0)
    twice = join([train, train.pick(weights == 2)])
    heavy = Sample(train.x, train.y, weights)
    # The scaler counts faces, not weights, so both get one that was fitted to the same.
    loose = TINY.model_copy(update={"svm_cost": 0.05})
    models = [Svm.fit(sample, test, 0, loose) for sample in (heavy, twice)]
    plain = Svm.fit(train, test, 0, loose)
    scores = [model.scores(test.x) for model in (*models, plain)]
    assert np.abs(scores[0] - scores[1]).max() < np.abs(scores[2] - scores[1]).max() / 2


def test_arms_carry_weights():
    real, fake = blobs(30, 1), blobs(60, 2)
    samples = {"real": real, "synthetic": Sample(*fake[:2], np.where(fake.y, 0.5, 0.25))}
    built = arms.build(Arm("added", "synthetic", 2.0), 1.0, samples, np.random.default_rng(0))
    assert np.array_equal(built.w[:30], np.ones(30))
    assert np.array_equal(built.w[30:], np.where(built.y[30:], 0.5, 0.25))
    samples["synthetic"] = fake
    plain = arms.build(Arm("added", "synthetic", 2.0), 1.0, samples, np.random.default_rng(0))
    assert plain.w is None and np.array_equal(plain.x, built.x)
