"""What several tests share: small prepared face sets that need no camera."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from depthfaces import files, params
from depthfaces.faces import FaceSet, FaceWriter

# Half height and half width of the mouth by label.
MOUTHS = {"Happiness": (0.06, 0.4), "Neutral": (0.03, 0.22), "Surprise": (0.2, 0.2)}
LABELS = tuple(MOUTHS)


def draw(label: str, rng: np.random.Generator, size: int = 32) -> np.ndarray:
    """Return one (size, size) float32 face in [-1, 1]: an egg with a nose and a mouth by label."""
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    wide, high = rng.normal(0.62, 0.04), rng.normal(0.85, 0.04)
    dome = 1 - (x / wide) ** 2 - (y / high) ** 2
    nose = 0.5 * np.exp(-(x**2 / 0.01 + (y - 0.05) ** 2 / 0.05))
    open_, broad = {"Surprise": (0.2, 0.2), "Happiness": (0.06, 0.4), "Neutral": (0.03, 0.22)}[
        label
    ]
    mouth = np.exp(-((x / broad) ** 4 + ((y - 0.45) / open_) ** 4))
    face = np.where(dome > 0, -0.2 + 0.8 * np.sqrt(np.maximum(dome, 0)) + nose - 0.7 * mouth, -1.0)
    return np.clip(face + rng.normal(0, 0.01, face.shape), -1, 1).astype(np.float32)


def write_faces(folder: Path, subjects: int = 12, frames: int = 4, size: int = 32) -> FaceSet:
    """Write and open a prepared set: `subjects` people x 3 labels x `frames`."""
    rng = np.random.default_rng(0)
    with FaceWriter(folder, (size, size), np.float32) as writer:
        for subject in range(subjects):
            split = "test" if subject % 4 == 3 else "validation" if subject % 4 == 2 else "train"
            for label in LABELS:
                rows = [
                    {
                        "id": f"{subject:03d}-{label}-{frame}",
                        "label": label,
                        "subject": f"{subject:03d}",
                        "group": f"{subject:03d}",
                        "split": split,
                        "source": "drawn",
                        "unit": "mm",
                    }
                    for frame in range(frames)
                ]
                writer.append(np.stack([draw(label, rng, size) for _ in rows]), rows)
    return FaceSet.open(folder)


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a prepared set of 144 drawn faces, 32 px, 3 labels, 12 people."""
    folder = tmp_path_factory.mktemp("drawn") / "faces"
    write_faces(folder)
    return folder


# Small enough for tests; what is not named here stays as in params.yaml.
TINY: dict[str, Any] = {
    "threads": 1,
    "gan": {
        "latent": 8,
        "width": 4,
        "steps": 6,
        "batch": 8,
        "encoder_steps": 5,
        "checks": 2,
        "precision": "fp32",
    },
    "evolve": {"judges": 2},
    "ga": {"generations": 3, "population": 20},
    "export": {"per_class": 12, "onnx": False, "evolved_share": 0.5, "collapsed": True},
    "baselines": {
        "per_class": 6,
        "gan_steps": 2,
        "vae_latent": 4,
        "vae_width": 4,
        "vae_epochs": 1,
        "flow_steps": 2,
        "flow_width": 1,
        "flow_heun": 2,
        "camera_people": 4,
        "camera_frames": 2,
        "pca": 6,
    },
    "experiment": {"people": [2], "draws": 2, "gan_steps": 2, "doses": [1.0]},
}


def tiny(**changes: dict[str, Any]) -> Any:
    """Return the content of params.yaml made tiny, with `changes` by section."""
    content = params.read(Path(__file__).parents[1] / "params.yaml")
    for part in (TINY, changes):
        for key, value in part.items():
            content[key] = {**content[key], **value} if isinstance(value, dict) else value
    return content


