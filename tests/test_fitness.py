from pathlib import Path

import numpy as np
import pytest
import torch

from depthfaces import seeding
from depthfaces.evolve import fitness
from depthfaces.evolve.fitness import Fitness, Nearness, outside, places
from depthfaces.evolve.judge import Judge, fit
from depthfaces.faces import FaceSet


def test_the_shell_holds_99_percent_of_the_prior() -> None:
    z = np.random.default_rng(0).standard_normal((20000, 16))
    assert (outside(z) == 0).mean() == pytest.approx(0.99, abs=0.003)
    assert outside(100 * z).min() > 0
    assert outside(np.zeros((1, 16)))[0] > 0


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


class Sure(Judge):
    """A judge that finds each face to be class 0 with p = 1/2, else 1 or 2."""

    def log_probability(self, faces: np.ndarray) -> np.ndarray:
        return np.tile(np.log([0.5, 0.25, 0.25]), (len(faces), 1))


def test_fitness_adds_its_parts(drawn: Path) -> None:
    train = FaceSet.open(drawn).split("train")
    score = Fitness(Sure(torch.nn.Identity(), [0.0, 0.0, 0.0], {}), Nearness(train))
    inside = np.full((1, 16), 1.0)
    copy, other = np.array(train.images[:1]), -np.array(train.images[:1])
    assert score(inside, other, 0)[0] == pytest.approx(np.log(0.5))
    assert score(inside, copy, 1)[0] == pytest.approx(np.log(0.25) - fitness.COPY, abs=1e-4)
    far = outside(inside * 3)[0]
    assert score(inside * 3, other, 0)[0] == pytest.approx(np.log(0.5) - far * fitness.OUTSIDE)


def test_a_face_need_not_be_more_convincing_than_real_ones(drawn: Path) -> None:
    train = FaceSet.open(drawn).split("train")
    score = Fitness(Sure(torch.nn.Identity(), [-2.0, -1.0, 0.0], {}), Nearness(train))
    other = -np.array(train.images[:1])
    worth = [score(np.ones((1, 16)), other, target)[0][0] for target in range(3)]
    assert worth == pytest.approx([-2.0, np.log(0.25), np.log(0.25)])


def test_the_judge_knows_people_it_never_saw(drawn: Path) -> None:
    faces = FaceSet.open(drawn)
    train, held = faces.split("train"), faces.split("validation")
    judge = fit(train, held, faces.classes, seeding.stream(1, "judge"))
    assert judge.about["accuracy"] > 0.9
    own = judge.log_probability(held.images)[np.arange(len(held)), held.targets]
    assert (own[held.targets == 1] <= judge.typical[1]).mean() == pytest.approx(0.5, abs=0.05)
    probability = np.exp(judge.log_probability(faces.images))
    assert np.allclose(probability.sum(axis=1), 1, atol=1e-5)
    test = faces.split("test")
    assert (judge.log_probability(test.images).argmax(axis=1) == test.targets).mean() > 0.9
    again = fit(train, held, faces.classes, seeding.stream(1, "judge"))
    assert np.array_equal(again.log_probability(test.images), judge.log_probability(test.images))
