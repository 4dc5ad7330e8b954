"""Make centred faces of raw frames, put the unusable aside, and decide the splits once."""

from pathlib import Path

import torch

from depthfaces import command, files, params
from depthfaces.depth import dataset, sheet
from depthfaces.faces import FaceSet


def main(raw: Path, faces: Path, summary: Path, report: Path) -> None:
    """Prepare `raw` into `faces`; write the summary, and quarantine and sheet to `report`."""
    p = params.load()
    torch.set_num_threads(p.threads)
    done = dataset.prepare_set(raw, p, faces)
    files.write_json(summary, done.summary)
    dataset.write_refused(done.refused, report / "quarantine.csv")
    sheet.draw(FaceSet.open(raw), done, p.seed, report / "sheet.png")


if __name__ == "__main__":
    command.run(main)