def write_params(folder: Path, **changes: dict[str, Any]) -> Path:
    """Write `tiny(**changes)` as params.yaml into `folder`, where a stage finds it; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    YAML().dump(tiny(**changes), folder / params.FILE)
    return folder


def equal(one: Any, two: Any) -> bool:
    """Whether two nets hold the same weights and buffers, bit for bit."""
    mine, theirs = one.state_dict(), two.state_dict()
    return all(np.array_equal(mine[name].numpy(), theirs[name].numpy()) for name in mine)


@pytest.fixture(scope="session")
def trained(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workplace after `train` and `evolve` on `drawn`: params.yaml, gan, latents, reports."""
    from stages import evolve, train  # noqa: PLC0415 - torch takes seconds to load

    place = write_params(tmp_path_factory.mktemp("trained"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        train.main(drawn, place / "none", place / "gan", place / "train")
        evolve.main(drawn, place / "gan", place / "latents", place / "evolve")
    return place


def write_features(folder: Path, people: int = 12, quality: float = 1.0) -> None:
    """Write feature sets of planted classes: real, augmented, synthetic, kde; 12 columns, 8 x 8 px.

    Each person has an offset of their own. `quality` is how far apart the generated classes lie;
    at 0 their labels mean nothing.
    """
    rng = np.random.default_rng(3)
    means = 2 * np.eye(len(LABELS), 12)

    def write(name: str, rows: list[tuple[str, str, str]], x: np.ndarray) -> None:
        columns = zip(*rows, strict=True)
        known = dict(zip(("label", "subject", "split"), map(np.array, columns), strict=True))
        known["group"] = known["subject"]
        names = np.array([f"{name}-{number}" for number in range(len(rows))])
        families = {"family_names": np.array(["all"]), "family_stops": np.array([12])}
        files.write_npz(
            folder / f"{name}.npz", x=x.astype(np.float32), id=names, **known, **families
        )
        small = np.full((len(x), 64), 128.0)
        small[:, 6:54] = np.repeat(128 + 20 * x, 4, axis=1)
        families = {"family_names": np.array(["pixels"]), "family_stops": np.array([64])}
        pixels = small.clip(0, 255).astype(np.uint8)
        files.write_npz(folder / "pixels" / f"{name}.npz", x=pixels, id=names, **known, **families)

    files.write_json(folder / "about.json", {"unit": "mm", "size": 32})
    faces = [(k, label) for k in range(people) for label in LABELS for _ in range(4)]
    splits = ["test" if k % 4 == 3 else "validation" if k % 4 == 2 else "train" for k, _ in faces]
    rows = [(label, f"{k:03d}", s) for (k, label), s in zip(faces, splits, strict=True)]
    offsets = rng.normal(0, 1, (people, 12))[[k for k, _ in faces]]
    kinds = [LABELS.index(label) for _, label in faces]
    real = means[kinds] + offsets + rng.normal(0, 0.7, (len(rows), 12))
    write("real", rows, real)
    train = [number for number, split in enumerate(splits) if split == "train"]
    moved = real[train] + rng.normal(0, 0.2, (len(train), 12))
    write("augmented", [rows[number] for number in train], moved)
    made = [(label, "", "synthetic") for label in LABELS for _ in range(60)]
    kinds = [LABELS.index(label) for label, _, _ in made]
    for name in ("synthetic", "kde"):
        write(name, made, quality * means[kinds] + rng.normal(0, 1.2, (len(made), 12)))


def stage_environment() -> dict[str, str]:
    """Return the environment of a stage that runs as a process of its own, on CPUs."""
    own = {"PYTHONPATH": str(Path(__file__).parents[1]), "CUDA_VISIBLE_DEVICES": ""}
    return {**os.environ, **own, "GLOO_SOCKET_IFNAME": "lo"}


def same_files(one: Path, two: Path) -> int:
    """Check that two folders hold the same files byte for byte; return how many."""
    found, other = (sorted(p.relative_to(top) for p in top.rglob("*.*")) for top in (one, two))
    assert found == other
    for name in found:
        assert (one / name).read_bytes() == (two / name).read_bytes(), name
    return len(found)


def write_few(data: Path, reports: Path, settings: params.Params) -> None:
    """Write what the stage `few` leaves: planted answers for two numbers of people."""
    from depthfaces.few import experiment, sheet  # noqa: PLC0415 - torch takes seconds to load
    from depthfaces.few.answer import answer  # noqa: PLC0415
    from depthfaces.verdict.arm import Arm  # noqa: PLC0415
    from depthfaces.verdict.predictions import Faces, Run, answers  # noqa: PLC0415

    rng = np.random.default_rng(0)
    wanted, classes = settings.experiment, sorted(LABELS)
    source, dose = wanted.sources[0], max(wanted.doses)
    keys = ("real", f"control augmented@{dose:g}", f"control posed@{dose:g}",
            f"topped {source}@{dose:g}", f"shuffled {source}@{dose:g}")  # fmt: skip
    person, label = (np.repeat([f"t{k}" for k in range(12)], 6), np.tile(classes, 24))
    faces = Faces(np.array([f"{k}" for k in range(72)]), person, label)
    tables, learned = [], []
    for people in (*wanted.people, 2 * max(wanted.people)):
        for number in range(6):
            learned += [
                {"people": people, "draw": number, "person": f"p{number}-{k}"}
                for k in range(people)
            ]
            for key in keys:
                run = Run(Arm.of(key), people, number, wanted.models[0], 0)
                shares = rng.dirichlet(np.ones(3), 72)
                tables.append(answers(run, "test", faces, classes, shares))
    found = experiment.Found(pd.concat(tables, ignore_index=True), pd.DataFrame(learned))
    experiment.write(data / "few", found)
    files.write_json(reports / "few" / "few.json", answer(*found, settings))
    sheet.write(reports / "few" / "sheet.png", {"real": np.zeros((6, 32, 32))}, classes)
