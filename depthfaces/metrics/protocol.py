"""Scores as the paper's scripts compute them, each beside the true one."""

from typing import TYPE_CHECKING, Any

import numpy as np

from depthfaces import seeding
from depthfaces.metrics import published as theirs
from depthfaces.metrics.frechet import frechet_of_clouds
from depthfaces.metrics.measure import SCORE_SPLITS
from depthfaces.metrics.score import inception_score
from depthfaces.metrics.sides import HELD_OUT, Side
from depthfaces.metrics.undefined import attempt
from depthfaces.schema import Params

if TYPE_CHECKING:
    from depthfaces.metrics.fidelity import Sides, Vectors

# The spaces most like the paper's, best first: an ImageNet network, all its dimensions.
IMAGENET_SPACES = ("inception", "efficientnet-lite0")


def published_scores(sides: "Sides", vectors: "Vectors", params: Params) -> dict[str, Any]:
    """Return {set: {metric: {published, true}}}; a metric without its inputs is left out.

    True means the same faces and pairs by the metric's own formula; that unrelated pairs and too
    few faces for the dimensions mean little is what the columns are there to show.
    """
    space = next((name for name in IMAGENET_SPACES if name in vectors), None)
    document: dict[str, Any] = {"space": space, "sets": {}}
    for name, fake in sides.fakes.items():
        set_scores = inception_scores(fake, params.seed) | pair_scores(sides.sides[HELD_OUT], fake)
        if space:
            real_vectors, fake_vectors = (
                vectors[space][side_name].astype(float) for side_name in (HELD_OUT, name)
            )
            true_distance = frechet_of_clouds(real=real_vectors, fake=fake_vectors)
            set_scores["fid"] = with_true_value(
                theirs.published_fid(real=real_vectors, fake=fake_vectors), true_distance
            )
        document["sets"][name] = set_scores
    return document


def inception_scores(fake: Side, seed: int) -> dict[str, Any]:
    """Return the inception score of one side, as published and true."""
    score_values = [
        attempt(
            metric,
            shares=fake.probabilities,
            splits=SCORE_SPLITS,
            rng=seeding.stream(seed, "splits"),
        ).value
        for metric in (theirs.published_is, inception_score)
    ]
    return {"is": with_true_value(*score_values)}


def pair_scores(real: Side, fake: Side) -> dict[str, Any]:
    """Return SSIM and PSNR of unrelated pairs: faces at the same position of the same class."""
    if real.images is None or fake.images is None:
        return {}
    class_orders = [np.argsort(side.label, kind="stable") for side in (real, fake)]
    real_images, fake_images = real.images[class_orders[0]], fake.images[class_orders[1]]
    ssim, psnr = (
        theirs.published_ssim(real=real_images, fake=fake_images),
        theirs.published_psnr(real=real_images, fake=fake_images),
    )
    return {
        "ssim": with_true_value(ssim, ssim),
        "psnr": with_true_value(psnr, psnr * 10 / theirs.PSNR_FACTOR),
    }


def with_true_value(
    published_value: float | None, true_value: float | None
) -> dict[str, float | None]:
    """Return both numbers by name."""
    return {"published": published_value, "true": true_value}
