"""The pipeline runs, repeats, and reruns what it says and nothing else."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from depthfaces import files, params, profiles, scratch
from tests import declared

TOP = declared.TOP
STAGES = declared.stages()


def project(folder: Path) -> dict[str, str]:
    """Return the checksum of each file that the project at `folder` owns, dvc.lock included."""
    paths = [folder / path for path in scratch.own_files(folder)]
    lock = folder / "dvc.lock"
    return {
        str(path): files.checksum(path) for path in [*paths, *([lock] if lock.exists() else [])]
    }


def dvc(folder: Path, *arguments: str, code: int = 0, **environment: str) -> str:
    """Run dvc in `folder`, expect its exit code, and return what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *arguments],
        cwd=folder,
        env={**scratch.environment(), "DVC_SITE_CACHE_DIR": f"{folder}/.dvc/tmp", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def ran(output: str) -> set[str]:
    """Return the stages that `dvc repro` ran, members of a matrix by the stage's name."""
    return set(re.findall(r"Running stage '(\w+)", output))


def dirty(folder: Path) -> set[str]:
    """Return the stages whose own code, parameters or inputs changed."""
    status = json.loads(dvc(folder, "status", "dvc.yaml", "--json"))
    return {name.split("@")[0] for name in status}


def clone(finished: Path, tmp_path: Path) -> Path:
    """Return a copy of a finished project."""
    return Path(shutil.copytree(finished, tmp_path / "clone"))


@pytest.fixture(scope="session")
def before() -> dict[str, str]:
    """The repository before the scratch project ran."""
    return project(TOP)


@pytest.fixture(scope="session")
def smoke(before: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scratch project after a whole run, in a folder with an unusual name."""
    assert before
    folder = tmp_path_factory.mktemp("pipeline") / "a smoke run é"
    scratch.make(TOP, folder, "smoke")
    assert ran(dvc(folder, "repro")) == set(STAGES)
    return folder


@pytest.mark.slow
def test_repository_stays_as_it_was(smoke: Path, before: dict[str, str]) -> None:
    assert smoke.is_dir()
    assert project(TOP) == before


@pytest.mark.slow
def test_nothing_is_left_to_do(smoke: Path) -> None:
    dvc(smoke, "status", "dvc.yaml", "-q")
    assert ran(dvc(smoke, "repro")) == set()


@pytest.mark.slow
def test_forced_rerun_gives_the_same_bytes(smoke: Path, tmp_path: Path) -> None:
    """Under another locale and another hash seed of Python."""
    again = clone(smoke, tmp_path)
    before = (smoke / "dvc.lock").read_bytes()
    output = dvc(again, "repro", "-f", "--no-run-cache", LC_ALL="C", PYTHONHASHSEED="5")
    assert ran(output) == set(STAGES)
    assert (again / "dvc.lock").read_bytes() == before


# A parameter, and the stages that read it.
CHANGES = {
    "seed": set(STAGES) - {"code", "report"},
    "data.virtual.noise": {"baseline", "download", "pretrain", "few"},
    "preprocess.crop": {
        "ablation",
        "baseline",
        "classify",
        "evolve",
        "export",
        "few",
        "features",
        "preprocess",
        "pretrain",
    },
    "preprocess.back": {
        "ablation",
        "baseline",
        "classify",
        "evolve",
        "features",
        "preprocess",
        "pretrain",
        "train",
        "few",
    },
    "gan.lr_generator": {"baseline", "pretrain", "train", "few"},
    "kd.decay": {"baseline", "pretrain", "train", "few"},
    "ga.generations": {"evolve", "few"},
    "qd.cells": {"evolve", "few"},
    "export.evolved_share": {"ablation", "export", "few"},
    "export.per_class": {"ablation", "evolve", "export"},
    "baselines.vae_epochs": {"baseline", "few"},
    "features.hog_orientations": {"classify", "compare", "features", "few"},
    "classify.xgb_depth": {"classify", "few"},
    "compare.margin": {"compare", "few"},
    "report.dpi": {"report"},
}


@pytest.mark.slow
@pytest.mark.parametrize("key", CHANGES)
def test_parameter_makes_its_stages_dirty(smoke: Path, key: str) -> None:
    file = smoke / "params.yaml"
    before = file.read_bytes()
    old = params.read(file)
    for part in key.split("."):
        old = old[part]
    try:
        profiles.write(file, {key: old + 1})
        assert dirty(smoke) == CHANGES[key]
    finally:
        file.write_bytes(before)


@pytest.mark.slow
def test_words_in_the_code_rerun_nothing_and_those_of_a_template_the_report(
    smoke: Path, tmp_path: Path
) -> None:
    again = clone(smoke, tmp_path)
    for path in [*again.rglob("depthfaces/**/*.py"), *again.glob("stages/*.py")]:
        path.write_text(path.read_text(encoding="utf-8") + "\n# Words.\n", encoding="utf-8")
    assert ran(dvc(again, "repro")) == {"code"}
    dvc(again, "status", "dvc.yaml", "-q")
    page = again / "depthfaces" / "report" / "page.html"
    page.write_text(page.read_text(encoding="utf-8") + "<!-- words -->\n", encoding="utf-8")
    assert ran(dvc(again, "repro")) == {"code", "report"}


@pytest.mark.slow
def test_wrong_parameter_stops_the_first_stage_and_loses_nothing(
    smoke: Path, tmp_path: Path
) -> None:
    again = clone(smoke, tmp_path)
    profiles.write(again / "params.yaml", {"data.virtual.noise": -1.0})
    dvc(again, "repro", code=255)
    shutil.copyfile(smoke / "params.yaml", again / "params.yaml")
    assert ran(dvc(again, "repro")) == set()


@pytest.mark.slow
def test_the_way_back_from_an_experiment_loses_nothing(smoke: Path, tmp_path: Path) -> None:
    """After a newcomer's run: the committed dvc.lock names models that this machine never had."""
    again = newcomer(smoke, tmp_path)
    before = outputs(again)
    dvc(again, "exp", "save", "dvc.yaml", "-n", "before")
    assert outputs(again) == before
    output = dvc(again, "exp", "run", "-n", "fewer", "-S", "ga.generations=2")
    after = {"ablation", "export", "features", "classify", "compare", "few", "report"}
    assert ran(output) == {"evolve", *after}
    assert "  generations: 2\n" in (again / "params.yaml").read_text(encoding="utf-8")
    fewer = outputs(again)
    assert {path for path in fewer if fewer[path] != before.get(path)} >= {
        "dvc.lock",
        "params.yaml",
    }
    for name, expected in (("before", before), ("fewer", fewer), ("before", before)):
        dvc(again, "exp", "apply", name)
        assert outputs(again) == expected
    dvc(again, "status", "dvc.yaml", "-q")


@pytest.mark.slow
def test_a_value_set_back_brings_the_models_back(smoke: Path, tmp_path: Path) -> None:
    """The way back for those who saved nothing; here past a stage that makes a model."""
    again = newcomer(smoke, tmp_path)
    before = outputs(again)
    profiles.write(again / "params.yaml", {"ga.generations": 2})
    assert ran(dvc(again, "repro", "--single-item", "evolve")) == {"evolve"}
    assert outputs(again) != before
    git(again, "checkout", "-q", "params.yaml")
    assert ran(dvc(again, "repro")) == set()
    assert outputs(again) == before


@pytest.mark.slow
def test_make_run_asks_to_commit_what_is_not(smoke: Path, tmp_path: Path) -> None:
    again = newcomer(smoke, tmp_path)
    (again / ".venv").symlink_to(sys.prefix)
    for left in (True, False):
        done = subprocess.run(
            ["make", "run"], cwd=again, capture_output=True, text=True, check=True
        )
        assert ("This run is not committed yet: git add params.yaml" in done.stdout) is left
        git(again, "add", "dvc.lock", "reports")
        git(again, "commit", "-qm", "My run", "--allow-empty")


@pytest.mark.slow
def test_make_run_works_in_an_unpacked_archive(smoke: Path, tmp_path: Path) -> None:
    again = clone(smoke, tmp_path)
    shutil.copyfile(TOP / ".dvc" / "config", again / ".dvc" / "config")
    (again / ".venv").symlink_to(sys.prefix)
    done = subprocess.run(["make", "run"], cwd=again, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "no mistakes" in done.stdout
    assert "not committed" not in done.stdout
    assert ran(done.stdout) == set()


def git(folder: Path, *arguments: str) -> None:
    """Run git in `folder`."""
    subprocess.run(["git", *arguments], cwd=folder, check=True)


def newcomer(smoke: Path, tmp_path: Path) -> Path:
    """Return a git checkout after its first run; its one commit has another machine's dvc.lock."""
    again = clone(smoke, tmp_path)
    shutil.copyfile(TOP / ".dvc" / "config", again / ".dvc" / "config")
    lock = again / "dvc.lock"
    mine = lock.read_text(encoding="utf-8")
    theirs = re.sub(
        r"( path: (?:data|models)/.*\n +hash: md5\n +md5: )\w{8}", r"\g<1>01234567", mine
    )
    assert theirs != mine
    lock.write_text(theirs, encoding="utf-8")
    git(again, "init", "-q")
    git(again, "config", "user.name", "somebody")
    git(again, "config", "user.email", "somebody@example.org")
    git(again, "add", "-A")
    git(again, "commit", "-qm", "start")
    lock.write_text(mine, encoding="utf-8")
    return again


def outputs(folder: Path) -> dict[str, str]:
    """Return the checksum of each result in `folder`, of its parameters and of dvc.lock."""
    tops = [folder / name for name in ("data", "models", "reports")]
    paths = [path for top in tops for path in top.rglob("*") if path.is_file()]
    paths += [folder / "params.yaml", folder / "dvc.lock"]
    return {path.relative_to(folder).as_posix(): files.checksum(path) for path in paths}
