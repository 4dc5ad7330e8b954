"""A finished training is never lost by what comes after its last step."""

import multiprocessing
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from depthfaces import command, disk
from depthfaces import pretrain as virtual_faces
from depthfaces.errors import MachineError
from depthfaces.faces import FaceSet
from depthfaces.gan import store, train
from depthfaces.gan.checkpoint import FINISHED, Checkpoints, clear
from stages import pretrain
from stages import train as stage
from tests.conftest import same_files, stage_environment, write_params
from tests.test_pretrain import FIRST

TOP = Path(__file__).parents[1]
STEPS = 6  # of the tiny training: the name of its last checkpoint
KILLS = 3  # spread over the span below
SPAN = (0.05, 8.0)  # seconds after the last step
ONNX = {"per_class": 12, "onnx": True, "evolved_share": 0.5, "collapsed": True}


def place(top: Path) -> Path:
    """A workplace whose training writes every kind of output."""
    return write_params(top, export=ONNX)


def argv(faces: Path) -> list[str]:
    return [str(faces), "none", "models/gan", "reports/train"]


def work(faces: Path, folder: Path) -> None:
    """What a process to be killed does: the stage, and then a while of what follows it."""
    os.chdir(folder)
    command.run(stage.main, argv(faces))
    time.sleep(60)


@pytest.fixture(scope="module")
def whole(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The outputs of a training that nothing disturbs."""
    folder = place(tmp_path_factory.mktemp("whole"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        command.run(stage.main, argv(drawn))
    return folder


def again(faces: Path, folder: Path, whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the stage in `folder` once more: no step is left, and the outputs are the same bits."""
    with monkeypatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(train.Run, "advance", never)
        command.run(stage.main, argv(faces))
    assert same_files(folder / "models/gan", whole / "models/gan") == 7
    assert same_files(folder / "reports/train", whole / "reports/train") == 4


def never(*_: object) -> None:
    raise AssertionError("a step was taken again")


def killed(faces: Path, folder: Path, delay: float) -> None:
    """Start the stage in `folder`, and kill it `delay` seconds after its last step."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=work, args=(faces, place(folder)))
    process.start()
    while not list(folder.glob(f"checkpoints/train/*/{STEPS:09}.safetensors")):
        assert process.is_alive()
        time.sleep(0.005)
    time.sleep(delay)
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL


@pytest.mark.slow
@pytest.mark.parametrize("number", range(KILLS))
def test_a_kill_after_the_last_step_loses_nothing(
    number: int, drawn: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, last = SPAN
    killed(drawn, tmp_path, first + (last - first) * number / (KILLS - 1))
    again(drawn, tmp_path, whole, monkeypatch)


def stopped(faces: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Run the stage in `folder`, where the disk fails; return its one line."""
    capsys.readouterr()
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as caught:
        patch.chdir(folder)
        command.run(stage.main, argv(faces))
    assert caught.value.code == MachineError.code
    return capsys.readouterr().err.splitlines()[-1]


def fails_once(monkeypatch: pytest.MonkeyPatch, before: Any, after: Any) -> None:
    """Call `before` when the nets are to be written, and `after` thereafter."""
    save = store.save

    def failing(*arguments: Any) -> None:
        before()
        try:
            save(*arguments)
        finally:
            after()
            monkeypatch.setattr(store, "save", save)

    monkeypatch.setattr(store, "save", failing)


@pytest.mark.slow
def test_a_full_disk_after_the_last_step(
    drawn: Path,
    whole: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    fails_once(
        monkeypatch,
        lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2000, hard)),
        lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard)),
    )
    line = stopped(drawn, place(tmp_path), capsys)
    size = sum(
        value.nbytes
        for value in store.nets(whole / "models/gan")["generator"].state_dict().values()
    )
    assert line.startswith("error: models/gan/generator.safetensors: File too large; ")
    assert f" {size:,} bytes were needed, " in line
    assert list((tmp_path / "models/gan").iterdir()) == []
    again(drawn, tmp_path, whole, monkeypatch)


