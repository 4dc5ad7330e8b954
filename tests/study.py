"""How the tests run a study through DVC."""

from pathlib import Path
from typing import Any

from depthfaces import files
from tests.test_pipeline import dvc, ran


def run_by_dvc(project: Path, name: str) -> Any:
    """Run one study of a prepared project, find nothing left to do, and return its chapter."""
    stage = ("repro", "-s", f"studies/dvc.yaml:{name}")
    assert ran(dvc(project, *stage)) == {name}
    assert ran(dvc(project, *stage)) == set()
    return files.read_json(project / "reports" / "studies" / f"{name}.json")
