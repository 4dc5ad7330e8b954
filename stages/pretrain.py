"""Train on virtual faces first, where gan.pretrain.subjects asks for it; else leave nothing."""

import tempfile
from pathlib import Path

import torch

from depthfaces import command, params, pretrain, seeding
from depthfaces.faces import FaceSet
from depthfaces.gan import store, train


def main(faces: Path, model: Path) -> None:
    """Train on virtual people with the emotions of `faces`; write the nets to `model`."""
    settings = params.load()
    model.mkdir(parents=True, exist_ok=True)
    if settings.gan.pretrain.subjects == 0:
        return
    torch.set_num_threads(settings.threads)
    gan = settings.gan.model_copy(update={"steps": settings.gan.pretrain.steps})
    with tempfile.TemporaryDirectory(dir=model.parent) as scratch:
        data = pretrain.make(FaceSet.open(faces), settings, Path(scratch) / "faces")
        seed = seeding.number(settings.seed, "pretrain")
        session = train.Session(Path("checkpoints/pretrain"))
        trained = train.fit(data, gan, settings.kd, seed, session)
    people = f"{data.table['subject'].nunique()} virtual people"
    store.save(model, trained, {"classes": data.classes, "trained_on": people})


if __name__ == "__main__":
    command.run(main)
