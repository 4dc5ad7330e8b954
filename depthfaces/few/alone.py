"""The experiment with few people outside the pipeline: whole, or on a folder of one's own."""

from pathlib import Path

from depthfaces import disk
from depthfaces.few import experiment, sheet, tell
from depthfaces.few.answer import answer
from depthfaces.few.task import Task
from depthfaces.schema import Params

KEPT = Path("build/few")  # what each choice of people gave, for a run that goes on


def run(task: Task, params: Params, out: Path) -> str:
    """Run the experiment, write tables and figures to `out`, and return the tables."""
    disk.check_writable(out, KEPT)
    kept = experiment.folder_of(task, params, KEPT)
    found = experiment.run(task, params, kept)
    experiment.write(kept.with_name(f"{kept.name}-found"), found)
    sheet.write(out / "sheet.png", experiment.shown(task, params, kept), task.faces.classes)
    return tell.write(out, answer(*found, params))


def with_people(params: Params, people: list[int]) -> Params:
    """Return the parameters with other numbers of people."""
    changed = params.experiment.model_copy(update={"people": people})
    return params.model_copy(update={"experiment": changed})
