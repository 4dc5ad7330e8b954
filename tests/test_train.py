import math
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from depthfaces import files, params
from depthfaces.errors import DataError, IntegrityError, ParamsError
from depthfaces.faces import FaceSet
from depthfaces.gan import store, train
from depthfaces.gan.feed import Feed
from depthfaces.gan.sample import sample
from depthfaces.gan.trained import Trained
from depthfaces.gan.trainer import Trainer
from depthfaces.schema import Params
from stages import train as stage
from tests.conftest import equal, tiny, write_params


def settings(**changes: dict[str, object]) -> Params:
    return params.check(tiny(**changes))


def fitted(faces: Path, **changes: dict[str, object]) -> Trained:
    chosen = settings(**changes)
    return train.fit(FaceSet.open(faces), chosen.gan, chosen.kd, 3)


def test_the_feed_is_balanced_and_gives_train_faces_only(tmp_path: Path, drawn: Path) -> None:
    faces = FaceSet.open(drawn)
    table = faces.table.copy()
    train_rows = np.flatnonzero(table["split"] == "train")
    table.loc[train_rows[table["label"].iloc[train_rows] == "Neutral"][2:], "split"] = "test"
    images = np.broadcast_to(np.arange(len(table), dtype=np.float32)[:, None, None], (144, 4, 4))
    batch, labels = Feed(FaceSet(images, table), np.random.default_rng(0)).fetch(900)
    rows = batch[:, 0, 0, 0].int().numpy()
    assert set(table["split"].iloc[rows]) == {"train"}
    assert (np.array(faces.classes)[labels] == table["label"].iloc[rows]).all()
    assert np.bincount(labels).min() > 250  # of 300 expected, though one class has two faces


def test_the_feed_mirrors_half(drawn: Path) -> None:
    faces = FaceSet.open(drawn)
    images = np.broadcast_to(np.array([0, 1], np.float32), (144, 2, 2))
    batch, _ = Feed(FaceSet(images, faces.table), np.random.default_rng(0)).fetch(400)
    assert 160 < batch[:, 0, 0, 0].sum() < 240


def test_a_class_without_train_faces_is_named(drawn: Path) -> None:
    faces = FaceSet.open(drawn)
    table = faces.table.copy()
    table.loc[table["label"] == "Surprise", "split"] = "test"
    with pytest.raises(DataError, match="no train face of 'Surprise'"):
        Feed(FaceSet(faces.images, table), np.random.default_rng(0))


def test_distillation_of_weight_zero_is_the_plain_gan(drawn: Path) -> None:
    plain = fitted(drawn, kd={"enabled": False})
    weightless = fitted(drawn, kd={"generator": 0.0, "discriminator": 0.0})
    assert equal(plain.generator_teacher, weightless.generator_teacher)
    assert not equal(plain.generator_teacher, fitted(drawn).generator_teacher)


def test_spectral_norm_starts_from_the_seed_too(drawn: Path) -> None:
    chosen = {"loss": "hinge", "spectral": True, "r1": 0.0}
    one = fitted(drawn, gan=chosen)
    torch.rand(1)  # whatever torch has drawn before
    assert equal(one.discriminator, fitted(drawn, gan=chosen).discriminator)


def test_training_never_sees_the_other_splits(drawn: Path) -> None:
    faces, chosen = FaceSet.open(drawn), settings()
    hidden = np.array(faces.images)
    hidden[faces.table["split"] == "test"] = np.nan
    one = train.fit(faces, chosen.gan, chosen.kd, 3)
    two = train.fit(FaceSet(hidden, faces.table), chosen.gan, chosen.kd, 3)
    assert equal(one.generator, two.generator)


def test_validation_people_choose_the_step_and_nothing_else(drawn: Path) -> None:
    faces, chosen = FaceSet.open(drawn), settings(gan={"checks": 1})
    hidden = np.array(faces.images)
    hidden[faces.table["split"] == "validation"] = 0
    one = train.fit(faces, chosen.gan, chosen.kd, 3)
    two = train.fit(FaceSet(hidden, faces.table), chosen.gan, chosen.kd, 3)
    assert equal(one.generator, two.generator)
    assert one.checks != two.checks


