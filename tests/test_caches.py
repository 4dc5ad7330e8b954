"""The camera's caches go to scratch at once where the home folder cannot be written."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import warp

from depthfaces import disk
from depthfaces.errors import MachineError
from depthfaces.sources.virtual import caches

TOP = Path(__file__).parents[1]
VARIABLES = ("ANNY_CACHE_DIR", "WARP_CACHE_PATH", "XDG_CACHE_HOME")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home folder, scratch beside it, and nothing known of caches."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    monkeypatch.setattr(warp.config, "kernel_cache_dir", None)
    (tmp_path / "scratch").mkdir()
    (tmp_path / "home").mkdir()
    caches.prepare.cache_clear()
    yield tmp_path / "home"
    caches.prepare.cache_clear()


def test_a_home_that_can_be_written_keeps_both(home: Path) -> None:
    assert caches.prepare() == home / ".cache" / "anny"
    assert warp.config.kernel_cache_dir == str(home / ".cache" / "warp")


def test_variables_say_where(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNY_CACHE_DIR", str(tmp_path / "a"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    assert caches.prepare() == tmp_path / "a"
    assert warp.config.kernel_cache_dir == str(tmp_path / "x" / "warp")


@pytest.mark.parametrize("shut", ["HOME", "HOME and XDG_CACHE_HOME", *VARIABLES[:2]])
def test_a_shut_home_moves_them_to_one_place(
    shut: str,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "file").touch()
    for name in shut.split(" and "):
        monkeypatch.setenv(name, str(tmp_path / "file" / "home"))
    scratch = tmp_path / "scratch" / f"depthfaces-{os.getuid()}"
    moved = {"anny": "WARP" not in shut, "warp": "ANNY" not in shut}
    places = {"anny": caches.prepare(), "warp": Path(str(warp.config.kernel_cache_dir))}
    for name, place in places.items():
        assert place == (scratch / name if moved[name] else home / ".cache" / name)
    told = capsys.readouterr().err
    assert told.count("cannot be written") == sum(moved.values())
    assert (scratch.stat().st_mode & 0o777) == 0o700


def test_what_is_there_already_is_used(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed = home / ".cache" / "anny" / "data" / "model.safetensors"
    parsed.parent.mkdir(parents=True)
    parsed.write_text("parsed")

    def check(*folders: Path) -> None:
        if folders[0].is_relative_to(home):
            raise MachineError("read-only")

    monkeypatch.setattr(disk, "check_writable", check)
    assert (caches.prepare() / "data" / "model.safetensors").read_text() == "parsed"


def test_a_scratch_folder_that_another_made_is_not_used(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    planted = tmp_path / "scratch" / f"depthfaces-{os.getuid()}"
    planted.symlink_to(tmp_path / "elsewhere")
    monkeypatch.setenv("HOME", "/dev/null/home")
    found = caches.prepare()
    assert found.parent.parent == tmp_path / "scratch"
    assert found.parent != planted
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.slow
def test_the_camera_works_with_a_read_only_home(tmp_path: Path) -> None:
    code = (
        "from depthfaces.sources.virtual import heads, scene, people; import numpy as np\n"
        "from depthfaces import seeding\n"
        "model = heads.load()\n"
        "person = people.draw(seeding.stream(1, 'person', 0), model.change_labels)\n"
        "weights = np.zeros((1, len(model.action_labels)))\n"
        "views = np.array([[0, 0, 0, 600.0, 0, 0]])\n"
        "print(scene.shoot(person, weights, views, scene.Optics(180.0, 64)).depth.min())\n"
    )
    parsed = Path(os.environ.get("ANNY_CACHE_DIR") or Path.home() / ".cache" / "anny")
    if parsed.is_dir():  # saves the minute of parsing
        (tmp_path / f"depthfaces-{os.getuid()}").mkdir()
        (tmp_path / f"depthfaces-{os.getuid()}" / "anny").symlink_to(parsed)
    kept = {key: value for key, value in os.environ.items() if key not in VARIABLES}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**kept, "PYTHONPATH": str(TOP), "HOME": "/proc/home", "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert 500 < float(done.stdout) < 700
    assert list((tmp_path / f"depthfaces-{os.getuid()}" / "warp").rglob("*.o"))
