"""The steps between the plain GAN and the synthetic set: evolution alone, distillation alone."""

from pathlib import Path

import torch

from depthfaces import command, disk, params, seeding
from depthfaces.evolve import results
from depthfaces.export import alarm
from depthfaces.export.rows import Origin, Plan
from depthfaces.export.write import write
from depthfaces.faces import FaceSet
from depthfaces.gan import store
from depthfaces.latents import evolve


def main(faces: Path, distilled: Path, searched: Path, baselines: Path, latents: Path) -> None:
    """Write BASELINES/kd, drawn from DISTILLED, and gan_ga, the plain GAN evolved like SEARCHED."""
    p = params.load()
    plain = baselines / "gan" / "model"
    torch.set_num_threads(p.threads)
    disk.check_writable(latents, baselines / "kd", baselines / "gan_ga")
    settings = results.read_settings(searched)
    evolved = evolve(plain, faces, settings, p, Path("checkpoints/ablation"))
    results.write_latents(latents, evolved.found, evolved.about)
    sets = {
        "kd": (Origin(store.load(distilled, faces), latents, {}), 0.0),
        "gan_ga": (Origin.open(store.load(plain, faces), latents), p.export.evolved_share),
    }
    new = alarm.new(FaceSet.open(faces).split("train"))
    for name, (origin, share) in sets.items():
        asked = {"per_class": p.baselines.per_class, "evolved_share": share}
        plan = Plan(p.export.model_copy(update=asked), seeding.number(p.seed, name), new)
        write(baselines / name, origin, plan, p.threads, origin.model.classes)
    evolved.run.clear()


if __name__ == "__main__":
    command.run(main)