def mounted(*arguments: str) -> None:
    """Call mount; skip where that is not allowed."""
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"mount is not allowed here: {done.stderr.strip()}")


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own at models/gan, of 64 kB."""
    folder = tmp_path / "models/gan"
    folder.mkdir(parents=True)
    if not shutil.which("mount"):
        pytest.skip("no mount here")
    mounted("-t", "tmpfs", "-o", "size=64k", "none", str(folder))
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.slow
def test_a_volume_that_is_full_or_read_only_after_the_last_step(
    volume: Path,
    drawn: Path,
    whole: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    top = volume.parents[1]
    line = stopped(drawn, place(top), capsys)
    assert "No space left on device; " in line
    fails_once(
        monkeypatch,
        lambda: mounted("-o", "remount,ro,size=64m", str(volume)),
        lambda: mounted("-o", "remount,rw", str(volume)),
    )
    line = stopped(drawn, top, capsys)
    assert line == (
        "error: models/gan/generator.safetensors: Read-only file system; "
        "make it writable, then run again"
    )
    again(drawn, top, whole, monkeypatch)


def test_a_read_only_volume_is_refused_before_the_first_step(
    volume: Path,
    drawn: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    mounted("-o", "remount,ro", str(volume))
    monkeypatch.setattr(train, "Run", never)
    assert stopped(drawn, place(tmp_path), capsys) == (
        "error: models/gan: expected a folder to write results to, found: Read-only file system; "
        "make it writable, then run again"
    )


def test_a_folder_that_cannot_be_is_refused_before_the_first_step(
    drawn: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (place(tmp_path) / "reports").write_text("a file")
    monkeypatch.setattr(train, "Run", never)
    assert stopped(drawn, tmp_path, capsys) == (
        "error: reports/train: expected a folder to write results to, found: Not a directory; "
        "see to that path, then run again"
    )


def test_no_room_for_checkpoints_is_told_before_the_first_step(
    drawn: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(disk, "_free", lambda _: 5000)
    monkeypatch.setattr(train.Run, "advance", never)
    line = stopped(drawn, place(tmp_path), capsys)
    assert line.startswith("error: checkpoints/train: expected room for ")
    assert "found 5,000" in line


def test_the_first_training_is_not_lost_either(
    drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """Stands for a kill within this process."""

    def kill(*_: object) -> None:
        raise Killed

    monkeypatch.chdir(write_params(tmp_path, gan={"pretrain": FIRST}))
    monkeypatch.setattr(virtual_faces, "make", lambda *_: FaceSet.open(drawn))
    with monkeypatch.context() as patch:
        patch.setattr(store, "save", kill)
        with pytest.raises(Killed):
            pretrain.main(drawn, Path("models/first"))
    monkeypatch.setattr(train.Run, "advance", never)
    pretrain.main(drawn, Path("models/first"))
    assert (tmp_path / "models/first" / store.CONFIG).is_file()


def test_torn_files_of_ours_go_and_others_stay(tmp_path: Path) -> None:
    torn = [".config.json.ab12_xyz.json", ".LICENSE.ab12_xyz", ".tmpAb12Xy"]
    for name in [*torn, ".gitignore", ".coverage", "config.json"]:
        (tmp_path / name).touch()
    disk.remove_torn(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {".gitignore", ".coverage", "config.json"}


def test_a_finished_training_goes_with_the_next_one(tmp_path: Path) -> None:
    with Checkpoints(tmp_path, {"a": 1}) as one:
        one.save(1, {}, {})
        one.save(2, {}, {})
    assert {path.name for path in one.folder.glob("*[d0-9].*")} == {"000000002.safetensors"}
    with pytest.raises(RuntimeError), Checkpoints(tmp_path, {"a": 1}) as one:
        assert one.load() is not None
        assert not (one.folder / FINISHED).exists()
        raise RuntimeError
    with Checkpoints(tmp_path, {"a": 2}) as two:
        pass
    assert one.folder.exists()  # it ended badly the last time
    with Checkpoints(tmp_path, {"a": 3}) as three:
        assert not two.folder.exists()
    clear(tmp_path)
    assert not three.folder.exists()


@pytest.mark.slow
def test_two_processes_go_on_from_the_last_step(drawn: Path, tmp_path: Path) -> None:
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")
    for name in ("one", "two"):
        done = subprocess.run(
            [sys.executable, *launcher, "-m", "stages.train", *argv(drawn)],
            cwd=place(tmp_path),
            env=stage_environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        (tmp_path / "models").rename(tmp_path / name)
        kept = list(tmp_path.glob("checkpoints/train/*/*.safetensors"))
        assert [path.stem for path in kept] == [f"{STEPS:09}"]
    assert same_files(tmp_path / "one", tmp_path / "two") == 7
