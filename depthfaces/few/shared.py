"""What all choices of people share, as it meets none of them: virtual people, nets of those."""

import tempfile
from pathlib import Path
from typing import NamedTuple

from torch import nn

from depthfaces import pretrain, seeding
from depthfaces.baselines import BASELINES
from depthfaces.baselines.samples import Sampler
from depthfaces.faces import FaceSet
from depthfaces.gan import start, store, train
from depthfaces.schema import Params

Nets = dict[str, nn.Module]
CAMERA = "camera"


class Shared(NamedTuple):
    """Nets that generators go on from, people of the virtual camera; None: not asked for.

    `virtual` are the people those nets know, where they are learned from with the real ones.
    """

    nets: Nets | None
    camera: Sampler | None
    virtual: FaceSet | None = None

    @classmethod
    def of(cls, faces: FaceSet, params: Params, folder: Path) -> "Shared":
        """Return what `params` asks for; nets are kept in `folder`."""
        camera = None
        if CAMERA in params.experiment.sources:
            seed = seeding.number(params.seed, "few", CAMERA)
            camera = BASELINES[CAMERA](faces, faces, params, seed)
        return cls(prior(faces, params, folder), camera, start.virtual(folder, params.gan))


def prior(faces: FaceSet, params: Params, folder: Path) -> Nets | None:
    """Return nets trained on virtual people alone, if `gan.pretrain.subjects` asks for them.

    They are kept in `folder`. Nobody among `faces` is met: only the names of emotions are used.
    """
    if not params.gan.pretrain.subjects:
        return None
    if not (folder / store.CONFIG).is_file():
        gan = params.gan.model_copy(update={"steps": params.gan.pretrain.steps})
        seed = seeding.number(params.seed, "few", "prior")
        with tempfile.TemporaryDirectory() as scratch:
            top = folder if gan.pretrain.joins else Path(scratch)
            data = pretrain.make(faces, params, top / start.FACES)
            with train.fitted(data, gan, params.kd, seed) as trained:
                store.save(folder, trained, {"classes": data.classes, "trained_on": "virtual"})
    return store.nets(folder)
