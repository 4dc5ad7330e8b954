"""What keeps a set from being written: copies of train faces, and a generator that collapsed."""

import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.errors import IntegrityError
from depthfaces.evolve.nearness import Nearness, places
from depthfaces.evolve.search import diversity
from depthfaces.export.rows import New, Origin
from depthfaces.faces import FaceSet
from depthfaces.gan.sample import BLOCK, Floats

# A face is made twice, in two places of a batch, and its last bits differ: this much is no matter.
MARGIN = 1e-4
COLLAPSED = (
    0.25  # of how different two train faces of an emotion are: draws no less alike than that
)


def new(train: FaceSet) -> New:
    """Return the test whether faces are no copies of `train` or of its mirror image."""
    nearness = Nearness(train)

    def far(faces: Floats) -> npt.NDArray[np.bool_]:
        """Return whether each face is as far from train faces as those from other people's."""
        return np.asarray(nearness(places(faces)) >= 1 - MARGIN)

    return far


def check_variety(origin: Origin, train: FaceSet, seed: int) -> None:
    """Raise IntegrityError where an emotion's plain draws are nearly one face."""
    for label in origin.model.classes:
        rng = seeding.stream(seed, "variety", label)
        length = origin.model.generator.shape.latent
        z = rng.standard_normal((BLOCK, length), np.float32)
        made = diversity(places(origin.faces(z, label, "")))
        mine = np.flatnonzero(train.table["label"] == label)
        real = diversity(places(np.asarray(train.images[mine])))
        if made < COLLAPSED * real:
            raise IntegrityError(
                f"{label}: expected draws at least {COLLAPSED} times as different as train faces, "
                f"found {made / real:.2f}: the generator has collapsed; train again, or set "
                "export.collapsed: true to export it all the same"
            )
