"""The ONNX file makes the generator's faces."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch

from depthfaces import files
from depthfaces.errors import IntegrityError
from depthfaces.gan import onnx
from depthfaces.gan.networks import RECIPES, Shape, generator, initialise
from tests.conftest import write_params

CONFIG: dict[str, Any] = {
    "classes": ["Happiness", "Neutral", "Ärger, 怒り"],
    "unit": "mm",
    "window": [-20.0, 100.0],
}


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES)
def test_the_file_makes_the_same_faces_and_is_the_same_bytes(recipe: str, tmp_path: Path) -> None:
    net = generator(Shape(32, 3, 8, 4, recipe))
    initialise(net, np.random.default_rng(1))
    for name in ("one.onnx", "two.onnx"):
        onnx.export(tmp_path / name, net, CONFIG)
    for count in (1, 3, 7, 16):
        assert onnx.difference(tmp_path / "one.onnx", net, count, seed=5) < onnx.CLOSE
    assert files.checksum(tmp_path / "one.onnx") == files.checksum(tmp_path / "two.onnx")
    content = (tmp_path / "one.onnx").read_bytes()
    assert b"site-packages" not in content
    assert str(Path(onnx.__file__).parents[2]).encode() not in content
    session = onnxruntime.InferenceSession(tmp_path / "one.onnx")
    shapes = {one.name: one.shape for one in (*session.get_inputs(), *session.get_outputs())}
    assert shapes == {"z": ["n", 8], "labels": ["n"], "faces": ["n", 1, 32, 32]}
    known = session.get_modelmeta().custom_metadata_map
    assert {name: json.loads(value) for name, value in known.items()} == {
        **CONFIG,
        "range": [-1, 1],
    }
    with torch.no_grad():
        net.body[-2].bias += 0.5  # type: ignore[index, union-attr, operator]
    assert onnx.difference(tmp_path / "one.onnx", net, 1) > onnx.CLOSE


def test_grey_values_have_no_window_of_millimetres() -> None:
    known = onnx.metadata({**CONFIG, "unit": "relative"})
    assert sorted(known) == ["classes", "range", "unit"]


@pytest.mark.slow
def test_a_file_that_differs_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx, "CLOSE", -1.0)
    with pytest.raises(IntegrityError, match="differ by"):
        onnx.export(tmp_path / "g.onnx", generator(Shape(32, 3, 8, 4)), CONFIG)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_lines_on_the_models_card_draw_faces(
    drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stages import train  # noqa: PLC0415 - torch takes seconds to load

    export = {"onnx": True}
    monkeypatch.chdir(write_params(tmp_path, export=export))
    train.main(drawn, Path("none"), Path("models/gan"), Path("reports"))
    card = Path("models/gan/README.md").read_text(encoding="utf-8")
    lines = card[card.index("    import json") : card.index("\n## For")]
    names: dict[str, Any] = {}
    exec("\n".join(line.removeprefix("    ") for line in lines.splitlines()), names)
    assert names["classes"] == ["Happiness", "Neutral", "Surprise"]
    assert names["faces"].shape == (16, 1, 32, 32)
