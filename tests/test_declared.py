"""dvc.yaml never lies: its dependencies, parameters and paths are those of the code."""

import re
import shlex
from pathlib import Path

import pytest

from depthfaces import params
from depthfaces.closure import EXEMPT
from tests import declared

TOP = declared.TOP
CODE = "data/code"
PIPELINES = {folder: declared.stages(folder) for folder in declared.PIPELINES}
STAGES = {name: stage for pipeline in PIPELINES.values() for name, stage in pipeline.items()}
FOLDERS = {name: folder for folder, pipeline in PIPELINES.items() for name in pipeline}


@pytest.fixture(params=STAGES)
def stage(request: pytest.FixtureRequest) -> str:
    """Each stage's name in turn."""
    return str(request.param)


def script(stage: str) -> Path:
    """Return the stage's script."""
    return TOP / FOLDERS[stage] / f"{stage}.py"


def covers(entry: str, path: str) -> bool:
    """Whether `path` is `entry` or inside it."""
    return path == entry or path.startswith(f"{entry}/")


def leaves() -> set[str]:
    """Return the dotted keys of params.yaml that hold a value."""
    known = params.known()
    return {key for key in known if not any(other.startswith(f"{key}.") for other in known)}


@pytest.mark.parametrize(("folder", "begin"), [("stages", "test_"), ("studies", "test_study_")])
def test_one_word_a_stage(folder: str, begin: str) -> None:
    scripts = {path.stem for path in (TOP / folder).glob("*.py")} - {"__init__"}
    assert scripts == set(PIPELINES[folder])
    tests = {path.stem for path in (TOP / "tests").glob("*.py")}
    assert {name.removeprefix(begin) for name in tests if name.startswith(begin)} >= scripts


def test_no_two_stages_share_a_name() -> None:
    assert len(STAGES) == sum(map(len, PIPELINES.values()))


def test_command_runs_the_script_of_that_name(stage: str) -> None:
    assert STAGES[stage]["cmd"].startswith(f"python -m {FOLDERS[stage]}.{stage} ")


def test_studies_run_at_the_top() -> None:
    """So that their paths and parameters are those of the pipeline."""
    assert {stage["wdir"] for stage in PIPELINES["studies"].values()} == {".."}


def test_the_code_of_a_stage_is_a_dependency(stage: str) -> None:
    deps = [path for path in declared.entries(STAGES[stage], "deps") if not data(path)]
    digests = [path for path in declared.entries(STAGES[stage], "deps") if covers(CODE, path)]
    if stage == "code":
        assert {path for path in scripts() if not any(covers(dep, path) for dep in deps)} == set()
        assert "depthfaces" in deps
    else:
        assert (digests, deps) == ([f"{CODE}/{stage}.txt"], [])


def scripts() -> set[str]:
    """Return every script that a pipeline runs."""
    return {script(stage).relative_to(TOP).as_posix() for stage in STAGES}


def data(path: str) -> bool:
    """Whether a dependency is a result of another stage."""
    return path.split("/", maxsplit=1)[0] in {"data", "models", "reports"}


def test_params_are_exactly_what_is_read(stage: str) -> None:
    assert set(STAGES[stage].get("params", [])) == declared.reads(script(stage))


def test_every_leaf_of_params_reruns_something() -> None:
    listed = {key for stage in STAGES.values() for key in stage.get("params", [])}
    unlisted = {
        leaf
        for leaf in leaves()
        if not any(leaf == key or leaf.startswith(f"{key}.") for key in listed)
    }
    assert unlisted == set()


def test_paths_on_the_command_are_tracked(stage: str) -> None:
    declared_paths = declared.entries(STAGES[stage], "deps", "outs", "metrics", "plots")
    for word in shlex.split(STAGES[stage]["cmd"])[3:]:
        if word != "${item.method}":
            known = [path for path in declared_paths if covers(path, word) or covers(word, path)]
            assert known, word


def test_every_result_that_is_read_is_made() -> None:
    made = [
        re.sub(r"/\$\{.*\}", "", path)
        for stage in STAGES.values()
        for path in declared.entries(stage, "outs", "metrics", "plots")
    ]
    for stage in STAGES.values():
        for dep in filter(data, declared.entries(stage, "deps")):
            assert any(covers(path, dep) or covers(dep, path) for path in made), dep


def test_reports_are_tracked_by_git_and_data_by_dvc(stage: str) -> None:
    for kind in ("outs", "metrics", "plots"):
        for entry in STAGES[stage].get(kind, []):
            path, options = next(iter(entry.items())) if isinstance(entry, dict) else (entry, {})
            assert options.get("cache", True) != path.startswith("reports/"), path


def test_top_module_holds_nothing_but_the_version() -> None:
    """So that no stage need run again when it changes."""
    lines = (TOP / EXEMPT).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line and not line.startswith('"""')] == [
        line for line in lines if line.startswith("__version__ = ")
    ]