def test_what_is_kept_is_the_best_check_s(drawn: Path) -> None:
    """A later best is the training that stopped there."""
    chosen = settings(gan={"checks": 6})
    whole = train.fit(FaceSet.open(drawn), chosen.gan, chosen.kd, 3)
    run = train.Run(FaceSet.open(drawn), chosen.gan, chosen.kd, 3)
    while run.step < whole.best:
        run.advance()
    assert equal(run.trainer.nets["generator_teacher"], whole.generator_teacher)


@pytest.mark.parametrize(
    "change",
    [
        {"gan": {"loss": "hinge", "spectral": True, "r1": 0.0}},
        {"gan": {"loss": "relativistic", "r2": 1.0, "deviation": True}},
        {"gan": {"augment": 0.6, "lecam": 0.3, "lr_end": 0.25}},
        {"gan": {"recipe": "paper", "balanced": False, "mirror": False, "precision": "fp32"}},
        {"kd": {"form": "perceptual", "warmup": 3}},
        {"kd": {"freeze_buffers": True}},
        {"gan": {"precision": "bf16"}},
    ],
    ids=str,
)
def test_every_ingredient_trains_and_changes_the_result(
    change: dict[str, dict[str, object]], drawn: Path
) -> None:
    plain, other = fitted(drawn), fitted(drawn, **change)
    pair = [list(made.generator_teacher.state_dict().values())[-1] for made in (plain, other)]
    assert all(math.isfinite(value) for row in other.history for value in row.values())
    assert pair[0].shape != pair[1].shape or not torch.equal(*pair)


def test_a_batch_larger_than_the_set_is_refused(drawn: Path) -> None:
    with pytest.raises(ParamsError, match=r"gan\.batch: expected at most the 72 train faces"):
        fitted(drawn, gan={"batch": 73})


def test_one_emotion_alone_is_refused(drawn: Path) -> None:
    faces = FaceSet.open(drawn)
    alone = faces.pick(np.flatnonzero(faces.table["label"] == "Neutral"))
    with pytest.raises(DataError, match="two emotions or more"):
        Feed(alone, np.random.default_rng(0))


def test_one_face_of_an_emotion_is_refused(drawn: Path) -> None:
    faces = FaceSet.open(drawn)
    table = faces.table.copy()
    surprise = np.flatnonzero(table["label"] == "Surprise")
    table.loc[surprise[1:], "split"] = "test"
    with pytest.raises(DataError, match="a single train face of 'Surprise'"):
        Feed(FaceSet(faces.images, table), np.random.default_rng(0))


def test_ingredients_the_paper_lacks_are_refused_with_its_networks() -> None:
    with pytest.raises(ParamsError, match="belong to the modern recipe"):
        settings(gan={"recipe": "paper", "spectral": True})


def test_a_loss_that_is_no_number_says_its_step(drawn: Path) -> None:
    with pytest.raises(IntegrityError, match=r"at step \d+; nothing was written: lower gan.lr"):
        fitted(drawn, gan={"lr_generator": 1e30, "lr_discriminator": 1e30, "steps": 20})


def test_divergence_goes_back_to_the_last_good_nets(
    tmp_path: Path, drawn: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write_params(tmp_path, gan={"steps": 20, "checks": 4}))
    step = Trainer.step

    def broken(trainer: Trainer, number: int) -> dict[str, torch.Tensor]:
        found = step(trainer, number)
        return found | {"d": torch.tensor(math.nan)} if number == 12 else found

    monkeypatch.setattr(Trainer, "step", broken)
    with pytest.raises(IntegrityError, match=r"at step 13; the nets of step (5|10) are kept"):
        stage.main(drawn, tmp_path / "none", tmp_path / "gan", tmp_path / "train")
    model = store.load(tmp_path / "gan", drawn)
    assert model.config["best_step"] in {5, 10}


def test_weights_that_are_no_number_are_not_written(tmp_path: Path, drawn: Path) -> None:
    broken = fitted(drawn)
    broken.discriminator.score.bias.data.fill_(math.nan)
    with pytest.raises(IntegrityError, match=r"discriminator.safetensors: score.bias"):
        store.save(tmp_path / "gan", broken, {})
    assert not (tmp_path / "gan").exists()


