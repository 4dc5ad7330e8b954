"""What the distilled, evolved generator is compared with: `BASELINES` holds each by its name.

Each fits to the train faces, may choose on the validation faces, and returns a `Sampler`.
"""

from collections.abc import Callable
from typing import Any

from depthfaces.baselines import camera, flow, gan, gmm, kde, reenact, vae
from depthfaces.baselines.samples import Sampler
from depthfaces.faces import FaceSet
from depthfaces.schema import Params

# (train faces, validation faces, parameters, seed) to a sampler of the train faces' classes.
BASELINES: dict[str, Callable[[FaceSet, FaceSet, Params, int], Sampler]] = {
    "gan": gan.fit,
    "vae": vae.fit,
    "gmm": gmm.fit,
    "kde": kde.fit,
    "flow": flow.fit,
    "camera": camera.fit,
    "reenact": reenact.fit,
}


def about(method: str, train: FaceSet, settings: Params, seed: int) -> dict[str, Any]:
    """Return where a baseline's faces come from: its data, its parameters and its training length.

    `faces_seen` counts each pass over a train face; the camera takes only their labels.
    """
    wanted = settings.baselines
    seen = {
        "gan": wanted.gan_steps * settings.gan.batch,
        "vae": wanted.vae_epochs * len(train),
        "flow": wanted.flow_steps * flow.BATCH,
        "camera": 0,
    }
    own = {
        "gan": {"gan": settings.gan.described},
        "camera": {"virtual": settings.data.virtual.model_dump()},
        "reenact": {"shares": reenact.SHARES},
    }
    return {
        "method": method,
        "seed": seed,
        "classes": train.classes,
        "train_faces": len(train),
        "faces_seen": seen.get(method, len(train)),
        "baselines": wanted.model_dump(),
        **own.get(method, {}),
    }
