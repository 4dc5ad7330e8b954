"""The study swarm: the search space, equal budgets, only real faces classified."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from depthfaces import files, params
from depthfaces.errors import DataError, IntegrityError, ParamsError
from depthfaces.faces import FaceSet
from depthfaces.studies.swarm import evaluation, protocol, space, study, trial
from depthfaces.studies.swarm.trial import SplitFaces
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


PLAN = settings().studies.swarm


@pytest.fixture(scope="module")
def data(drawn: Path) -> SplitFaces:
    """The drawn faces of three emotions: 72 in train, 36 in validation and in test."""
    return SplitFaces.from_faces(FaceSet.open(drawn))


@pytest.fixture(scope="module")
def swarm_evaluation(data: SplitFaces) -> evaluation.Evaluation:
    """The whole study on drawn faces."""
    return evaluation.Evaluation.from_results(data, protocol.run(data, PLAN, 1, 1), 1)


def test_middle_of_the_box_by_hand() -> None:
    """Phi(0) = 1/2: the mean of an even range, the geometric mean of one by its logarithm."""
    middle = space.settings_at(np.zeros(5), PLAN.ranges)
    assert middle["beta1"] == pytest.approx(0.45)
    assert middle["dropout"] == pytest.approx(0.35)
    assert middle["lr_generator"] == pytest.approx(np.sqrt(2e-5 * 5e-3))
    assert middle["fake_weight"] == pytest.approx(np.sqrt(0.05 * 5))


def test_point_is_the_inverse_of_settings() -> None:
    z = np.random.default_rng(0).standard_normal((20, 5))
    for point in z:
        mapped_back = space.point_of(space.settings_at(point, PLAN.ranges), PLAN.ranges)
        np.testing.assert_allclose(mapped_back, point, atol=1e-9)


def test_no_point_lies_outside_the_box() -> None:
    for z in (np.full(5, -9.0), np.full(5, 9.0)):
        for name, value in space.settings_at(z, PLAN.ranges).items():
            value_range = getattr(PLAN.ranges, name)
            assert value_range.low * (1 - 1e-9) <= value <= value_range.high * (1 + 1e-9)


def test_random_draws_spread_evenly_over_the_box() -> None:
    z = np.random.default_rng(0).standard_normal((2000, 5))
    drawn = np.sort([space.settings_at(point, PLAN.ranges)["beta1"] for point in z])
    np.testing.assert_allclose(drawn, np.linspace(0, 0.9, 2000), atol=0.03)


def test_settings_reach_the_training() -> None:
    setting_values = space.default_settings(PLAN) | {"dropout": 0.25, "fake_weight": 2.0}
    training = space.training_settings(setting_values, PLAN, 3, 7)
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
    ranges = PLAN.ranges.model_dump()
    with pytest.raises(ParamsError, match=expected):
        settings(ranges={name: ranges[name] | box})


def test_swarm_and_control_have_equal_budgets(data: SplitFaces, monkeypatch: Any) -> None:
    """Both train exactly particles x generations times, on the same faces from the same seed."""
    trainings: list[tuple[int, int]] = []

    def run(train: Any, images: Any, training: Any, seed: int) -> trial.Trial:
        trainings.append((seed, len(train.labels)))
        probabilities = np.tile([0.2, 0.3, 0.5], (len(images), 1))
        return trial.Trial(probabilities, object())  # type: ignore[arg-type]

    monkeypatch.setattr(trial, "train_and_predict", run)
    records = protocol.run_searches(data, PLAN, 3, 1)
    assert {name: len(record.fitness) for name, record in records.items()} == {
        "swarm": 6,
        "random": 6,
    }
    assert len(trainings) == 12
    assert len(set(trainings)) == 1


def test_swarm_finds_a_planted_best_point(data: SplitFaces, monkeypatch: Any) -> None:
    """On a smooth hill it ends nearer to the top than random draws, with equal evaluations."""
    best_settings = space.settings_at(np.array([0.5, -0.5, 0.3, 0.2, -0.4]), PLAN.ranges)
    best_point = space.point_of(best_settings, PLAN.ranges)

    def run(train: Any, images: Any, training: Any, seed: int) -> Any:
        setting_values = {
            search_name: getattr(training, search_name) for search_name in space.SETTING_NAMES
        }
        return -float(np.linalg.norm(space.point_of(setting_values, PLAN.ranges) - best_point))

    monkeypatch.setattr(trial, "train_and_predict", run)
    monkeypatch.setattr(trial, "macro_f1_fitness", lambda value, _: value)
    plan = settings(particles=10, generations=15).studies.swarm
    records = [protocol.run_searches(data, plan, seed, 1) for seed in range(3)]
    swarm_fitness, random_fitness = (
        np.mean([seed_records[search_name].fitness.max() for seed_records in records])
        for search_name in ("swarm", "random")
    )
    assert swarm_fitness > random_fitness + 0.2
    chosen = protocol.choose_settings(records[0], plan)
    assert chosen["alone"]["fake_weight"] == 0
    assert chosen["defaults"] == space.default_settings(plan)


def test_subset_has_equally_many_faces_of_each_class(data: SplitFaces) -> None:
    subset = protocol.balanced_subset(data.splits["train"], 12, 1)
    assert np.bincount(subset.labels).tolist() == [4, 4, 4]
    assert len(protocol.balanced_subset(data.splits["train"], 10_000, 1).labels) == 72


def test_fitness_is_the_macro_f1() -> None:
    """Two classes: both of 2 hit with 1 false alarm, F1 4/5; one of 2 hit, F1 2/3."""
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.8, 0.2], [0.1, 0.9]])
    labels = np.array([0, 0, 1, 1])
    outcome = trial.Trial(probabilities, object())  # type: ignore[arg-type]
    assert trial.macro_f1_fitness(outcome, labels) == pytest.approx((0.8 + 2 / 3) / 2)


def test_diverged_training_ranks_worst_and_stops_nothing(
    data: SplitFaces, monkeypatch: Any
) -> None:
    def fit(*_: Any) -> None:
        raise IntegrityError("no numbers")

    monkeypatch.setattr(trial.dcgan, "fit", fit)
    training = space.training_settings(space.default_settings(PLAN), PLAN, 3, 1)
    test = data.splits["test"]
    diverged_trial = trial.train_and_predict(data.splits["train"], test.images, training, 1)
    assert np.isnan(trial.macro_f1_fitness(diverged_trial, test.labels))
    assert (diverged_trial.probabilities == 1 / 3).all()


def test_only_real_faces_are_classified(data: SplitFaces, monkeypatch: Any) -> None:
    """Every classified face is one of the set's, bit for bit; only train faces are trained on."""
    real = {face.tobytes() for split_faces in data.splits.values() for face in split_faces.images}
    train = {face.tobytes() for face in data.splits["train"].images}
    original_judge, original_fit = trial.dcgan.judge, trial.dcgan.fit
    call_sizes: list[int] = []

    def spy(critic: Any, images: np.ndarray) -> Any:
        call_sizes.append(len(images))
        assert {face.tobytes() for face in images} <= real
        return original_judge(critic, images)

    def watch(images: np.ndarray, *rest: Any) -> Any:
        assert {face.tobytes() for face in images} <= train
        return original_fit(images, *rest)

    monkeypatch.setattr(trial.dcgan, "judge", spy)
    monkeypatch.setattr(trial.dcgan, "fit", watch)
    protocol.run(data, settings(seeds=1).studies.swarm, 2, 1)
    assert call_sizes


