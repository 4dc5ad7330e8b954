"""Profiles overlay params.yaml without surprise, and scratch projects touch nothing."""

import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from depthfaces import params, profiles, scratch
from depthfaces.errors import ParamsError

TOP = Path(__file__).parents[1]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project: the real params.yaml, one profile, sources beside results."""
    top = tmp_path / "a project é"
    for name in ("stages/a.py", "data/raw/x", "reports/x", ".venv/x", ".dvc/cache/x", "dvc.lock"):
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(name, encoding="utf-8")
    (top / "params.yaml").write_bytes((TOP / "params.yaml").read_bytes())
    (top / ".gitignore").write_bytes((TOP / ".gitignore").read_bytes())
    (top / "profiles").mkdir()
    profile(top, "gan:\n  steps: 3\n")
    return top


def profile(top: Path, text: str) -> None:
    """Write the profile `tiny`."""
    (top / "profiles" / "tiny.yaml").write_text(text, encoding="utf-8")


def found(top: Path) -> set[str]:
    """Return the files that a scratch project takes over."""
    return {path.as_posix() for path in scratch.own_files(top)}


@pytest.mark.parametrize("name", profiles.names(TOP))
def test_profile_fits_params(name: str) -> None:
    changes = profiles.load(name, TOP)
    assert changes
    assert all(key in params.known() for key in changes)


def test_empty_profile_changes_nothing(project: Path) -> None:
    profile(project, "")
    before = (project / "params.yaml").read_bytes()
    profiles.write(project / "params.yaml", profiles.load("tiny", project))
    assert (project / "params.yaml").read_bytes() == before


def test_write_changes_one_line_and_keeps_comments(project: Path) -> None:
    before = (project / "params.yaml").read_text(encoding="utf-8").splitlines()
    profiles.write(project / "params.yaml", profiles.load("tiny", project))
    after = (project / "params.yaml").read_text(encoding="utf-8").splitlines()
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert changed == ["  steps: 3"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gan:\n  stps: 3\n", "gan.stps: unknown key; did you mean gan.steps"),
        ("gann:\n  steps: 3\n", "gann: unknown key; did you mean gan"),
        ("gan: 3\n", "gan.: expected keys, found 3"),
        ("gan:\n  steps: 0\n", "gan.steps: expected greater than or equal to 1, found 0"),
        ("gan:\n  steps:\n    a: 1\n", "gan.steps: expected a valid integer"),
    ],
)
def test_mistake_in_a_profile_is_told(project: Path, text: str, expected: str) -> None:
    profile(project, text)
    with pytest.raises(ParamsError, match=expected):
        profiles.load("tiny", project)


@pytest.mark.parametrize("name", ["other", "../tiny", "", "."])
def test_unknown_profile_is_refused_before_anything_is_removed(project: Path, name: str) -> None:
    with pytest.raises(ParamsError, match="known: tiny"):
        scratch.make(project, project / "data", name)
    assert (project / "data" / "raw" / "x").exists()


def test_settings_read_back_as_the_same_values() -> None:
    changes = {"a.b": 3, "c": [1, 2.5], "d": True, "e": "virtual", "f": 2e-4}
    words = profiles.settings(changes).split()
    assert words[::2] == ["-S"] * len(changes)
    pairs = [word.split("=") for word in words[1::2]]
    assert {key: YAML(typ="safe", pure=True).load(text) for key, text in pairs} == changes


@pytest.mark.parametrize("value", ["a b", "$(x)", "", "*"])
def test_settings_refuse_what_a_shell_would_read(value: str) -> None:
    with pytest.raises(ParamsError, match="cannot stand on a command line"):
        profiles.settings({"data.folder.path": value})


def test_scratch_takes_sources_without_git(project: Path) -> None:
    expected = {"stages/a.py", "params.yaml", "profiles/tiny.yaml", ".gitignore"}
    assert found(project) == expected


def test_scratch_takes_uncommitted_files_and_leaves_ignored_ones(project: Path) -> None:
    before = found(project)
    (project / ".gitignore").write_text("/mine/\n", encoding="utf-8")
    (project / "mine").mkdir()
    (project / "mine" / "secret").touch()
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    subprocess.run(["git", "add", "params.yaml"], cwd=project, check=True)
    assert found(project) == before


def test_scratch_has_the_values_and_leaves_the_project_alone(project: Path) -> None:
    def content() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in project.rglob("*") if path.is_file()}

    before = content()
    target = project.parent / "scratch"
    for _ in range(2):
        scratch.make(project, target, "tiny")
    assert params.load(target / "params.yaml").gan.steps == 3
    assert not (target / "data").exists()
    assert content() == before
