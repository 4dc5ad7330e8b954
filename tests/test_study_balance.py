"""The study balance: the printed layers, arms that fill a want with train faces alone, numbers."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from depthfaces import files, params
from depthfaces.errors import DataError
from depthfaces.faces import FaceSet
from depthfaces.schema.studies import BalanceCnn
from depthfaces.studies import lessons
from depthfaces.studies.balance import arms, found, protocol, study
from depthfaces.studies.balance.arms import ArmInputs
from depthfaces.studies.balance.cnn import Cnn
from depthfaces.studies.balance.want import Data, Imbalance
from studies import balance
from tests import conftest

SECTION: dict[str, Any] = {
    "seeds": 2,
    "classes": ["Neutral", "Surprise"],
    "small": "Surprise",
    "shares": [0.5],
    "gan": {"latent": 4, "width": 2, "epochs": 2, "batch": 8},
    "gan_steps": 3,
    "cnn": {"width": 2, "dense": 8, "epochs": 2, "batch": 16},
}


def settings(**changes: Any) -> Any:
    """Return params.yaml with a tiny `studies.balance`, and `changes` to it."""
    content = conftest.tiny()
    section = content["studies"]["balance"]
    for key, value in (SECTION | changes).items():
        section[key] = {**section[key], **value} if isinstance(value, dict) else value
    return params.check(content)


@pytest.fixture(scope="module")
def data(drawn: Path) -> Data:
    """The drawn faces of two emotions: 24 of each in train, 12 in validation and in test."""
    return Data.from_faces(FaceSet.open(drawn), settings().studies.balance)


@pytest.fixture(scope="module")
def ground(data: Data) -> ArmInputs:
    """A want of 12 faces of Surprise, with white squares for generated faces."""
    want = Imbalance.draw(data, "Surprise", 0.5, np.random.default_rng(0))
    return ArmInputs(data, want, {1: np.ones((12, 64, 64), np.float32)}, 5)


def test_cnn_has_the_published_layers() -> None:
    published = BalanceCnn(width=32, dense=1024, epochs=1, batch=64, rate=1e-3, dropout=0.5)
    net = Cnn(2, published, np.random.default_rng(0), channels=3)
    assert sum(value.numel() for value in net.parameters()) == 6_585_314
    sides, maps = [], torch.zeros(1, 3, 100, 100)
    for layer in net:
        maps = layer(maps)
        if isinstance(layer, torch.nn.Conv2d | torch.nn.MaxPool2d):
            sides.append(maps.shape[-1])
    assert sides == [98, 49, 47, 23, 21, 10]


def test_want_puts_train_faces_of_the_small_class_away(data: Data) -> None:
    want = Imbalance.draw(data, "Surprise", 0.5, np.random.default_rng(0))
    assert len(want.removed_rows) == 12
    assert set(data.labels[want.removed_rows]) == {1}
    assert set(data.table["split"].iloc[want.removed_rows]) == {"train"}
    assert sorted([*want.kept_rows, *want.removed_rows]) == sorted(data.rows("train"))
    assert want.missing_counts.tolist() == [0, 12]


@pytest.mark.parametrize(("small", "share"), [("", 0.5), ("Surprise", 1.0)])
def test_nothing_put_away_nothing_missing(data: Data, small: str, share: float) -> None:
    want = Imbalance.draw(data, small, share, np.random.default_rng(0))
    assert (len(want.removed_rows), want.missing_counts.sum()) == (0, 0)
    assert "real" not in arms.arm_names(want)


@pytest.mark.parametrize("name", ["classical", "repeated", "dcgan", "shuffled", "real"])
def test_every_arm_fills_the_want(ground: ArmInputs, name: str) -> None:
    filled = arms.training_set(ground, name)
    assert filled.images.shape == (48, 100, 100)
    assert filled.images.dtype == np.uint8
    if name != "shuffled":
        assert np.bincount(filled.labels).tolist() == [24, 24]
    assert np.array_equal(filled.images[:36], arms.training_set(ground, "nothing").images)


def test_fillers_are_what_their_names_say(ground: ArmInputs) -> None:
    added = {name: arms.training_set(ground, name).images[36:] for name in arms.FILLERS}
    kept = {face.tobytes() for face in arms.training_set(ground, "nothing").images}
    away = {face.tobytes() for face in ground.data.grey(ground.imbalance.removed_rows, 100)}
    assert {face.tobytes() for face in added["repeated"]} <= kept
    assert {face.tobytes() for face in added["real"]} == away
    assert not {face.tobytes() for face in added["classical"]} & (kept | away)
    assert (added["dcgan"] == 255).all()
    assert np.array_equal(added["dcgan"], added["shuffled"])


def test_each_face_is_drawn_before_any_comes_twice(ground: ArmInputs) -> None:
    drawn = ground.repeat_kept(1, np.random.default_rng(0))
    assert len({face.tobytes() for face in drawn}) == len(drawn) == 12


def test_test_part_holds_no_generated_face(ground: ArmInputs, monkeypatch: Any) -> None:
    """Generated faces are white here: none is asked about on people, some are the leaky way."""
    asked: list[np.ndarray] = []

    def fit(net: Any, train: Any, validation: Any, plan: Any, rng: Any) -> lessons.FittedNet:
        asked.append(validation.images)
        return lessons.FittedNet(net, [])

    def answers(net: Any, images: np.ndarray) -> np.ndarray:
        asked.append(images)
        return np.full((len(images), 2), 0.5)

    monkeypatch.setattr(protocol, "fit", fit)
    monkeypatch.setattr(protocol, "predict_probabilities", answers)
    wanted = settings().studies.balance
    for name in arms.FILLERS:
        protocol.run_arm(ground, name, False, wanted, 1)
    assert not any(white(images) for images in asked)
    asked.clear()
    protocol.run_arm(ground, "dcgan", True, wanted, 1)
    assert any(white(images) for images in asked)


def white(images: np.ndarray) -> bool:
    """Whether one of the faces is all white."""
    return bool((images == 255).all(axis=(1, 2)).any())


def test_leaky_pool_knows_no_held_out_people(ground: ArmInputs) -> None:
    held = ground.data.grey(np.concatenate([ground.data.rows("validation"),
                                            ground.data.rows("test")]), 100)  # fmt: skip
    secret = {face.tobytes() for face in held}
    pool = arms.published_splits(ground, "dcgan")
    for part in (pool.train, pool.validation, pool.test):
        assert not secret & {face.tobytes() for face in part.images}
    assert np.array_equal(pool.test_is_added, (pool.test.images == 255).all(axis=(1, 2)))
    assert 0 < pool.test_is_added.sum() < len(pool.test_is_added)


def test_generated_faces_are_made_from_kept_faces_alone(data: Data, monkeypatch: Any) -> None:
    want = Imbalance.draw(data, "Surprise", 0.5, np.random.default_rng(0))
    seen: list[np.ndarray] = []
    fit = protocol.dcgan.fit

    def spy(images: np.ndarray, *rest: Any) -> Any:
        seen.append(images)
        return fit(images, *rest)

    monkeypatch.setattr(protocol.dcgan, "fit", spy)
    made = protocol.generate_faces(data, want, 1, settings().studies.balance, 1)
    assert made.images.shape == (12, 64, 64)
    assert len(made.loss_curve) == 2  # three steps, and one a pass: 12 kept faces in batches of 8
    kept = {face.tobytes() for face in data.images[want.kept_rows]}
    assert {face.tobytes() for face in seen[0]} <= kept


@pytest.fixture(scope="module")
def results(data: Data) -> found.Evaluation:
    """The whole study on drawn faces."""
    return found.Evaluation.from_results(
        data, protocol.run(data, settings().studies.balance, 1, 1), 1
    )


@pytest.mark.slow
def test_same_bytes_whatever_the_threads(data: Data, results: found.Evaluation) -> None:
    again = protocol.run(data, settings().studies.balance, 1, 2)
    for key, answer in results.results.held_out.items():
        assert np.array_equal(again.held_out[key].probabilities, answer.probabilities)


def test_intervals_hold_their_values(results: found.Evaluation) -> None:
    for arm in arms.FILLERS:
        for value, low, high in (results.accuracy(0.5, arm), results.loss(0.5, arm)):
            assert low <= value <= high
    assert results.accuracy_gain(0.5, "dcgan", "dcgan") == [0, 0, 0]
    answers = results.arm_answers(0.5)["dcgan"]
    label = answers[0].labels
    right = [np.mean(one.probabilities.argmax(axis=1) == label) for one in answers]
    assert results.accuracy(0.5, "dcgan")[0] == pytest.approx(np.mean(right))
    losses = [-np.log(one.probabilities[np.arange(len(label)), label]).mean() for one in answers]
    assert results.loss(0.5, "dcgan")[0] == pytest.approx(np.mean(losses))


def test_copies_of_train_faces_are_seen(results: found.Evaluation) -> None:
    case = next(iter(results.results.imbalances))
    want, made = results.results.imbalances[case], results.results.generated
    own = want.kept_rows[results.data.labels[want.kept_rows] == 1]
    copied = {
        (case, 1): protocol.GeneratedFaces(results.data.images[own], made[case, 1].loss_curve)
    }
    faces = found.face_quality(
        found.Evaluation(
            results.data, results.results._replace(generated=copied), results.judge, 1
        ),
        case,
        1,
    )
    assert faces.copying is not None
    assert faces.copying < -3


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"classes": ["Neutral", "Rage"], "small": ""}, "expected faces of Rage"),
        ({"small": "Happiness"}, "expected one of Neutral, Surprise, found Happiness"),
    ],
)
def test_unknown_class_is_one_line(drawn: Path, changes: Any, expected: str) -> None:
    with pytest.raises(DataError, match=expected):
        Data.from_faces(FaceSet.open(drawn), settings(**changes).studies.balance)


@pytest.mark.slow
def test_every_class_and_its_own_want(drawn: Path, tmp_path: Path) -> None:
    """With no class made small in a balanced set nothing is generated, and the page says so."""
    tuned = settings(classes=[], small="", shares=[1.0], seeds=1)
    chapter = study.run(FaceSet.open(drawn), tuned, 1, tmp_path / "balance")
    assert any("nothing was generated" in note for note in chapter.notes)
    assert chapter.sizes["classes"] == "Happiness, Neutral, Surprise"


def test_script_writes_result_and_figures(
    drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    section = settings().studies.balance.model_dump()
    place = conftest.write_params(tmp_path, studies={"balance": section})
    monkeypatch.chdir(place)
    balance.main(drawn, tmp_path / "balance.json", tmp_path / "balance")
    chapter = files.read_json(tmp_path / "balance.json")
    assert chapter["seeds"] == 2
    assert {figure["file"] for figure in chapter["figures"]} == {
        f"balance/{path.name}" for path in (tmp_path / "balance").glob("*.png")
    }
