"""Numbers as the paper's scripts make them, each beside the true one."""

from typing import TYPE_CHECKING, Any

import numpy as np

from depthfaces import seeding
from depthfaces.metrics import published as theirs
from depthfaces.metrics.frechet import between
from depthfaces.metrics.measure import SPLITS
from depthfaces.metrics.score import inception_score
from depthfaces.metrics.sides import HELD_OUT, Side
from depthfaces.metrics.undefined import attempt
from depthfaces.schema import Params

if TYPE_CHECKING:
    from depthfaces.metrics.fidelity import Sides, Vectors

# Of the spaces at hand the one most like the paper's: an ImageNet network, all its dimensions.
IMAGENET = ("inception", "efficientnet-lite0")


def published(sides: "Sides", vectors: "Vectors", params: Params) -> dict[str, Any]:
    """Return {set: {metric: {published, true}}}; a metric that needs what is not there is absent.

    True means the same faces and pairs by the measure's own formula; that unrelated pairs and too
    few faces for the dimensions mean little is what the columns are there to show.
    """
    space = next((name for name in IMAGENET if name in vectors), None)
    found: dict[str, Any] = {"space": space, "sets": {}}
    for name, fake in sides.fakes.items():
        row = scores(fake, params.seed) | pairs(sides.sides[HELD_OUT], fake)
        if space:
            real, made = (vectors[space][key].astype(float) for key in (HELD_OUT, name))
            true = between(real=real, fake=made)
            row["fid"] = beside(theirs.published_fid(real=real, fake=made), true)
        found["sets"][name] = row
    return found


def scores(fake: Side, seed: int) -> dict[str, Any]:
    """Return the inception score of one side, both ways."""
    both = [
        attempt(call, shares=fake.shares, splits=SPLITS, rng=seeding.stream(seed, "splits")).value
        for call in (theirs.published_is, inception_score)
    ]
    return {"is": beside(*both)}


def pairs(real: Side, fake: Side) -> dict[str, Any]:
    """Return SSIM and PSNR of unrelated pairs: equally placed faces of equal class."""
    if real.images is None or fake.images is None:
        return {}
    order = [np.argsort(side.label, kind="stable") for side in (real, fake)]
    a, b = real.images[order[0]], fake.images[order[1]]
    ssim, psnr = theirs.published_ssim(real=a, fake=b), theirs.published_psnr(real=a, fake=b)
    return {"ssim": beside(ssim, ssim), "psnr": beside(psnr, psnr * 10 / theirs.FACTOR)}


def beside(published: float | None, true: float | None) -> dict[str, float | None]:
    """Return both numbers, named."""
    return {"published": published, "true": true}
