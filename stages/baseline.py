"""Fit one baseline and write its faces."""

from pathlib import Path

import torch

from depthfaces import command, disk, files, params, seeding
from depthfaces.baselines import BASELINES, about
from depthfaces.baselines.gan import Plain
from depthfaces.baselines.samples import Wanted, write
from depthfaces.errors import ParamsError
from depthfaces.faces import FaceSet
from depthfaces.gan import store


def main(faces: Path, method: str, out: Path) -> None:
    """Fit the baseline `method` to the train split of `faces` and write its faces to `out`."""
    if method not in BASELINES:
        raise ParamsError(f"baseline: expected one of {', '.join(BASELINES)}, found {method!r}")
    settings = params.load()
    disk.check_writable(out)
    torch.set_num_threads(settings.threads)
    data = FaceSet.open(faces)
    train, validation = data.split("train"), data.split("validation")
    seed = seeding.number(settings.seed, "baseline", method)
    sampler = BASELINES[method](train, validation, settings, seed)
    files.write_json(out / "about.json", about(method, train, settings, seed))
    if isinstance(sampler, Plain):  # for the stage ablation
        window = settings.preprocess.front, settings.preprocess.back
        config = store.about(faces, sampler.gan, sampler.kd, window)
        store.save(out / "model", sampler.trained, config)
    write(out, sampler, train, Wanted(method, settings.baselines.per_class, seed))


if __name__ == "__main__":
    command.run(main)
