"""Do synthetic faces help where few real people are known? The product's own experiment, on frames.

    python -m bench.few FOLDER [--people N] [--test OTHER] [--models svm,net] [--sources mix,camera]

FOLDER holds raw depth frames and a labels.csv (file, subject, and label or expression; of
expressions the three clear ones are taken). All that learns, generators too, learns from N people
alone, every choice of them or twenty draws (default: 1 and 3 people); asked are the other people of
FOLDER, or all of OTHER. Generators (kd, synthetic) go on from a training on virtual people. Prints
every arm and contrast with its interval, and writes them with figures and a contact sheet to
build/few-NAME. A run that was ended goes on where it was.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from bench import frames
from depthfaces import command, params
from depthfaces.faces import FaceSet
from depthfaces.few import alone
from depthfaces.few.task import Task

EXPRESSIONS = {"neutral": "Neutral", "smile": "Happiness", "mouth-wide-open": "Surprise"}
PEOPLE, DRAWS, DOSE = [1, 3], 20, 4.0
PRIOR_PEOPLE = 60  # virtual people on whom generators are pretrained
NO_PRETRAINING = {"subjects": 0, "how": "finetune", "emotions": []}


def read(folder: Path, settings: params.Params) -> FaceSet:
    """Return the prepared faces of FOLDER; frames without a usable face or label are left out."""
    rows = [csv_row | {"label": _emotion_label(csv_row)} for csv_row in frames.rows_of(folder)]
    rows = [csv_row for csv_row in rows if csv_row["label"]]
    prepared_faces = list(frames.prepared(frames.load(folder, rows), rows, settings))
    usable_rows = [row for row, face in enumerate(prepared_faces) if face.image is not None]
    table = pd.DataFrame(
        {
            "id": [rows[row]["file"] for row in usable_rows],
            "label": [rows[row]["label"] for row in usable_rows],
            "subject": [rows[row]["subject"] for row in usable_rows],
            "group": "",
            "split": "train",
            "unit": "mm",
        }
    )
    return FaceSet(np.stack([prepared_faces[row].image for row in usable_rows]), table)


def _emotion_label(row: dict[str, str]) -> str:
    return row["label"] if row.get("label") else EXPRESSIONS.get(row.get("expression", ""), "")


def main(
    folder: Path,
    *,
    people: int = 0,
    test: Path = Path(),
    models: str = "svm,net",
    sources: str = "mix,camera,reenact",
) -> None:
    """Run the experiment on FOLDER; print and write every arm with its interval."""
    settings = params.load()
    experiment = {
        "people": [people] if people else PEOPLE,
        "draws": DRAWS,
        "models": models.split(","),
        "sources": sources.split(","),
        "doses": [DOSE],
        "weights": [1.0],
    }
    content = settings.model_dump()
    content["experiment"] |= experiment
    has_generator = {"kd", "synthetic"} & set(experiment["sources"])
    content["gan"]["pretrain"] |= {"subjects": PRIOR_PEOPLE} if has_generator else NO_PRETRAINING
    settings = params.check(content, "bench.few")
    faces = read(folder, settings)
    task = Task.apart(faces, read(test, settings)) if test != Path() else Task.within(faces)
    print(alone.run(task, settings, Path("build") / f"few-{folder.resolve().name}"), end="")


if __name__ == "__main__":
    command.run(main)
