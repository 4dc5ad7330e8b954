"""The sets of faces that the study compares: the main one, and all others configured."""

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
HARD_SET = "virtual-hard"  # other people under the preset hard: turned further, noisier, weaker
HELD_OUT_SPLIT = "test"


class FaceSample(NamedTuple):
    """Faces in the input format of the DCGAN, (n, 64, 64), and their table."""

    images: npt.NDArray[np.float32]
    faces: FaceSet

    @property
    def label(self) -> Array:
        """Return the emotion of each face, (n,)."""
        return np.asarray(self.faces.table["label"].to_numpy(str))

    @property
    def group(self) -> Array:
        """Return the group of each face, (n,): its person, or its cluster of near copies."""
        return np.asarray(self.faces.table["group"].to_numpy(str))


class StudySet(NamedTuple):
    """A set of faces, split by people: `train` for all that is learned, `held_out` for tests."""

    name: str
    train: FaceSample
    held_out: FaceSample

    @property
    def classes(self) -> list[str]:
        """Return the emotions, sorted."""
        return sorted(set(self.train.label) | set(self.held_out.label))

    @property
    def unit(self) -> str:
        """Return the unit of the faces: mm for depth, relative for photographs."""
        return str(self.train.faces.table["unit"].iloc[0])

    def all_faces(self) -> FaceSample:
        """Return the faces of both samples, on which the published protocol trains and tests."""
        samples = (self.train, self.held_out)
        images = np.concatenate([sample.images for sample in samples])
        tables = [sample.faces.table for sample in samples]
        return FaceSample(images, FaceSet(images, pd.concat(tables, ignore_index=True)))


def configured_sets(faces: FaceSet, params: Params) -> tuple[list[StudySet], list[str]]:
    """Return the main set and the configured others, and the names of those without a source."""
    plan = params.studies.dfeatures
    study_sets = [split_set(params.data.source, faces, plan.faces, params.seed)]
    missing_names: list[str] = []
    for name in plan.sets:
        if name == params.data.source:
            continue
        section = section_for(name, params)
        if section is None:
            missing_names.append(name)
            continue
        with tempfile.TemporaryDirectory() as scratch_folder:
            prepared_faces = _prepare_set(params, section, name, Path(scratch_folder))
            study_sets.append(split_set(name, prepared_faces, plan.faces, params.seed))
    return study_sets, missing_names


def section_for(name: str, params: Params) -> Data | None:
    """Return the section `data` for another set; None if it has no location for that set."""
    locations = {"folder": params.data.folder.path, "kaggle": params.data.kaggle.dataset}
    if name in locations:
        return params.data.model_copy(update={"source": name}) if locations[name] else None
    preset = "hard" if name == HARD_SET else params.data.virtual.preset
    subjects = params.studies.dfeatures.subjects
    virtual = params.data.virtual.model_copy(
        update={"preset": preset, "subjects": subjects, "truth": []}
    )
    return params.data.model_copy(update={"source": "virtual", "virtual": virtual})


def _prepare_set(params: Params, data: Data, name: str, folder: Path) -> FaceSet:
    """Collect and prepare the set of `data`; no two sets share virtual people."""
    seed = seeding.number(params.seed, "studies", "dfeatures", name) % 2**31
    set_params = params.model_copy(update={"data": data, "seed": seed})
    sources.collect(set_params, folder / "raw")
    dataset.prepare_set(folder / "raw", set_params, folder / "faces")
    return FaceSet.open(folder / "faces")


def split_set(name: str, faces: FaceSet, max_faces: int, seed: int) -> StudySet:
    """Draw at most `max_faces` faces of a prepared set at random and split them by people."""
    shuffled_rows = seeding.stream(seed, "studies", "dfeatures", "faces", name).permutation(
        len(faces)
    )
    chosen_faces = faces.pick(np.sort(shuffled_rows[:max_faces]))
    is_held_out = chosen_faces.table["split"].to_numpy() == HELD_OUT_SPLIT
    study_set = StudySet(
        name,
        _face_sample(chosen_faces.pick(~is_held_out)),
        _face_sample(chosen_faces.pick(is_held_out)),
    )
    short_labels = [
        label for label in study_set.classes if (study_set.train.label == label).sum() < 2
    ]
    if short_labels or not len(study_set.held_out.faces):
        raise DataError(
            f"{name}: expected two faces to learn from of each emotion and people held out, found "
            f"{', '.join(short_labels) or 'none'} short; raise studies.dfeatures.faces or add faces"
        )
    return study_set


def _face_sample(faces: FaceSet) -> FaceSample:
    images = torch.from_numpy(np.array(faces.images, np.float32))[:, None]
    return FaceSample(resized(images, SIDE)[:, 0].numpy(), faces)
