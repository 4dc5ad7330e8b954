"""Train on virtual faces first, where gan.pretrain.subjects asks for it; else say that none was."""

import tempfile
from pathlib import Path

import torch

from depthfaces import command, disk, files, params, pretrain, seeding
from depthfaces.faces import FaceSet
from depthfaces.gan import devices, start, store, train


def main(faces: Path, model: Path) -> None:
    """Train on virtual people with the emotions of `faces`; write the nets to `model`."""
    settings = params.load()
    disk.check_writable(model)
    if settings.gan.pretrain.subjects == 0:
        asked = "no first training: gan.pretrain.subjects is 0"
        files.write_json(model / "about.json", {"trained_on": asked})
        return
    torch.set_num_threads(settings.threads)
    gan = settings.gan.model_copy(update={"steps": settings.gan.pretrain.steps})
    session = train.Session(Path("checkpoints/pretrain"))
    with tempfile.TemporaryDirectory(dir=model.parent) as scratch:
        kept = (model if gan.pretrain.joins else Path(scratch)) / start.FACES
        data = pretrain.make(FaceSet.open(faces), settings, kept)
        seed = seeding.number(settings.seed, "pretrain")
        with train.fitted(data, gan, settings.kd, seed, session) as trained:
            people = f"{data.table['subject'].nunique()} virtual people"
            if devices.first():
                disk.remove_torn(model)
                store.save(model, trained, {"classes": data.classes, "trained_on": people})


if __name__ == "__main__":
    command.run(main)
