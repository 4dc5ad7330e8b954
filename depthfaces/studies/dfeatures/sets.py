"""The sets that the study compares: the one at hand, and every other that is configured."""

import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from depthfaces import seeding, sources
from depthfaces.depth import dataset
from depthfaces.embed.batches import resized
from depthfaces.errors import DataError
from depthfaces.faces import FaceSet
from depthfaces.schema import Data, Params
from depthfaces.studies.nets import SIDE

Array = npt.NDArray[Any]
HARD = "virtual-hard"  # other people under the preset hard: turned further, noisier, weaker
HELD_OUT = "test"


class Part(NamedTuple):
    """Faces as the DCGAN takes them, (n, 64, 64), and what is known of each."""

    images: npt.NDArray[np.float32]
    faces: FaceSet

    @property
    def label(self) -> Array:
        """Return the emotion of each face, (n,)."""
        return np.asarray(self.faces.table["label"].to_numpy(str))

    @property
    def group(self) -> Array:
        """Return whose face each is, (n,): a person, or a cluster of near copies."""
        return np.asarray(self.faces.table["group"].to_numpy(str))


class Set(NamedTuple):
    """A set: people that anything may be learned from (`known`), and others (`asked`)."""

    name: str
    known: Part
    asked: Part

    @property
    def classes(self) -> list[str]:
        """Return the emotions, sorted."""
        return sorted(set(self.known.label) | set(self.asked.label))

    @property
    def unit(self) -> str:
        """Return mm for depth, relative for photographs."""
        return str(self.known.faces.table["unit"].iloc[0])

    def whole(self) -> Part:
        """Return the faces of both parts: what the published protocol learns from and asks."""
        parts = (self.known, self.asked)
        images = np.concatenate([part.images for part in parts])
        tables = [part.faces.table for part in parts]
        return Part(images, FaceSet(images, pd.concat(tables, ignore_index=True)))


def configured(faces: FaceSet, params: Params) -> tuple[list[Set], list[str]]:
    """Return the set at hand and the further ones; and the names of those without a source."""
    plan = params.studies.dfeatures
    found = [part(params.data.source, faces, plan.faces, params.seed)]
    missing: list[str] = []
    for name in plan.sets:
        if name == params.data.source:
            continue
        data = asked_for(name, params)
        if data is None:
            missing.append(name)
            continue
        with tempfile.TemporaryDirectory() as scratch:
            made = _make(params, data, name, Path(scratch))
            found.append(part(name, made, plan.faces, params.seed))
    return found, missing


def asked_for(name: str, params: Params) -> Data | None:
    """Return the section data for a further set; None where it says no place for one."""
    places = {"folder": params.data.folder.path, "kaggle": params.data.kaggle.dataset}
    if name in places:
        return params.data.model_copy(update={"source": name}) if places[name] else None
    preset = "hard" if name == HARD else params.data.virtual.preset
    change = {"preset": preset, "subjects": params.studies.dfeatures.subjects}
    camera = params.data.virtual.model_copy(update=change)
    return params.data.model_copy(update={"source": "virtual", "virtual": camera})


def _make(params: Params, data: Data, name: str, folder: Path) -> FaceSet:
    """Return the prepared set of `data`; virtual people are others than those of any other set."""
    seed = seeding.number(params.seed, "studies", "dfeatures", name) % 2**31
    chosen = params.model_copy(update={"data": data, "seed": seed})
    sources.collect(chosen, folder / "raw")
    dataset.prepare_set(folder / "raw", chosen, folder / "faces")
    return FaceSet.open(folder / "faces")


def part(name: str, faces: FaceSet, most: int, seed: int) -> Set:
    """Return at most `most` faces of a prepared set, drawn by chance, split by people."""
    rows = seeding.stream(seed, "studies", "dfeatures", "faces", name).permutation(len(faces))
    chosen = faces.pick(np.sort(rows[:most]))
    held_out = chosen.table["split"].to_numpy() == HELD_OUT
    found = Set(name, _part(chosen.pick(~held_out)), _part(chosen.pick(held_out)))
    short = [label for label in found.classes if (found.known.label == label).sum() < 2]
    if short or not len(found.asked.faces):
        raise DataError(
            f"{name}: expected two faces to learn from of each emotion and people held out, found "
            f"{', '.join(short) or 'none'} short; raise studies.dfeatures.faces or add faces"
        )
    return found


def _part(faces: FaceSet) -> Part:
    images = torch.from_numpy(np.array(faces.images, np.float32))[:, None]
    return Part(resized(images, SIDE)[:, 0].numpy(), faces)