def test_a_model_read_again_makes_the_same_faces(tmp_path: Path, drawn: Path) -> None:
    made = fitted(drawn)
    about = {"classes": ["a", "b", "c"], "faces": store.fingerprint(drawn)}
    store.save(tmp_path, made, about)
    model = store.load(tmp_path, drawn)
    z, labels = np.random.default_rng(0).standard_normal((5, 8), np.float32), np.arange(5) % 3
    expected = sample(made.generator_teacher, z, labels)
    assert np.array_equal(sample(model.generator, z, labels), expected)
    assert model.classes == ["a", "b", "c"]


def test_a_model_of_other_faces_is_refused(tmp_path: Path, drawn: Path) -> None:
    store.save(tmp_path, fitted(drawn), {"faces": "0" * 64})
    with pytest.raises(IntegrityError, match="trained on other faces"):
        store.load(tmp_path, drawn)


@pytest.mark.parametrize("harm", ["cut", "other", "pickle"])
def test_damaged_weights_are_refused(tmp_path: Path, drawn: Path, harm: str) -> None:
    store.save(tmp_path, fitted(drawn), {"faces": store.fingerprint(drawn)})
    weights_file = tmp_path / store.TEACHER
    if harm == "cut":
        weights_file.write_bytes(weights_file.read_bytes()[:-9])
    elif harm == "other":
        save_file({"x": torch.zeros(1)}, weights_file)
    else:
        torch.save({"x": torch.zeros(1)}, weights_file)
    with pytest.raises(IntegrityError, match=r"teacher.safetensors: damaged"):
        store.load(tmp_path, drawn)


def test_stage_gives_the_same_bytes_twice(
    trained: Path, drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write_params(tmp_path))
    stage.main(drawn, tmp_path / "none", tmp_path / "gan", tmp_path / "train")
    for folder in ("gan", "train"):
        names = {path.name for path in (trained / folder).iterdir()}
        assert names == {path.name for path in (tmp_path / folder).iterdir()}
        for name in names:
            one, two = trained / folder / name, tmp_path / folder / name
            assert files.checksum(one) == files.checksum(two), name


def test_stage_keeps_what_a_stranger_needs(trained: Path, drawn: Path) -> None:
    config = files.read_json(trained / "gan" / store.CONFIG)
    assert config["classes"] == FaceSet.open(drawn).classes
    assert (config["unit"], config["window"]) == ("mm", [-20.0, 100.0])
    shape = config["shape"]
    assert {key: shape[key] for key in ("size", "classes", "latent", "width", "recipe")} == {
        "size": 32,
        "classes": 3,
        "latent": 8,
        "width": 4,
        "recipe": "modern",
    }
    history = (trained / "train" / "history.csv").read_text().splitlines()
    assert history[0] == "step,d,d_kd,d_slope,g,g_kd,g_slope"
    assert len(history) == 1 + 6
    checks = (trained / "train" / "checks.csv").read_text().splitlines()
    assert checks[0] == "step,distance,right,variety"
    assert len(checks) == 1 + 2
    card = (trained / "gan" / "README.md").read_text()
    assert "72 faces of 6 people (drawn)" in card
    assert "Happiness 24, Neutral 24, Surprise 24" in card
    for picture in ("samples.png", "film.png"):
        assert cv2.imread(str(trained / "train" / picture)) is not None


@pytest.mark.slow
def test_training_learns_the_labels(drawn: Path) -> None:
    """Nearest class mean of real faces: chance is a third."""
    made = fitted(drawn, gan={"steps": 250, "width": 12, "batch": 16, "latent": 16})
    faces = FaceSet.open(drawn)
    means = np.stack([faces.images[faces.targets == c].mean(axis=0) for c in range(3)])
    labels = np.arange(150) % 3
    z = np.random.default_rng(0).standard_normal((150, 16), np.float32)
    images = sample(made.generator_teacher, z, labels)
    gaps = ((images[:, None] - means) ** 2).sum(axis=(2, 3))
    assert (gaps.argmin(axis=1) == labels).mean() > 0.8
    assert made.history[-1]["g_kd"] < 0.15
