"""The study swarm: the box and its places, equal budgets, answers of real faces alone."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from depthfaces import files, params
from depthfaces.errors import DataError, IntegrityError, ParamsError
from depthfaces.faces import FaceSet
from depthfaces.studies.swarm import found, protocol, space, study, trial
from depthfaces.studies.swarm.trial import Data
from studies import swarm
from tests import conftest

SECTION: dict[str, Any] = {
    "seeds": 2,
    "particles": 3,
    "generations": 2,
    "gan": {"latent": 4, "width": 2, "epochs": 1, "batch": 8},
    "final_epochs": 1,
    "faces": 12,
}


def settings(**changes: Any) -> Any:
    """Return params.yaml with a tiny `studies.swarm`, and `changes` to it."""
    content = conftest.tiny()
    section = content["studies"]["swarm"]
    for key, value in (SECTION | changes).items():
        section[key] = {**section[key], **value} if isinstance(value, dict) else value
    return params.check(content)


WANTED = settings().studies.swarm


@pytest.fixture(scope="module")
def data(drawn: Path) -> Data:
    """The drawn faces of three emotions: 72 in train, 36 in validation and in test."""
    return Data.of(FaceSet.open(drawn))


@pytest.fixture(scope="module")
def results(data: Data) -> found.Found:
    """The whole study on drawn faces."""
    return found.Found.of(data, protocol.run(data, WANTED, 1, 1), 1)


def test_middle_of_the_box_by_hand() -> None:
    """Phi(0) = 1/2: the mean of an even range, the geometric mean of one by its logarithm."""
    middle = space.values(np.zeros(5), WANTED.ranges)
    assert middle["beta1"] == pytest.approx(0.45)
    assert middle["dropout"] == pytest.approx(0.35)
    assert middle["lr_generator"] == pytest.approx(np.sqrt(2e-5 * 5e-3))
    assert middle["fake_weight"] == pytest.approx(np.sqrt(0.05 * 5))


def test_place_is_the_inverse_of_values() -> None:
    z = np.random.default_rng(0).standard_normal((20, 5))
    for one in z:
        there = space.place(space.values(one, WANTED.ranges), WANTED.ranges)
        np.testing.assert_allclose(there, one, atol=1e-9)


def test_no_place_lies_outside_the_box() -> None:
    for z in (np.full(5, -9.0), np.full(5, 9.0)):
        for name, value in space.values(z, WANTED.ranges).items():
            box = getattr(WANTED.ranges, name)
            assert box.low * (1 - 1e-9) <= value <= box.high * (1 + 1e-9)


def test_random_draws_spread_evenly_over_the_box() -> None:
    z = np.random.default_rng(0).standard_normal((2000, 5))
    drawn = np.sort([space.values(one, WANTED.ranges)["beta1"] for one in z])
    np.testing.assert_allclose(drawn, np.linspace(0, 0.9, 2000), atol=0.03)


def test_settings_reach_the_training() -> None:
    told = space.defaults(WANTED) | {"dropout": 0.25, "fake_weight": 2.0}
    training = space.training(told, WANTED, 3, 7)
    assert (training.dropout, training.fake_weight, training.epochs) == (0.25, 2.0, 7)
    assert training.design.classes == 3
    assert training.design.outputs == 4


@pytest.mark.parametrize(
    ("name", "box", "expected"),
    [
        ("lr_generator", {"low": 0.0}, "expected lr_generator.low above 0"),
        ("dropout", {"high": 1.0}, "expected dropout.high below 1"),
        ("beta1", {"low": 0.8, "high": 0.2}, "expected low up to high, found 0.8 and 0.2"),
    ],
)
def test_box_that_cannot_be_is_refused(name: str, box: dict[str, float], expected: str) -> None:
    ranges = WANTED.ranges.model_dump()
    with pytest.raises(ParamsError, match=expected):
        settings(ranges={name: ranges[name] | box})


def test_swarm_and_control_have_equal_budgets(data: Data, monkeypatch: Any) -> None:
    """Both train exactly particles x generations times, on the same faces from the same seed."""
    seen: list[tuple[int, int]] = []

    def run(train: Any, asked: Any, training: Any, seed: int) -> trial.Trial:
        seen.append((seed, len(train.labels)))
        shares = np.tile([0.2, 0.3, 0.5], (len(asked), 1))
        return trial.Trial(shares, object())  # type: ignore[arg-type]

    monkeypatch.setattr(trial, "run", run)
    records = protocol.look(data, WANTED, 3, 1)
    assert {name: len(record.fitness) for name, record in records.items()} == {
        "swarm": 6,
        "random": 6,
    }
    assert len(seen) == 12
    assert len(set(seen)) == 1


def test_swarm_finds_a_planted_best_place(data: Data, monkeypatch: Any) -> None:
    """On a smooth hill it ends nearer to the top than random draws, with equal evaluations."""
    top = space.values(np.array([0.5, -0.5, 0.3, 0.2, -0.4]), WANTED.ranges)
    goal = space.place(top, WANTED.ranges)

    def run(train: Any, asked: Any, training: Any, seed: int) -> Any:
        told = {name: getattr(training, name) for name in space.NAMES}
        return -float(np.linalg.norm(space.place(told, WANTED.ranges) - goal))

    monkeypatch.setattr(trial, "run", run)
    monkeypatch.setattr(trial, "worth", lambda value, _: value)
    wanted = settings(particles=10, generations=15).studies.swarm
    records = [protocol.look(data, wanted, seed, 1) for seed in range(3)]
    swarm_, random_ = (
        np.mean([found[name].fitness.max() for found in records]) for name in ("swarm", "random")
    )
    assert swarm_ > random_ + 0.2
    chosen = protocol.choose(records[0], wanted)
    assert chosen["alone"]["fake_weight"] == 0
    assert chosen["defaults"] == space.defaults(wanted)


def test_some_faces_of_each_class_equally(data: Data) -> None:
    some = protocol.some(data.parts["train"], 12, 1)
    assert np.bincount(some.labels).tolist() == [4, 4, 4]
    assert len(protocol.some(data.parts["train"], 10_000, 1).labels) == 72


def test_worth_is_the_macro_f1() -> None:
    """Two classes: 2 of 2 found with 1 wrong call, F1 4/5; 1 of 2 found, F1 2/3."""
    shares = np.array([[0.9, 0.1], [0.9, 0.1], [0.8, 0.2], [0.1, 0.9]])
    labels = np.array([0, 0, 1, 1])
    assert trial.worth(trial.Trial(shares, object()), labels) == pytest.approx((0.8 + 2 / 3) / 2)  # type: ignore[arg-type]


def test_diverged_training_ranks_worst_and_stops_nothing(data: Data, monkeypatch: Any) -> None:
    def fit(*_: Any) -> None:
        raise IntegrityError("no numbers")

    monkeypatch.setattr(trial.dcgan, "fit", fit)
    training = space.training(space.defaults(WANTED), WANTED, 3, 1)
    test = data.parts["test"]
    broken = trial.run(data.parts["train"], test.images, training, 1)
    assert np.isnan(trial.worth(broken, test.labels))
    assert (broken.shares == 1 / 3).all()


def test_all_that_is_asked_is_real(data: Data, monkeypatch: Any) -> None:
    """Every face that is judged is one of the set's, bit for bit, and trained on is train."""
    real = {face.tobytes() for part in data.parts.values() for face in part.images}
    train = {face.tobytes() for face in data.parts["train"].images}
    judge, fit = trial.dcgan.judge, trial.dcgan.fit
    seen: list[int] = []

    def spy(critic: Any, images: np.ndarray) -> Any:
        seen.append(len(images))
        assert {face.tobytes() for face in images} <= real
        return judge(critic, images)

    def watch(images: np.ndarray, *rest: Any) -> Any:
        assert {face.tobytes() for face in images} <= train
        return fit(images, *rest)

    monkeypatch.setattr(trial.dcgan, "judge", spy)
    monkeypatch.setattr(trial.dcgan, "fit", watch)
    protocol.run(data, settings(seeds=1).studies.swarm, 2, 1)
    assert seen


