"""The watch over a training: distance, variety, the best check and the collapse alarm."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from depthfaces.faces import FaceSet
from depthfaces.gan import train, watch
from depthfaces.gan.encoder import Encoder
from depthfaces.gan.networks import Shape, generator, initialise
from depthfaces.gan.watch import Watch, distance, spread
from tests.conftest import tiny
from tests.test_train import settings


def over(faces: FaceSet) -> Watch:
    torch.manual_seed(0)
    return Watch.over(faces, Encoder(32, 3).eval(), 8, np.random.default_rng(0))


def test_distance_by_hand() -> None:
    cloud = np.array([[0.0, 0.0], [2.0, 4.0]], np.float32)  # means 1, 2; deviations 1, 2
    assert distance(cloud, cloud) == 0
    assert distance(cloud, cloud + np.float32(3)) == pytest.approx(2 * 9)
    assert distance(cloud, 0 * cloud) == pytest.approx(1 + 4 + 1 + 4)


def test_spread_by_hand() -> None:
    assert spread(np.ones((4, 2, 2))) == 0
    assert spread(np.stack([np.zeros((2, 2)), np.full((2, 2), 2.0)])) == 1


def test_the_watch_does_not_look_at_test_people(drawn: Path) -> None:
    faces = FaceSet.open(drawn)
    hidden = np.array(faces.images)
    hidden[faces.table["split"] == "test"] = np.nan
    one, two = over(faces), over(FaceSet(hidden, faces.table))
    assert np.array_equal(one.real, two.real)
    assert np.isfinite(two.real).all()
    assert np.array_equal(one.spreads, two.spreads)


def test_a_generator_that_ignores_its_latent_has_collapsed(drawn: Path) -> None:
    seen = over(FaceSet.open(drawn))
    net = generator(Shape(32, 3, 8, 4))
    initialise(net, np.random.default_rng(0))
    torch.nn.init.zeros_(net.start.weight[:, :8])  # type: ignore[index] # of the latent
    for step in (10, 60, 70):
        assert seen.check(net.eval(), step)["variety"] == pytest.approx(0, abs=1e-3)
        assert seen.collapsed(0.2, 100) == (step == 70)  # not early, not at one look
    assert len(seen.film) == 3
    assert seen.film[0].shape == (3, 32, 32)


def test_the_best_check_is_the_last_of_the_nearest() -> None:
    rows = [{"step": k, "distance": d} for k, d in enumerate((3.0, 1.0, 1.2, 1.3))]
    nothing: Any = None
    labels = np.zeros(1, np.int64)
    points = np.zeros((9, 2), np.float32)
    seen = Watch(nothing, points, points, points, labels, found=rows)
    assert seen.best == 2
    assert Watch(nothing, np.empty(0, "f4"), points, points, labels, found=rows).best == 3


def test_a_collapse_stops_training_and_keeps_the_best(
    drawn: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(watch, "spread", lambda faces: 0.0)
    chosen = settings(gan={"steps": 40, "checks": 8})
    made = train.fit(FaceSet.open(drawn), chosen.gan, chosen.kd, 3)
    assert made.stopped.startswith("collapsed at step 30")
    assert [row["step"] for row in made.checks] == [5, 10, 15, 20, 25, 30]
    least = min(row["distance"] for row in made.checks)
    near = [row["step"] for row in made.checks if row["distance"] <= watch.NOISE * least]
    assert made.best == near[-1]
    assert "training collapsed at step 30: faces of a class" in capsys.readouterr().err


def test_sound_training_is_not_stopped(drawn: Path) -> None:
    chosen = settings(gan={"collapse": 0.0})
    made = train.fit(FaceSet.open(drawn), chosen.gan, chosen.kd, 3)
    assert made.stopped == ""
    assert tiny()["gan"]["steps"] == made.checks[-1]["step"]
