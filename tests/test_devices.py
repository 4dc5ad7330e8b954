"""Several processes train as one would."""

import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch

from depthfaces import params
from depthfaces.errors import MachineError, ParamsError
from depthfaces.faces import FaceSet
from depthfaces.gan.devices import COMPILERS, Devices, first
from depthfaces.gan.networks.base import BatchNorm
from depthfaces.gan.trainer import Trainer
from tests.conftest import stage_environment, tiny, write_params

TOP = Path(__file__).parents[1]
GAN = {"steps": 20, "checks": 2, "augment": 0.6, "lecam": 0.3, "loss": "relativistic", "r2": 1.0}


def launched(faces: Path, place: Path, *launcher: str) -> pd.DataFrame:
    """Run the stage in `place` and return its history."""
    write_params(place, gan=GAN)
    done = subprocess.run(
        [sys.executable, *launcher, "-m", "stages.train", faces, "none", "gan", "train"],
        cwd=place,
        env=stage_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return pd.read_csv(place / "train" / "history.csv")


@pytest.mark.slow
def test_two_processes_have_the_losses_of_one(drawn: Path, tmp_path: Path) -> None:
    one = launched(drawn, tmp_path / "one")
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")
    two = launched(drawn, tmp_path / "two", *launcher)
    assert list(one.columns) == list(two.columns)
    assert not one.equals(two)  # else a single process ran
    # Sums of another order, and 20 steps to amplify them; the slopes first of all.
    gap = (one - two).abs().max()
    assert gap[["d", "g", "d_kd", "g_kd"]].max() < 0.005, gap
    assert gap[["d_slope", "g_slope"]].max() < 0.1, gap
    assert one["d_slope"].min() > 0.5
    assert (tmp_path / "two" / "gan" / "teacher.safetensors").is_file()


@pytest.mark.slow
@pytest.mark.skipif(not any(map(shutil.which, COMPILERS)), reason="no C++ compiler here")
@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")  # from inside torch
def test_compiled_networks_have_the_losses_of_plain_ones(drawn: Path) -> None:
    """Under a gradient penalty too, whose second derivative torch cannot compile."""
    faces = FaceSet.open(drawn)
    rows = []
    for compiled in (False, True):
        p = params.check(tiny(gan={"compile": compiled}))
        trainer = Trainer(faces, p.gan, p.kd, 0)
        assert compiled == (trainer.calls["generator"] is not trainer.nets["generator"])
        rows.append([trainer.step(number) for number in range(3)])
    for plain, other in zip(*rows, strict=True):
        gaps = {name: abs(float(plain[name] - other[name])) for name in plain}
        assert max(gaps.values()) < 0.02, gaps


def test_compiling_without_a_compiler_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    devices = Devices("fp32", 8)
    devices.device = torch.device("cpu")
    with pytest.raises(MachineError, match=r"gan\.compile: expected a C\+\+ compiler"):
        devices.compiled({})


def test_alone_nothing_is_averaged() -> None:
    devices = Devices("fp32", 8)
    values = torch.arange(4.0)
    assert devices.mean(values) is values
    assert torch.equal(devices.part(values).cpu(), values)
    assert first()


def test_a_batch_is_shared_evenly_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    class Three:
        device, process_index, num_processes = torch.device("cpu"), 1, 3

    monkeypatch.setattr("depthfaces.gan.devices.processes", Three)
    with pytest.raises(ParamsError, match=r"gan.batch: expected a multiple of 3, found 8"):
        Devices("fp32", 8)
    assert Devices("fp32", 9).part(torch.arange(9)).tolist() == [1, 4, 7]


def test_alone_our_batch_norm_is_torch_s() -> None:
    ours, torchs = BatchNorm(3), torch.nn.BatchNorm2d(3)
    maps = torch.randn(5, 3, 4, 4)
    assert torch.equal(ours(maps), torchs(maps))
    assert torch.equal(ours.running_var, torchs.running_var)
