"""The study balance, from faces to its chapter."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from depthfaces.faces import FaceSet
from depthfaces.schema import Params
from depthfaces.studies import figures as figures_
from depthfaces.studies.balance import found as found_
from depthfaces.studies.balance import pictures, protocol, tell
from depthfaces.studies.balance.found import Found
from depthfaces.studies.balance.want import Data
from depthfaces.studies.chapter import Chapter


def run(faces: FaceSet, params: Params, seed: int, figures: Path) -> Chapter:
    """Return the chapter; its figures are written into the folder `figures`."""
    wanted = params.studies.balance
    data = Data.of(faces, wanted)
    found = Found.of(data, protocol.run(data, wanted, seed, params.threads), seed)
    return Chapter.told(tell, found, wanted, figures_.write(figures, draw(found)))


def draw(found: Found) -> dict[str, tuple[Figure, str]]:
    """Return every figure with its caption."""
    accuracy = {
        share: {arm: found.accuracy(share, arm) for arm in found.arms(share)}
        for share in found.shares
    }
    drawn = {
        "reached": (
            pictures.reached(accuracy),
            "Accuracy on test people with 95 % intervals, for each share of the small class that "
            "stays.",
        ),
        "curves": (
            pictures.curves({share: found.looks(share) for share in found.shares}),
            "How the CNN learns in each arm: mean and range of the seeds. The look with the lowest "
            "validation loss is the one judged.",
        ),
    }
    if not found.results.made:
        return drawn
    losses = {
        share: [one.curve for (case, _), one in found.results.made.items() if case.share == share]
        for share in found.shares
    }
    drawn["losses"] = (
        pictures.losses(losses),
        "Losses of the DCGANs, a line a seed and class. The dotted line is a critic that cannot "
        "tell.",
    )
    for share in found.shares:
        sheets = [key for key in found.results.made if key[0].share == share]
        if sheets:
            drawn[f"faces-{share:g}"] = _sheet(found, *sheets[0])
    return drawn


def _sheet(found: Found, case: protocol.Case, label: int) -> tuple[Figure, str]:
    data, want = found.data, found.results.wants[case]
    own = data.images[want.kept[data.labels[want.kept] == label]]
    made = found.results.made[case, label].images[: pictures.FACES]
    near = found_.nearest(found, case, label, made)
    caption = (
        f"{data.classes[label]}, {case.share:.3g} of the class left, first seed: real train faces, "
        "faces of the DCGAN, and the train face nearest to each."
    )
    some = own[np.linspace(0, len(own) - 1, min(pictures.FACES, len(own))).astype(int)]
    return pictures.sheet(some, made, near), caption