def test_leaky_pool_has_no_held_out_people(data: SplitFaces) -> None:
    _, labels = protocol.train_leaky(data, space.default_settings(PLAN), PLAN, 1)
    assert len(labels) == round(0.2 * 24) * 3


@pytest.mark.slow
def test_same_predictions_whatever_the_threads(
    data: SplitFaces, swarm_evaluation: evaluation.Evaluation
) -> None:
    again = protocol.run(data, PLAN, 1, 2)
    for record_by_search, expected_records in zip(
        again.search_records, swarm_evaluation.results.search_records, strict=True
    ):
        for search_name, record in record_by_search.items():
            assert np.array_equal(record.fitness, expected_records[search_name].fitness)
    for trials, expected_trials in zip(
        again.held_out, swarm_evaluation.results.held_out, strict=True
    ):
        for arm, final_trial in trials.items():
            assert np.array_equal(final_trial.probabilities, expected_trials[arm].probabilities)


def test_scores_hold_their_values(swarm_evaluation: evaluation.Evaluation) -> None:
    labels = swarm_evaluation.data.splits["test"].labels
    for arm in protocol.ARM_TITLES:
        predicted = swarm_evaluation.predicted_classes(arm)
        assert swarm_evaluation.score_interval(arm, "accuracy")[0] == pytest.approx(
            (predicted == labels).mean()
        )
        for score_name in evaluation.OVERALL_SCORES:
            value, low, high = swarm_evaluation.score_interval(arm, score_name)
            assert low <= value <= high
        assert swarm_evaluation.total_confusion(arm).sum() == predicted.size
    assert swarm_evaluation.f1_difference("swarm", "swarm") == [0, 0, 0]
    assert swarm_evaluation.training_counts == {"swarm": 12, "random": 12}


def test_split_without_a_class_is_one_line(drawn: Path) -> None:
    faces = FaceSet.open(drawn)
    test = (faces.table["split"] == "test") & (faces.table["label"] == "Neutral")
    with pytest.raises(DataError, match="every class in the split test"):
        SplitFaces.from_faces(faces.pick(~test.to_numpy()))


@pytest.mark.slow
def test_no_numbers_stand_for_the_publication(drawn: Path, tmp_path: Path) -> None:
    """It prints none, so its column is empty; each score that it names has a row."""
    chapter = study.run(FaceSet.open(drawn), settings(seeds=1), 1, tmp_path / "swarm")
    assert [row[1] for row in chapter.published] == [None] * 6
    assert [row[0] for row in chapter.published] == list(evaluation.OVERALL_SCORES)


def test_script_writes_result_and_figures(
    drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = conftest.tiny()["studies"] | {"swarm": PLAN.model_dump()}
    monkeypatch.chdir(conftest.write_params(tmp_path, studies=content))
    swarm.main(drawn, tmp_path / "swarm.json", tmp_path / "swarm")
    chapter = files.read_json(tmp_path / "swarm.json")
    assert chapter["sizes"]["trainings, swarm"] == chapter["sizes"]["trainings, random search"]
    assert {figure["file"] for figure in chapter["figures"]} == {
        f"swarm/{path.name}" for path in (tmp_path / "swarm").glob("*.png")
    }
