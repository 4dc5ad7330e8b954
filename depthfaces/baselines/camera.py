"""People of the virtual camera who show the train faces' emotions, prepared as those were."""

from dataclasses import dataclass

import numpy as np

from depthfaces import seeding
from depthfaces.baselines.samples import Array, Sampler
from depthfaces.depth.dataset import window
from depthfaces.depth.prepare import prepare
from depthfaces.errors import DataError
from depthfaces.faces import FaceSet
from depthfaces.pretrain import Asked, camera
from depthfaces.schema import Params
from depthfaces.sources import virtual

WAY_OUT = "take another baseline"


def fit(train: FaceSet, validation: FaceSet, settings: Params, seed: int) -> Sampler:
    """Show `camera_people` virtual people to the camera; of `train` only the labels are used."""
    wanted = settings.baselines
    asked = Asked("camera", WAY_OUT, wanted.camera_people, wanted.camera_frames)
    chosen = camera(train, settings, asked)
    span = settings.preprocess.model_copy(update={"size": train.images.shape[1]})
    kept: dict[str, list[Array]] = {label: [] for label in train.classes}
    number = seeding.number(seed, "camera") % 2**31
    for frames, rows in virtual.people_frames(chosen, number):
        focals = [float(row["focal"]) for row in rows]
        faces = prepare(list(frames), focals, window(span), span.confidence, span.frontalise)
        for face, row in zip(faces, rows, strict=True):
            if face.image is not None:
                kept[row["label"]].append(face.image)
    empty = [label for label, faces in kept.items() if not faces]
    if empty:
        raise DataError(
            f"camera: expected a usable face of each emotion, found none of {empty[0]} in "
            f"{wanted.camera_people * wanted.camera_frames} frames: raise baselines.camera_people"
        )
    return Shown([np.stack(faces) for faces in kept.values()])


@dataclass(frozen=True)
class Shown:
    """A sampler of faces that are there: of each class (n, S, S)."""

    faces: list[Array]

    def __call__(self, labels: Array, seed: int) -> Array:
        """Return a face for each label; none comes again before all of its class came."""
        rng = seeding.stream(seed, "camera")
        chosen = np.empty((len(labels), *self.faces[0].shape[1:]), np.float32)
        for target, faces in enumerate(self.faces):
            places = np.flatnonzero(np.asarray(labels) == target)
            rounds = -(-len(places) // len(faces))
            order = [rng.permutation(len(faces)) for _ in range(rounds)]
            if rounds:
                chosen[places] = faces[np.concatenate(order)[: len(places)]]
        return chosen
