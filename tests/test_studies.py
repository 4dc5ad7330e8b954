"""The companion studies run through DVC at smoke size, one after the other, and then rest."""

import re
import shutil
from pathlib import Path

import pytest

from depthfaces import params, profiles, scratch
from depthfaces.schema.studies import Studies
from tests import declared
from tests.conftest import write_faces
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
    dvc(folder, "repro", "--single-item", "code")
    return folder


def profile(name: str) -> Studies:
    """Return the studies' parameters under a profile."""
    top = declared.TOP
    changes = profiles.load(name, top)
    return params.check(profiles.overlay(params.read(top / params.FILE), changes)).studies


def test_full_sizes_are_the_published_ones() -> None:
    full = profile("studies")
    assert min(getattr(full, name).seeds for name in STAGES[:-1]) >= 6
    assert (full.balance.gan.width, full.balance.gan.epochs) == (64, 300)
    assert full.swarm.final_epochs == 300
    assert 10 <= full.swarm.particles <= 20
    vgg, made = full.augment.vgg, full.augment.made
    assert (vgg.width, vgg.epochs, vgg.batch, vgg.rate) == (64, 25, 8, 1e-4)
    assert (vgg.falling, vgg.dropout, made.per_class) == (False, 0.5, 300)
    assert (full.augment.size, full.augment.changes.rotation) == (48, 15.0)


def test_default_size_repeats_each_study_three_times() -> None:
    default = params.load(declared.TOP / params.FILE).studies
    assert min(getattr(default, name).seeds for name in STAGES[:-1]) >= 3


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
