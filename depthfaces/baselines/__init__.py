"""What the distilled, evolved generator is compared with: `BASELINES` holds each by its name.

Each fits to the train faces, may choose on the validation faces, and returns a `Sampler`.
"""

from collections.abc import Callable

from depthfaces.baselines import flow, gan, gmm, kde, vae
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
}
