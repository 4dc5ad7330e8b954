"""Train the conditional generator; keep its nets, card, losses and pictures of its faces."""

from pathlib import Path

import torch

from depthfaces import command, disk, files, params, seeding
from depthfaces.faces import FaceSet
from depthfaces.gan import card, checkpoint, devices, domains, onnx, record, start, store, train


def main(faces: Path, before: Path, model: Path, report: Path) -> None:
    """Train on the train split of `faces`, from the nets in `before` if there are any."""
    settings = params.load()
    torch.set_num_threads(settings.threads)
    disk.check_writable(model, report)
    checkpoint.clear(Path("checkpoints/pretrain"))
    data, seed = FaceSet.open(faces), seeding.number(settings.seed, "train")
    gan, session = start.at(before, settings.gan, Path("checkpoints/train"))
    window = settings.preprocess.front, settings.preprocess.back
    about = store.about(faces, gan, settings.kd, window)
    keep = train.kept_if_diverged(lambda trained: store.save(model, trained, about))
    with keep, train.fitted(data, gan, settings.kd, seed, session) as trained:
        if devices.first():
            disk.remove_torn(model, report)
            store.save(model, trained, about)
            files.write_text(model / "README.md", card.write(data, trained, about, session.name))
            if settings.export.onnx:
                onnx.export(model / "generator.onnx", trained.generator_teacher, about)
            record.write(report, trained, data.classes, seeding.stream(seed, "grid"))
            if gan.pretrain.joins:
                names, rng = [*data.classes, *about["unseen"]], seeding.stream(seed, "domains")
                domains.write(model / "domains.png", trained.generator_teacher, names, rng)


if __name__ == "__main__":
    command.run(main)
