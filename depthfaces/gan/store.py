"""A trained model on disk: safetensors beside one config.json."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from depthfaces import files
from depthfaces.errors import DataError, IntegrityError
from depthfaces.faces import TABLES
from depthfaces.gan.networks import Discriminator, Generator, Shape
from depthfaces.gan.train import Trained

CONFIG = "config.json"
TEACHER = "teacher.safetensors"
CRITIC = "discriminator_teacher.safetensors"


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
        CRITIC: trained.discriminator_teacher,
    }
    for name, net in nets.items():
        _check_finite(net, name)
    for name, net in nets.items():
        tensors = {key: value.contiguous() for key, value in net.state_dict().items()}
        with files.atomic(folder / name) as temporary:
            save_file(tensors, temporary)
    files.write_json(folder / CONFIG, {"shape": asdict(trained.generator.shape), **about})


def load(folder: Path, faces: Path | None) -> Model:
    """Read the teacher of `folder`; check that it was trained on the set in `faces`, if given."""
    if not (folder / CONFIG).is_file():
        raise DataError(f"{folder}: expected a trained model, found none; run `dvc repro train`")
    config = files.read_json(folder / CONFIG)
    if faces is not None and config["faces"] != fingerprint(faces):
        raise IntegrityError(f"{folder} was trained on other faces than {faces}: run `dvc repro`")
    generator = Generator(Shape(**config["shape"]))
    _fill(generator, folder / TEACHER)
    return Model(generator, files.checksum(folder / TEACHER), config)


def critic(folder: Path) -> Callable[[npt.NDArray[Any], int], npt.NDArray[Any]]:
    """Return the discriminator's teacher in `folder`: faces (n, S, S), a class to scores (n,)."""
    net = Discriminator(Shape(**files.read_json(folder / CONFIG)["shape"]))
    _fill(net, folder / CRITIC)

    @torch.inference_mode()
    def scores(faces: npt.NDArray[Any], label: int) -> npt.NDArray[Any]:
        """Return one score a face: above 0 says real."""
        images = torch.from_numpy(np.array(faces, np.float32))[:, None]
        return np.asarray(net(images, torch.full((len(images),), label)).numpy())

    return scores


def _fill(net: nn.Module, path: Path) -> None:
    try:
        net.load_state_dict(load_file(path))
    except (SafetensorError, RuntimeError, FileNotFoundError) as fault:
        line = str(fault).splitlines()[0]
        raise IntegrityError(f"{path}: not these weights ({line})") from None
    net.eval()


def fingerprint(faces: Path) -> str:
    """Return the sha256 of a prepared set's table: what a model remembers of its data."""
    return files.checksum(faces / TABLES[0])


def _check_finite(net: nn.Module, name: str) -> None:
    for key, value in net.state_dict().items():
        if not torch.isfinite(value).all():
            raise IntegrityError(f"{name}: {key} holds NaN or infinity; nothing was written")
