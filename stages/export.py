"""Export the synthetic set: PNG folders, exact images, origins and a dataset card."""

from pathlib import Path

import torch

from depthfaces import command, files, params, seeding
from depthfaces.export import alarm
from depthfaces.export.card import Copies, card
from depthfaces.export.extras import Lens
from depthfaces.export.rows import Origin, Plan
from depthfaces.export.write import write, write_extras
from depthfaces.faces import FaceSet
from depthfaces.gan import store


def main(faces: Path, gan: Path, latents: Path, out: Path) -> None:
    """Write faces made by `gan` from `latents` and from plain draws to `out`."""
    p = params.load()
    torch.set_num_threads(p.threads)
    origin = Origin.open(store.load(gan, faces), latents)
    train, seed = FaceSet.open(faces).split("train"), seeding.number(p.seed, "export")
    if not p.export.collapsed:
        alarm.check_variety(origin, train, seed)
    plan = Plan(p.export, seed, alarm.new(train))
    copies = Copies(write(out, origin, plan, p.threads, origin.model.classes), plan.new)
    files.write_text(out / "README.md", card(FaceSet.open(out), origin, copies))
    lens = Lens(p.preprocess.crop, *origin.model.config["window"])
    write_extras(out, plan, lens, origin.model.config["unit"])


if __name__ == "__main__":
    command.run(main)
