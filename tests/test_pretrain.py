"""pretrain: virtual faces first, where asked for."""

from pathlib import Path

import numpy as np
import pytest
import torch

from depthfaces import pretrain
from depthfaces.errors import DataError
from depthfaces.faces import FaceSet
from depthfaces.gan import start, store
from stages import pretrain as stage
from stages import train as training
from tests.conftest import write_params
from tests.test_train import settings

FIRST = {"subjects": 4, "frames": 2, "steps": 4, "rate": 0.5, "how": "finetune", "emotions": []}
SMALL = {"size": 32}


def test_off_it_leaves_a_word_and_no_nets(
    drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write_params(tmp_path))
    stage.main(drawn, tmp_path / "first")
    # DVC warns of an empty folder at every stage that has it.
    assert [path.name for path in (tmp_path / "first").iterdir()] == ["about.json"]
    assert "no first training" in (tmp_path / "first" / "about.json").read_text()
    gan = settings().gan
    assert start.at(tmp_path / "first", gan, tmp_path) == (gan, start.Session(tmp_path))


def test_an_unknown_emotion_is_named(drawn: Path, tmp_path: Path) -> None:
    faces = FaceSet.open(drawn)
    table = faces.table.replace({"label": {"Neutral": "Wink"}})
    with pytest.raises(DataError, match=r"found Wink: rename them, or set gan.pretrain.subjects"):
        pretrain.make(FaceSet(faces.images, table), settings(), tmp_path / "faces")


def test_grey_images_are_refused(drawn: Path, tmp_path: Path) -> None:
    faces = FaceSet.open(drawn)
    with pytest.raises(DataError, match="expected depth in mm, found grey images"):
        pretrain.make(
            FaceSet(faces.images, faces.table.assign(unit="relative")), settings(), tmp_path / "x"
        )


@pytest.mark.slow
def test_training_goes_on_from_virtual_faces(
    drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = {"size": 64, "focal": 182.5}
    data = {"virtual": {**settings().data.virtual.model_dump(), **camera}}
    gan = {"steps": 2, "pretrain": FIRST}
    monkeypatch.chdir(write_params(tmp_path, data=data, preprocess=SMALL, gan=gan))
    stage.main(drawn, tmp_path / "first")
    first = store.nets(tmp_path / "first")
    assert first["generator"].shape.classes == 3  # type: ignore[union-attr]
    training.main(drawn, tmp_path / "first", tmp_path / "gan", tmp_path / "train")
    config = store.load(tmp_path / "gan", drawn).config
    assert config["gan"]["lr_generator"] == pytest.approx(2.0e-4)  # half of it
    assert "trained on 4 virtual people" in (tmp_path / "gan" / "README.md").read_text()
    # Two steps from there lie nearer to there than to fresh nets.
    training.main(drawn, tmp_path / "none", tmp_path / "fresh", tmp_path / "train")
    weights = [
        torch.cat([value.flatten() for value in net.state_dict().values() if value.ndim > 1])
        for net in (
            store.nets(tmp_path / "gan")["generator"],
            first["generator"],
            store.nets(tmp_path / "fresh")["generator"],
        )
    ]
    near, far = (float((weights[0] - other).norm()) for other in weights[1:])
    assert near < far / 2
    assert np.isfinite(near)
