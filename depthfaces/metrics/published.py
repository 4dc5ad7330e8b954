"""Image scores as the emotional-depth-faces paper's scripts compute them, to stand beside its own.

They depart from the measures they are named after: 0.7 is added to the inception score, PSNR has
30 log10(255 / rmse) in place of 20, FID subtracts 4 of the cross term in place of 2 (and takes too
few faces for its dimensions). SSIM and PSNR compare unrelated faces. Never to be read as quality.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from depthfaces.metrics.frechet import frechet_of_clouds
from depthfaces.metrics.score import inception_score
from depthfaces.metrics.similarity import grey, psnr, ssim

Array = npt.NDArray[Any]
SCORE_OFFSET = 0.7
PSNR_FACTOR = 15.0  # of log10(255^2 / mse), which is 30 of log10(255 / rmse)
CROSS_FACTOR = 4.0


def published_fid(*, real: Array, fake: Array) -> float:
    """Return |a - b|^2 + Tr(A + B - 4 (A B)^1/2); it can fall below 0."""
    return frechet_of_clouds(real=real, fake=fake, cross=CROSS_FACTOR)


def published_is(*, shares: Array, splits: int, rng: np.random.Generator) -> float:
    """Return the inception score plus 0.7; it can exceed the number of classes."""
    return inception_score(shares=shares, splits=splits, rng=rng) + SCORE_OFFSET


def published_psnr(*, real: Array, fake: Array) -> float:
    """Return the mean of 30 log10(255 / rmse) over unrelated face pairs (n, S, S), in "dB"."""
    return float(psnr(grey(real), grey(fake), factor=PSNR_FACTOR).mean())


def published_ssim(*, real: Array, fake: Array) -> float:
    """Return the mean SSIM of unrelated face pairs (n, S, S)."""
    return float(ssim(grey(real), grey(fake)).mean())
