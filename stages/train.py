"""Train the conditional generator and keep its nets, its losses and a picture of its faces."""

from pathlib import Path

import pandas as pd
import torch

from depthfaces import command, files, params, seeding
from depthfaces.faces import FaceSet
from depthfaces.gan import grid, store, train


def main(faces: Path, model: Path, report: Path) -> None:
    """Train on the train split of `faces`; write nets to `model`, losses and faces to `report`."""
    settings = params.load()
    torch.set_num_threads(settings.threads)
    data = FaceSet.open(faces)
    seed = seeding.number(settings.seed, "train")
    trained = train.fit(data, settings.gan, settings.kd, seed)
    about = {
        "classes": data.classes,
        "faces": store.fingerprint(faces),
        "gan": settings.gan.model_dump(),
        "kd": settings.kd.model_dump(),
        "unit": str(data.table["unit"].iloc[0]),
        # Millimetres behind the nose tip that +1 and -1 stand for.
        "window": [settings.preprocess.front, settings.preprocess.back],
    }
    store.save(model, trained, about)
    history = pd.DataFrame(trained.history)
    text = history.to_csv(index=False, lineterminator="\n", float_format="%.6g")
    files.write_text(report / "history.csv", text)
    rng = seeding.stream(seed, "grid")
    grid.write(report / "samples.png", store.load(model, faces), rng)


if __name__ == "__main__":
    command.run(main)
