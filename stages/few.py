"""Learn everything from few people, again and again, and say what synthetic faces add there."""

from pathlib import Path

from depthfaces import command, disk, files, params
from depthfaces.faces import FaceSet
from depthfaces.few import experiment, sheet
from depthfaces.few.answer import answer
from depthfaces.few.task import Task


def main(faces: Path, out: Path, report: Path) -> None:
    """Write OUT/predictions.csv and OUT/learned.csv, REPORT/few.json and REPORT/sheet.png."""
    settings = params.load()
    disk.check_writable(out, report)
    task = Task.of(FaceSet.open(faces), settings)
    kept = experiment.folder_of(task, settings, experiment.CHECKPOINTS)
    disk.check_writable(kept)
    found = experiment.run(task, settings, kept)
    experiment.write(out, found)
    files.write_json(report / "few.json", answer(*found, settings))
    sheet.write(report / "sheet.png", experiment.shown(task, settings, kept), task.faces.classes)


if __name__ == "__main__":
    command.run(main)
