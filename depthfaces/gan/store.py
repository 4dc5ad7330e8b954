"""A trained model on disk: safetensors beside one config.json."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from depthfaces import files
from depthfaces.errors import DataError, IntegrityError
from depthfaces.faces import TABLES, FaceSet
from depthfaces.gan.networks import Generator, Shape, discriminator, generator
from depthfaces.gan.trained import Trained
from depthfaces.schema import Gan, Kd

# Faces (n, S, S) and a class to scores (n,).
Critic = Callable[[npt.NDArray[Any], int], npt.NDArray[Any]]

CONFIG = "config.json"
TEACHER = "teacher.safetensors"
# Each net's field of `Trained`, and its file.
NETS = {
    "generator": "generator.safetensors",
    "discriminator": "discriminator.safetensors",
    "generator_teacher": TEACHER,
    "discriminator_teacher": "discriminator_teacher.safetensors",
}


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

    @property
    def drawable(self) -> list[str]:
        """Return the classes, and after them the emotions that only virtual people showed."""
        return [*self.classes, *self.config.get("unseen", [])]


def save(folder: Path, trained: Trained, about: dict[str, Any]) -> None:
    """Write the four nets, and their shape with `about` as config.json; weights must be finite."""
    nets = {file: getattr(trained, name) for name, file in NETS.items()}
    for name, net in nets.items():
        _check_finite(net, name)
    for name, net in nets.items():
        tensors = {key: value.contiguous() for key, value in net.state_dict().items()}
        size = sum(value.nbytes for value in tensors.values())
        with files.atomic(folder / name, size) as temporary:
            save_file(tensors, temporary)
    found = {"best_step": trained.best, "stopped": trained.stopped}
    shape = trained.generator.shape.described
    files.write_json(folder / CONFIG, {"shape": shape, **found, **about})


def about(faces: Path, gan: Gan, kd: Kd, window: tuple[float, float]) -> dict[str, Any]:
    """Return what config.json says of the set in `faces` and of how a generator learned it.

    `window`: millimetres behind the nose tip that +1 and -1 stand for.
    """
    data = FaceSet.open(faces)
    return {
        "classes": data.classes,
        "faces": fingerprint(faces),
        "gan": gan.described,
        "kd": kd.model_dump(),
        **({"unseen": gan.pretrain.unseen(data.classes)} if gan.pretrain.joins else {}),
        "unit": str(data.table["unit"].iloc[0]),
        "window": list(window),
    }


def load(folder: Path, faces: Path | None) -> Model:
    """Read the teacher of `folder`; check that it was trained on the set in `faces`, if given."""
    config = _config(folder, "faces")
    if faces is not None and config["faces"] != fingerprint(faces):
        raise IntegrityError(f"{folder} was trained on other faces than {faces}: run `dvc repro`")
    with files.intact(folder / CONFIG):
        net = generator(Shape(**config["shape"]))
    _read(net, folder / TEACHER)
    return Model(net, files.checksum(folder / TEACHER), config)


def critic(folder: Path) -> Critic:
    """Return the discriminator's teacher in `folder`."""
    config = _config(folder)
    with files.intact(folder / CONFIG):
        net = discriminator(Shape(**config["shape"]))
    _read(net, folder / NETS["discriminator_teacher"])
    return scorer(net)


def scorer(net: nn.Module) -> Critic:
    """Return the discriminator `net` as a critic."""

    @torch.inference_mode()
    def scores(faces: npt.NDArray[Any], label: int) -> npt.NDArray[Any]:
        """Return one score a face: above 0 says real."""
        images = torch.from_numpy(np.array(faces, np.float32))[:, None]
        return np.asarray(net(images, torch.full((len(images),), label)).numpy())

    return scores


def nets(folder: Path) -> dict[str, nn.Module]:
    """Read all four nets of `folder`, by their names in `Trained`."""
    config = _config(folder)
    with files.intact(folder / CONFIG):
        shape = Shape(**config["shape"])
        makers = {
            name: generator if name.startswith("generator") else discriminator for name in NETS
        }
        found: dict[str, nn.Module] = {name: make(shape) for name, make in makers.items()}
    for name, file in NETS.items():
        _read(found[name], folder / file)
    return found


def fingerprint(faces: Path) -> str:
    """Return the sha256 of a prepared set's table: what a model remembers of its data."""
    return files.checksum(faces / TABLES[0])


def _config(folder: Path, *needed: str) -> dict[str, Any]:
    if not (folder / CONFIG).is_file():
        raise DataError(f"{folder}: expected a trained model, found none; run `dvc repro train`")
    return files.read_json(folder / CONFIG, "shape", *needed)


def _read(net: nn.Module, path: Path) -> None:
    """Put the weights at `path` into `net`, ready to be used; a pickle there is never run."""
    if not path.is_file():
        raise IntegrityError(f"{path}: expected weights, found none; run `dvc repro`")
    with files.intact(path):
        net.load_state_dict(load_file(path))
    net.eval()


def _check_finite(net: nn.Module, name: str) -> None:
    for key, value in net.state_dict().items():
        if not torch.isfinite(value).all():
            raise IntegrityError(f"{name}: {key} holds NaN or infinity; nothing was written")
