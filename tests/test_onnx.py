"""The ONNX file makes the generator's faces."""

from pathlib import Path

import numpy as np
import pytest
import torch

from depthfaces import files
from depthfaces.errors import IntegrityError
from depthfaces.gan import onnx
from depthfaces.gan.networks import RECIPES, Shape, generator, initialise


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES)
def test_the_file_makes_the_same_faces_and_is_the_same_bytes(recipe: str, tmp_path: Path) -> None:
    net = generator(Shape(32, 3, 8, 4, recipe))
    initialise(net, np.random.default_rng(1))
    for name in ("one.onnx", "two.onnx"):
        onnx.export(tmp_path / name, net)
    assert onnx.difference(tmp_path / "one.onnx", net, seed=5) < onnx.CLOSE
    assert files.checksum(tmp_path / "one.onnx") == files.checksum(tmp_path / "two.onnx")
    assert b"site-packages" not in (tmp_path / "one.onnx").read_bytes()
    with torch.no_grad():
        net.body[-2].bias += 0.5  # type: ignore[index, union-attr, operator]
    assert onnx.difference(tmp_path / "one.onnx", net) > onnx.CLOSE


@pytest.mark.slow
def test_a_file_that_differs_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx, "CLOSE", -1.0)
    with pytest.raises(IntegrityError, match="differ by"):
        onnx.export(tmp_path / "g.onnx", generator(Shape(32, 3, 8, 4)))
    assert list(tmp_path.iterdir()) == []
