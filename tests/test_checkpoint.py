"""Kill training whenever you like: what comes out is what would have come out."""

import json
import multiprocessing
import os
import random
import signal
import time
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from depthfaces.errors import IntegrityError, MachineError
from depthfaces.faces import FaceSet
from depthfaces.gan import identity, store, train
from depthfaces.gan.checkpoint import ABOUT, Checkpoints, below, clear
from depthfaces.gan.trained import Trained
from tests.conftest import equal
from tests.test_train import settings

# Slow enough to be killed on the way, every ingredient with a memory of its own switched on.
GAN = {"steps": 60, "checkpoint_every": 3, "augment": 0.6, "lecam": 0.3, "checks": 6}

LONG = {"steps": 400, "checkpoint_every": 2}  # enough for twenty kills, however quick the machine


def fit(faces: Path, folder: Path | None, **changes: object) -> Trained:
    torch.set_num_threads(1)
    chosen = settings(gan={**GAN, **changes})
    session = train.Session(folder)
    return train.fit(FaceSet.open(faces), chosen.gan, chosen.kd, 3, session)


def fit_and_save(faces: Path, folder: Path, out: Path) -> None:
    """What a process to be killed does."""
    store.save(out, fit(faces, folder, **LONG), {})


def started(*arguments: Path) -> multiprocessing.process.BaseProcess:
    """Start `fit_and_save` in a process whose imports are done already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=fit_and_save, args=arguments)
    process.start()
    return process


@pytest.mark.slow
def test_twenty_kills_change_nothing(drawn: Path, tmp_path: Path) -> None:
    chance = random.Random(5)
    kills = 0
    for _ in range(60):
        process = started(drawn, tmp_path / "checkpoints", tmp_path / "gan")
        if kills < 20:
            _wait_for_a_new_checkpoint(tmp_path / "checkpoints", process)
            time.sleep(chance.uniform(0, 0.05))
            process.kill()
        process.join()
        kills += process.exitcode == -signal.SIGKILL
        if process.exitcode == 0:
            break
    assert kills == 20
    whole = fit(drawn, None, **LONG)
    for name, file in store.NETS.items():
        weights = load_file(tmp_path / "gan" / file)
        for key, value in getattr(whole, name).state_dict().items():
            assert torch.equal(value, weights[key]), (name, key)
    clear(tmp_path / "checkpoints")
    assert list((tmp_path / "checkpoints").iterdir()) == []


def _wait_for_a_new_checkpoint(folder: Path, process: multiprocessing.process.BaseProcess) -> None:
    before = set(folder.glob("*/*.safetensors"))
    while process.is_alive() and set(folder.glob("*/*.safetensors")) <= before:
        time.sleep(0.005)


class Killed(BaseException):
    """Stands for a kill within this process."""


def interrupted(faces: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> Path:
    """Train until `step`, stop at once, and return the folder of the checkpoints."""
    advance = train.Run.advance

    def stop(run: train.Run) -> None:
        if run.step == step:
            raise Killed
        advance(run)

    with monkeypatch.context() as patch:
        patch.setattr(train.Run, "advance", stop)
        with pytest.raises(Killed):
            fit(faces, folder)
    return next(folder.glob("*/"))


def test_rows_and_film_go_on_as_well(
    drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(drawn, tmp_path, monkeypatch, 41)
    one, two = fit(drawn, tmp_path), fit(drawn, None)
    assert equal(one.generator, two.generator)
    assert (one.history, one.checks, one.best) == (two.history, two.checks, two.best)
    assert (one.film == two.film).all()


@pytest.mark.parametrize("harm", ["cut", "flip", "text"])
def test_a_damaged_checkpoint_is_passed_over(
    harm: str,
    drawn: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = interrupted(drawn, tmp_path, monkeypatch, 50)
    paths = sorted(folder.glob("*.safetensors"))
    assert [path.stem for path in paths] == ["000000045", "000000048"]
    _damage(paths[1], harm)
    resumed = fit(drawn, tmp_path)
    assert "48.safetensors: damaged, going back" in capsys.readouterr().err
    assert equal(resumed.generator, fit(drawn, None).generator)


def _damage(path: Path, harm: str) -> None:
    content = bytearray(path.read_bytes())
    if harm == "cut":
        del content[-100:]
    elif harm == "flip":
        content[-100] ^= 1
    else:
        content[:] = b"not weights"
    path.write_bytes(content)


def test_damaged_checkpoints_alone_are_no_silent_restart(
    drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = interrupted(drawn, tmp_path, monkeypatch, 50)
    for path in folder.glob("*.safetensors"):
        _damage(path, "flip")
    with pytest.raises(IntegrityError, match="every checkpoint is damaged; delete the folder"):
        fit(drawn, tmp_path)


def test_a_torn_temporary_is_removed(
    drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = interrupted(drawn, tmp_path, monkeypatch, 50)
    torn = folder / ".000000051.safetensors.x1y2_3z4.safetensors"
    torn.write_bytes(b"half a checkpoint")
    with Checkpoints(tmp_path, json.loads((folder / ABOUT).read_text())) as held:
        assert not torn.exists()
        assert held.load() is not None


def test_a_pickle_is_not_loaded(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[Path]]:
            return Path.touch, (tmp_path / "ran",)

    with pytest.raises(IntegrityError, match="damaged"), Checkpoints(tmp_path, {}) as held:
        torch.save(Trap(), held.folder / "000000001.safetensors")
        held.load()
    assert not (tmp_path / "ran").exists()


def test_other_parameters_start_anew_and_say_which(
    drawn: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = interrupted(drawn, tmp_path, monkeypatch, 50)
    fit(drawn, tmp_path, lecam=0.2, steps=6)
    told = capsys.readouterr().err
    assert "unfinished training with another gan.lecam, gan.steps; starting anew" in told.replace(
        "gan.steps, gan.lecam", "gan.lecam, gan.steps"
    )
    assert folder.exists()


def test_data_and_code_are_part_of_the_name(drawn: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faces, chosen = FaceSet.open(drawn), settings()
    plain = identity.of(faces, chosen.gan, chosen.kd, 3)
    brighter = FaceSet(faces.images + 0.01, faces.table)
    assert identity.of(brighter, chosen.gan, chosen.kd, 3)["data"] != plain["data"]
    monkeypatch.setattr(identity, "CODE", identity.CODE.parent / "evolve")
    assert identity.of(faces, chosen.gan, chosen.kd, 3)["code"] != plain["code"]


def test_what_a_training_starts_from_is_part_of_the_name(drawn: Path) -> None:
    nets = dict(train.Run(FaceSet.open(drawn), settings().gan, settings().kd, 3).trainer.nets)
    before = identity.weights(nets)
    assert identity.weights(None) == ""
    assert identity.weights(nets) == before
    next(nets["generator"].parameters()).data.add_(1e-3)
    assert identity.weights(nets) != before


def test_a_second_training_says_who_is_at_it(tmp_path: Path) -> None:
    with (
        Checkpoints(tmp_path, {"a": 1}),
        pytest.raises(MachineError, match=f"process {os.getpid()} is at this training"),
        Checkpoints(tmp_path, {"a": 1}),
    ):
        pass


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, None)])
def test_signals_keep_the_step(
    number: int, code: int | None, drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    advance = train.Run.advance

    def signalled(run: train.Run) -> None:
        advance(run)
        if run.step == 40:
            os.kill(os.getpid(), number)

    with monkeypatch.context() as patch:
        patch.setattr(train.Run, "advance", signalled)
        with pytest.raises(KeyboardInterrupt if code is None else SystemExit) as caught:
            fit(drawn, tmp_path)
    assert code is None or caught.value.code == code  # type: ignore[union-attr]
    assert [path.stem for path in sorted(tmp_path.glob("*/*.safetensors"))][-1] == "000000040"
    assert equal(fit(drawn, tmp_path).generator, fit(drawn, None).generator)


def test_below_a_prefix() -> None:
    one, two = torch.zeros(1), torch.ones(1)
    assert below({"a.b.c": one, "ab.c": two}, "a") == {"b.c": one}


def test_disk_full_leaves_the_checkpoint_before(
    drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = interrupted(drawn, tmp_path, monkeypatch, 50)
    kept = sorted(path.name for path in folder.iterdir())

    def full(*_: object) -> None:
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    with Checkpoints(tmp_path, json.loads((folder / ABOUT).read_text())) as held:
        monkeypatch.setattr("depthfaces.gan.checkpoint.save_file", full)
        with pytest.raises(MachineError, match=r"No space left on device; 4 bytes were needed"):
            held.save(51, {"a": torch.zeros(1)}, {})
        assert sorted(path.name for path in folder.iterdir()) == kept
        assert held.load() is not None
