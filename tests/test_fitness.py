from pathlib import Path

import numpy as np
import pytest
import torch

from depthfaces import seeding
from depthfaces.evolve import fitness, judge
from depthfaces.evolve.fitness import Evidence, Paper, Quality
from depthfaces.evolve.judge import Panel
from depthfaces.evolve.measures import measures, opening, width
from depthfaces.evolve.nearness import Nearness, places
from depthfaces.evolve.shell import into_shell, outside
from depthfaces.faces import FaceSet


def test_the_shell_holds_99_percent_of_the_prior() -> None:
    z = np.random.default_rng(0).standard_normal((20000, 16))
    assert (outside(z) == 0).mean() == pytest.approx(0.99, abs=0.003)
    assert outside(100 * z).min() > 0
    assert outside(np.zeros((1, 16)))[0] > 0


def test_what_lies_in_the_shell_is_left_there() -> None:
    z = np.random.default_rng(0).standard_normal((50, 16), np.float32)
    inside = outside(z) == 0
    assert np.allclose(into_shell(z)[inside], z[inside], atol=0.01)
    assert (outside(into_shell(100 * z)) == 0).all()
    assert (outside(into_shell(0.01 * z)) == 0).all()


def test_the_distance_of_places_is_that_of_pixels() -> None:
    one, two = np.zeros((1, 32, 32)), np.full((1, 32, 32), 0.25)
    assert np.linalg.norm(places(one) - places(two)) == pytest.approx(0.25)


def test_copies_are_found_mirrored_too(drawn: Path) -> None:
    train = FaceSet.open(drawn).split("train")
    near = Nearness(train)
    face = np.array(train.images[:1])
    assert near(places(face))[0] == pytest.approx(0, abs=1e-6)
    assert near(places(face[:, :, ::-1]))[0] == pytest.approx(0, abs=1e-6)
    assert near(places(-face))[0] > 1


def test_one_in_twenty_real_faces_is_near_another_persons(drawn: Path) -> None:
    train = FaceSet.open(drawn).split("train")
    group, shares = train.table["group"].to_numpy(), []
    near = Nearness(train)
    for person in np.unique(group):
        others = Nearness(train.pick(group != person))
        others.unit = near.unit
        shares += list(others(places(train.images[group == person])) < 1)
    assert np.mean(shares) == pytest.approx(0.05, abs=0.02)


class Sure(Panel):
    """A panel that finds each face to be class 0 with p = 1/2, else 1 or 2."""

    def log_probability(self, faces: np.ndarray) -> np.ndarray:
        return np.tile(np.log([0.5, 0.25, 0.25]), (len(faces), 1))


def evidence(train: FaceSet, verdict: float = 0.0) -> Evidence:
    """Evidence of a critic that says `verdict` of all faces and knows real ones from 0 to 1."""
    critic = lambda faces, target: np.full(len(faces), verdict)  # noqa: E731 - as short as that
    return Evidence(Sure([], []), Nearness(train), critic, [(0.0, 0.5)] * 3)


def test_quality_adds_its_parts(drawn: Path) -> None:
    train = FaceSet.open(drawn).split("train")
    score = Quality(evidence(train))
    inside = np.full((1, 16), 1.0)
    copy, new = np.array(train.images[:1]), np.roll(train.images[:1], 2, axis=2)
    far = max(0, score.evidence.nearness(places(new))[0] / score.evidence.nearness.limit - 1)
    base = np.log(0.5) - fitness.FAR * far
    assert score(inside, new, 0).fitness == pytest.approx(base)
    assert score(inside, copy, 1).fitness == pytest.approx(np.log(0.25) - fitness.COPY, abs=1e-4)
    off = outside(inside * 3)[0]
    assert score(inside * 3, new, 0).fitness == pytest.approx(base - off * fitness.OUTSIDE)
    doubted = Quality(evidence(train, -1.0))(inside, new, 0).fitness
    assert doubted == pytest.approx(base - 2 * fitness.FAKE)


def test_what_no_real_face_resembles_is_worth_less(drawn: Path) -> None:
    train = FaceSet.open(drawn).split("train")
    score, z = Quality(evidence(train)), np.ones((2, 16))
    odd = np.stack([-train.images[0], np.zeros_like(train.images[0])])
    assert (score(z, odd, 0).fitness < np.log(0.5) - 1).all()


def test_the_critics_floor_is_that_of_real_people(drawn: Path) -> None:
    faces = FaceSet.open(drawn)
    held = faces.split("validation")
    bright = lambda images, target: images.mean(axis=(1, 2))  # noqa: E731 - as short as that
    found = Evidence.of(Sure([], []), faces.split("train"), held, bright)
    for label, (floor, spread) in zip(faces.classes, found.floors, strict=True):
        scores = bright(held.images[held.table["label"] == label], 0)
        assert (scores < floor).mean() < 0.1  # the nearest rank of 12 faces to 0.05
        assert (scores <= floor + spread).mean() == pytest.approx(0.5, abs=0.1)


