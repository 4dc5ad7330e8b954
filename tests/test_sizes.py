"""Faces of any side that nets can halve four times: 48 pixels go through the whole pipeline."""

import importlib
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from depthfaces import command, files, params, profiles
from depthfaces.baselines import BASELINES
from depthfaces.errors import ParamsError
from depthfaces.faces import FaceSet
from depthfaces.gan import store, train
from depthfaces.gan.networks import Shape
from depthfaces.gan.networks.modern import channels, sides
from tests import declared
from tests.conftest import tiny, write_faces

TOP = Path(__file__).parents[1]
SIZE = 48


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        (32, [4, 8, 16, 32]),
        (48, [6, 12, 24, 48]),
        (64, [4, 8, 16, 32, 64]),
        (80, [5, 10, 20, 40, 80]),
        (144, [9, 18, 36, 72, 144]),
        (256, [4, 8, 16, 32, 64, 128, 256]),
    ],
)
def test_a_face_is_halved_while_it_can_be(size: int, wanted: list[int]) -> None:
    assert sides(Shape(size, 3, 8, 4)) == wanted


def test_maps_of_48_pixels_have_channels_between_those_of_32_and_of_64() -> None:
    widths = {
        size: [channels(Shape(size, 3, 8, 32), side) for side in sides(Shape(size, 3, 8, 32))]
        for size in (32, 48, 64)
    }
    assert widths == {
        32: [128, 64, 32, 16],
        48: [128, 64, 32, 16],
        64: [256, 128, 64, 32, 16],
    }


@pytest.mark.parametrize("size", range(32, 257, 16))
def test_every_multiple_of_16_is_accepted(size: int) -> None:
    assert params.check(tiny(preprocess={"size": size})).preprocess.size == size


@pytest.mark.parametrize("size", [16, 40, 47, 100, 272])
def test_any_other_size_is_refused(size: int) -> None:
    with pytest.raises(ParamsError, match=r"preprocess\.size"):
        params.check(tiny(preprocess={"size": size}))


def run(stage: dict[str, Any], methods: list[str]) -> None:
    """Run a stage as dvc.yaml says, each of its `methods` if it has any, in this process."""
    for method in methods if "matrix" in stage else [""]:
        words = stage["cmd"].replace("${item.method}", method).split()
        command.run(importlib.import_module(words[2]).main, words[3:])


@pytest.mark.slow
def test_the_whole_pipeline_at_48_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(TOP / params.FILE, tmp_path)
    tiny_run = profiles.load("smoke", TOP) | {"preprocess.size": SIZE, "export.onnx": True}
    profiles.write(tmp_path / params.FILE, tiny_run)
    monkeypatch.chdir(tmp_path)
    for stage in declared.stages().values():
        run(stage, [*BASELINES])
    folders = ("faces", "synthetic", *(f"baselines/{name}" for name in (*BASELINES, "gan_ga")))
    for folder in folders:
        faces = FaceSet.open(tmp_path / "data" / folder)
        assert faces.images.shape[1:] == (SIZE, SIZE)
        assert np.isfinite(faces.images).all()
        assert faces.images.std() > 0
    assert (
        store.load(tmp_path / "models/gan", tmp_path / "data/faces").config["shape"]["size"] == 48
    )
    assert (tmp_path / "models/gan/generator.onnx").is_file()
    assert files.read_json(tmp_path / "data/features/about.json")["size"] == SIZE
    assert (tmp_path / "reports/index.html").is_file()
    assert list((tmp_path / "checkpoints").rglob("*.safetensors")) == []


def test_the_published_networks_learn_at_48_pixels(tmp_path: Path) -> None:
    faces = write_faces(tmp_path / "faces", size=SIZE)
    p = params.check(tiny(gan={"recipe": "paper", "deviation": False, "steps": 4}))
    made = train.fit(faces, p.gan, p.kd, 3)
    assert made.film.shape[2:] == (SIZE, SIZE)
    assert np.isfinite(made.film).all()