def test_leaky_pool_knows_no_held_out_people(data: Data) -> None:
    _, labels = protocol.leak(data, space.defaults(WANTED), WANTED, 1)
    assert len(labels) == round(0.2 * 24) * 3


@pytest.mark.slow
def test_same_answers_whatever_the_threads(data: Data, results: found.Found) -> None:
    again = protocol.run(data, WANTED, 1, 2)
    for one, other in zip(again.records, results.results.records, strict=True):
        for name, record in one.items():
            assert np.array_equal(record.fitness, other[name].fitness)
    for mine, theirs in zip(again.held_out, results.results.held_out, strict=True):
        for arm, answer in mine.items():
            assert np.array_equal(answer.shares, theirs[arm].shares)


def test_scores_hold_their_values(results: found.Found) -> None:
    label = results.data.parts["test"].labels
    for arm in protocol.WORDS:
        called = results.called(arm)
        assert results.score(arm, "accuracy")[0] == pytest.approx((called == label).mean())
        for name in found.SCORES:
            value, low, high = results.score(arm, name)
            assert low <= value <= high
        assert results.confusion(arm).sum() == called.size
    assert results.over("swarm", "swarm") == [0, 0, 0]
    assert results.trainings == {"swarm": 12, "random": 12}


def test_split_without_a_class_is_one_line(drawn: Path) -> None:
    faces = FaceSet.open(drawn)
    test = (faces.table["split"] == "test") & (faces.table["label"] == "Neutral")
    with pytest.raises(DataError, match="every class in the split test"):
        Data.of(faces.pick(~test.to_numpy()))


@pytest.mark.slow
def test_no_numbers_stand_for_the_publication(drawn: Path, tmp_path: Path) -> None:
    """It prints none, so its column is empty; all that it promises has a row."""
    chapter = study.run(FaceSet.open(drawn), settings(seeds=1), 1, tmp_path / "swarm")
    assert [row[1] for row in chapter.published] == [None] * 6
    assert [row[0] for row in chapter.published] == list(found.SCORES)


def test_script_writes_result_and_figures(
    drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = conftest.tiny()["studies"] | {"swarm": WANTED.model_dump()}
    monkeypatch.chdir(conftest.write_params(tmp_path, studies=content))
    swarm.main(drawn, tmp_path / "swarm.json", tmp_path / "swarm")
    chapter = files.read_json(tmp_path / "swarm.json")
    assert chapter["sizes"]["trainings, swarm"] == chapter["sizes"]["trainings, random search"]
    assert {figure["file"] for figure in chapter["figures"]} == {
        f"swarm/{path.name}" for path in (tmp_path / "swarm").glob("*.png")
    }
