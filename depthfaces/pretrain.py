"""Virtual faces with the user's emotions: to learn faces from before the few real ones."""

import tempfile
from pathlib import Path
from typing import get_args

from depthfaces import seeding
from depthfaces.depth import dataset
from depthfaces.errors import DataError
from depthfaces.faces import FaceSet
from depthfaces.schema import Emotion, Params
from depthfaces.sources import virtual


def make(faces: FaceSet, params: Params, out: Path) -> FaceSet:
    """Write a prepared set of virtual people with the emotions of `faces` to `out`, and open it.

    Their people are others than those of `data.source: virtual` at the same seed.
    """
    unknown = sorted(set(faces.classes) - set(get_args(Emotion)))
    if unknown:
        known = ", ".join(get_args(Emotion))
        raise DataError(
            f"gan.pretrain: expected emotions that the virtual camera shows ({known}), found "
            f"{', '.join(unknown)}: rename them, or set gan.pretrain.subjects to 0"
        )
    if faces.table["unit"].iloc[0] != "mm":
        raise DataError("gan.pretrain: expected depth in mm, found grey images: set subjects to 0")
    asked = params.gan.pretrain
    change = {"emotions": faces.classes, "subjects": asked.subjects, "frames": asked.frames}
    camera = params.data.virtual.model_copy(update=change)
    data = params.data.model_copy(update={"virtual": camera})
    seed = seeding.number(params.seed, "pretrain") % 2**31
    chosen = params.model_copy(update={"data": data, "seed": seed})
    with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
        virtual.collect(chosen, Path(scratch) / "raw")
        dataset.prepare_set(Path(scratch) / "raw", chosen, out)
    return FaceSet.open(out)
