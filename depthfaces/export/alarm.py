"""What keeps a set from being written: copies of train faces, and a generator that collapsed."""

import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.alignment import NOBODY, Album, Owned, never
from depthfaces.errors import IntegrityError
from depthfaces.evolve.nearness import Nearness, places
from depthfaces.evolve.search import diversity
from depthfaces.export.rows import New, Origin
from depthfaces.faces import FaceSet
from depthfaces.gan.sample import BLOCK, Floats

# A face is made twice, in two places of a batch, and its last bits differ: this much is no matter.
MARGIN = 1e-4
MOST = 2000  # train faces that are held against all others to find out how near people come
COLLAPSED = (
    0.25  # of how different two train faces of an emotion are: draws no less alike than that
)


def new(train: FaceSet) -> New:
    """Return the test whether faces are no copies of `train`: mirrored, shifted or turned ones."""
    nearness = Nearness(train)
    owned = Owned(np.asarray(train.images), train.table["group"].to_numpy(str))
    album = Album(owned)
    some = np.linspace(0, len(train) - 1, min(len(train), MOST)).astype(int)
    gaps = album.nearest(Owned(owned.images[some], owned.people[some])).distance
    bound = never(gaps)

    def far(faces: Floats) -> npt.NDArray[np.bool_]:
        """Return whether each face is as far from train faces as those from other people's.

        In place, and in shape: nearer after mirroring and moving than people ever come.
        """
        moved = album.nearest(Owned(faces, np.full(len(faces), NOBODY))).distance
        apart = nearness(places(faces)) >= 1 - MARGIN
        return np.asarray(apart & (moved >= (1 - MARGIN) * bound))

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
