"""Virtual faces with the user's emotions: to learn faces from before the few real ones."""

import tempfile
from pathlib import Path
from typing import NamedTuple, get_args

from depthfaces import seeding
from depthfaces.depth import dataset
from depthfaces.errors import DataError
from depthfaces.faces import FaceSet
from depthfaces.schema import Emotion, Params, Virtual
from depthfaces.sources import virtual


class Asked(NamedTuple):
    """Who wants virtual people, what to do without them, how many people and frames of each."""

    name: str
    way_out: str
    people: int
    frames: int


def make(faces: FaceSet, params: Params, out: Path) -> FaceSet:
    """Write a prepared set of virtual people with the emotions of `faces` to `out`, and open it.

    They also show those of `gan.pretrain.emotions`.
    Their people are others than those of `data.source: virtual` at the same seed.
    """
    wanted = params.gan.pretrain
    way_out = "set gan.pretrain.subjects to 0"
    asked = Asked("gan.pretrain", way_out, wanted.subjects, wanted.frames)
    data = params.data.model_copy(update={"virtual": camera(faces, params, asked)})
    seed = seeding.number(params.seed, "pretrain") % 2**31
    if further := wanted.unseen(faces.classes):
        shown = {"emotions": [*data.virtual.emotions, *further]}
        data = data.model_copy(update={"virtual": data.virtual.model_copy(update=shown)})
    chosen = params.model_copy(update={"data": data, "seed": seed})
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
        virtual.collect(chosen, Path(scratch) / "raw")
        dataset.prepare_set(Path(scratch) / "raw", chosen, out)
    return FaceSet.open(out)


def camera(faces: FaceSet, params: Params, asked: Asked) -> Virtual:
    """Return the camera of `params` with the emotions of `faces` and the people `asked` for."""
    unknown = sorted(set(faces.classes) - set(get_args(Emotion)))
    if unknown:
        known = ", ".join(get_args(Emotion))
        raise DataError(
            f"{asked.name}: expected emotions that the virtual camera shows ({known}), found "
            f"{', '.join(unknown)}: rename them, or {asked.way_out}"
        )
    if faces.table["unit"].iloc[0] != "mm":
        raise DataError(f"{asked.name}: expected depth in mm, found grey images: {asked.way_out}")
    change = {"emotions": faces.classes, "subjects": asked.people, "frames": asked.frames}
    change["truth"] = []  # nobody looks at it
    return params.data.virtual.model_copy(update=change)
