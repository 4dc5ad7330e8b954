"""A command's faults are one line on standard error and an exit code."""

import errno
from pathlib import Path

import pytest

from depthfaces import __main__ as cli
from depthfaces import command
from depthfaces.errors import DataError, IntegrityError, MachineError, ParamsError

TOP = Path(__file__).parents[1]


def stop(fault: BaseException) -> pytest.ExceptionInfo[SystemExit]:
    """Run a command that raises `fault`."""

    def main() -> None:
        raise fault

    with pytest.raises(SystemExit) as caught:
        command.run(main, [])
    return caught


@pytest.mark.parametrize(
    ("fault", "code", "line"),
    [
        (ParamsError("a: expected 1, found 2"), 2, "error: a: expected 1, found 2\n"),
        (DataError("no faces"), 3, "error: no faces\n"),
        (IntegrityError("leak"), 4, "error: leak\n"),
        (MachineError("no network"), 5, "error: no network\n"),
        (
            OSError(errno.ENOSPC, "No space left on device", "x.npy"),
            5,
            "error: No space left on device: x.npy\n",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "out"),
            5,
            "error: Permission denied: out\n",
        ),
        (KeyboardInterrupt(), 130, "error: interrupted\n"),
    ],
)
def test_fault_has_its_exit_code_and_one_line(
    fault: BaseException, code: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stop(fault).value.code == code
    assert capsys.readouterr().err == line


def test_memory_fault_suggests_the_batch_size(capsys: pytest.CaptureFixture[str]) -> None:
    assert stop(MemoryError()).value.code == 5
    assert "batch size" in capsys.readouterr().err


def test_our_own_mistakes_keep_their_traceback() -> None:
    def main() -> None:
        raise FileNotFoundError(errno.ENOENT, "a bug", "x")

    with pytest.raises(FileNotFoundError):
        command.run(main, [])


def test_arguments_become_paths_texts_and_flags() -> None:
    seen: list[object] = []

    def main(faces: Path, method: str, *, loud: bool) -> None:
        seen.extend([faces, method, loud])

    command.run(main, ["a b", "vae", "--loud"])
    command.run(main, ["a b", "$(x)"])
    assert seen == [Path("a b"), "vae", True, Path("a b"), "$(x)", False]


def test_options_have_values_and_several_arguments_one_or_more() -> None:
    seen: list[object] = []

    def main(label: str, *several: Path, count: int, out: Path = Path("out")) -> None:
        seen.extend([label, several, count, out])

    command.run(main, ["x", "a", "b", "--count", "3"])
    assert seen == ["x", (Path("a"), Path("b")), 3, Path("out")]
    with pytest.raises(SystemExit) as caught:
        command.run(main, ["x", "a"])
    assert caught.value.code == 2


@pytest.mark.parametrize("argv", [[], ["a", "b"]])
def test_wrong_number_of_arguments_is_2(argv: list[str]) -> None:
    def main(faces: Path) -> None:
        raise AssertionError(faces)

    with pytest.raises(SystemExit) as caught:
        command.run(main, argv)
    assert caught.value.code == 2


def test_check_passes_on_the_project(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(TOP)
    cli.main(["check"])
    assert "no mistakes" in capsys.readouterr().out


def test_check_outside_the_project_is_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        cli.main(["check"])
    assert caught.value.code == 2


@pytest.mark.parametrize("argv", [[], ["nonsense"]])
def test_unknown_command_is_2(argv: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(argv)
    assert caught.value.code == 2


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert all(f"  {name} " in text for name in cli.COMMANDS)
