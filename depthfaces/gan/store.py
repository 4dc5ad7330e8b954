"""A trained model on disk: safetensors beside one config.json."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from depthfaces import files
from depthfaces.errors import DataError, IntegrityError
from depthfaces.faces import TABLES
from depthfaces.gan.networks import Generator, Shape
from depthfaces.gan.train import Trained

CONFIG = "config.json"
TEACHER = "teacher.safetensors"


@dataclass(frozen=True)
class Model:
    """What is sampled: the generator's teacher, its file's sha256, and the stored config."""

    generator: Generator
    checksum: str
    config: dict[str, Any]

    @property
    def classes(self) -> list[str]:
        """Return the class names in the order of the generator's labels."""
        return list(self.config["classes"])


def save(folder: Path, trained: Trained, about: dict[str, Any]) -> None:
    """Write the four nets, and their shape with `about` as config.json; weights must be finite."""
    nets = {
        "generator.safetensors": trained.generator,
        TEACHER: trained.generator_teacher,
        "discriminator.safetensors": trained.discriminator,
        "discriminator_teacher.safetensors": trained.discriminator_teacher,
    }
    for name, net in nets.items():
        _check_finite(net, name)
    for name, net in nets.items():
        tensors = {key: value.contiguous() for key, value in net.state_dict().items()}
        with files.atomic(folder / name) as temporary:
            save_file(tensors, temporary)
    files.write_json(folder / CONFIG, {"shape": asdict(trained.generator.shape), **about})


def load(folder: Path, faces: Path) -> Model:
    """Read the teacher of `folder`, and check that it was trained on the set in `faces`."""
    if not (folder / CONFIG).is_file():
        raise DataError(f"{folder}: expected a trained model, found none; run `dvc repro train`")
    config = files.read_json(folder / CONFIG)
    if config["faces"] != fingerprint(faces):
        raise IntegrityError(f"{folder} was trained on other faces than {faces}: run `dvc repro`")
    generator = Generator(Shape(**config["shape"]))
    try:
        generator.load_state_dict(load_file(folder / TEACHER))
    except (SafetensorError, RuntimeError) as fault:
        line = str(fault).splitlines()[0]
        raise IntegrityError(f"{folder / TEACHER}: not these weights ({line})") from None
    generator.eval()
    return Model(generator, files.checksum(folder / TEACHER), config)


def fingerprint(faces: Path) -> str:
    """Return the sha256 of a prepared set's table: what a model remembers of its data."""
    return files.checksum(faces / TABLES[0])


def _check_finite(net: nn.Module, name: str) -> None:
    for key, value in net.state_dict().items():
        if not torch.isfinite(value).all():
            raise IntegrityError(f"{name}: {key} holds NaN or infinity; nothing was written")
