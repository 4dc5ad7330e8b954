"""The companion studies run through DVC at smoke size, one after the other, and then rest."""

import re
import shutil
from pathlib import Path

import pytest
from conftest import write_faces

from depthfaces import scratch
from tests import declared
from tests.test_pipeline import dvc

STAGES = list(declared.stages("studies"))
FILE = "studies/dvc.yaml"


def ran(output: str) -> set[str]:
    """Return the studies that `dvc repro` ran."""
    return set(re.findall(rf"Running stage '{FILE}:(\w+)'", output))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scratch project of smoke size with drawn faces in the place of prepared ones."""
    folder = tmp_path_factory.mktemp("studies") / "a scratch é"
    scratch.make(declared.TOP, folder, "smoke")
    write_faces(folder / "data" / "faces")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_stage_runs_and_writes_what_it_declares(project: Path, stage: str) -> None:
    """In the order of the file, the page last: it needs the others."""
    assert ran(dvc(project, "repro", "--single-item", f"{FILE}:{stage}")) == {stage}
    for path in declared.entries(declared.stages("studies")[stage], "outs"):
        assert (project / path).exists(), path


@pytest.mark.slow
def test_nothing_is_left_to_do_and_every_chapter_is_on_the_page(
    project: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(project, tmp_path / "copy"))
    for stage in STAGES:
        assert ran(dvc(copy, "repro", "--single-item", f"{FILE}:{stage}")) == set()
    text = (copy / "reports" / "studies" / "index.html").read_text(encoding="utf-8")
    assert "Not run yet" not in text
    assert all(f'id="{stage}"' in text for stage in STAGES[:-1])