def test_the_papers_fitness_by_hand() -> None:
    checks = np.where(np.indices((1, 32, 32)).sum(axis=0) % 2, 1.0, -1.0)
    score = Paper(None)
    z = np.zeros((1, 4))
    assert score(z, checks, 0).fitness == pytest.approx(10)  # black and white: its maximum
    assert score(z, np.full((1, 32, 32), 0.5), 0).fitness == pytest.approx(-2.5)


@pytest.mark.slow
def test_the_judges_know_people_they_never_saw(drawn: Path) -> None:
    faces = FaceSet.open(drawn)
    found = judge.learn(faces, 3, seeding.stream(1, "judge"))
    assert len(found.nets) == 3
    assert min(about["accuracy"] for about in found.about) > 0.9
    probability = np.exp([net_log(found, [k], faces.images) for k in range(3)])
    assert np.allclose(probability.sum(axis=2), 1, atol=1e-5)
    test = faces.split("test")
    assert (found.log_probability(test.images).argmax(axis=1) == test.targets).mean() > 0.9
    again = judge.learn(faces, 3, seeding.stream(1, "judge"))
    assert np.array_equal(again.log_probability(test.images), found.log_probability(test.images))


def net_log(found: Panel, chosen: list[int], images: np.ndarray) -> np.ndarray:
    """Return log p of some of the judges."""
    return Panel([found.nets[k] for k in chosen], []).log_probability(images)


def test_a_settled_judge_says_the_same() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = judge._network(3)
        faces = torch.randn(16, 1, 32, 32)
        for _ in range(3):  # so that BatchNorm has statistics
            net(faces)
        net.eval()
        with torch.inference_mode():
            assert torch.allclose(judge._settled(net)(faces), net(faces), atol=1e-5)


def test_the_panel_says_the_mean_of_its_judges(drawn: Path) -> None:
    faces = FaceSet.open(drawn)
    found = judge.learn(faces, 2, seeding.stream(1, "judge"))
    one, two = (net_log(found, [k], faces.images) for k in range(2))
    assert np.allclose(found.log_probability(faces.images), (one + two) / 2, atol=1e-6)
    assert not np.allclose(one, two)


def test_the_epoch_of_the_least_loss_on_validation_is_kept(
    drawn: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = [3.0, 1.0, 2.0]
    monkeypatch.setattr(judge, "EPOCHS", len(losses))
    given = iter(losses)
    monkeypatch.setattr(judge, "_judged", lambda *_: {"accuracy": 0.5, "loss": next(given)})
    assert judge.learn(FaceSet.open(drawn), 1, seeding.stream(1, "judge")).about[0]["loss"] == 1


def test_no_two_judges_learn_from_the_same_people(
    drawn: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    monkeypatch.setattr(judge, "EPOCHS", 1)
    fit = judge.fit
    monkeypatch.setattr(
        judge, "fit", lambda t, *rest: (seen.append(set(t.groups)), fit(t, *rest))[1]
    )
    faces = FaceSet.open(drawn)
    judge.learn(faces, 3, seeding.stream(1, "judge"))
    train = set(faces.split("train").table["group"])
    assert all(part < train for part in seen)
    assert set.intersection(*seen) == set()
    assert set.union(*seen) == train


def face(opening: float = 0.0, half: int = 10, size: int = 32) -> np.ndarray:
    """Return a flat face `2 half` pixels wide with a mouth `opening` deep, 4 rows high."""
    image = np.full((1, size, size), -1.0)
    image[:, :, size // 2 - half : size // 2 + half] = 0.5
    image[:, 22:26, 12:20] -= opening
    return image


def test_opening_is_the_water_that_a_mouth_holds() -> None:
    rows = 29 - 16  # of the strip
    assert opening(face(0.0))[0] == 0
    assert opening(face(0.4))[0] == pytest.approx(0.4 * 4 / rows)
    assert opening(face(0.8))[0] == pytest.approx(0.8 * 4 / rows)


def test_width_is_a_share_of_the_columns() -> None:
    assert width(face(half=8))[0] == 0.5
    assert measures(face(0.4, 8)).shape == (1, 2)


def test_surprise_opens_the_mouth(drawn: Path) -> None:
    faces = FaceSet.open(drawn)
    wide = [np.median(opening(faces.images[faces.targets == k])) for k in range(3)]
    assert faces.classes[int(np.argmax(wide))] == "Surprise"
