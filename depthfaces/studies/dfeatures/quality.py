"""How good and how varied a DCGAN's faces are, each number beside that of real known people."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist
from sklearn.linear_model import LogisticRegression

from depthfaces import seeding
from depthfaces.embed import autoencoder
from depthfaces.metrics import DISTANCES, MANIFOLDS
from depthfaces.metrics.diversity import sameness
from depthfaces.metrics.score import inception_score
from depthfaces.metrics.similarity import grey, ssim
from depthfaces.metrics.undefined import Value, attempt
from depthfaces.schema.studies import Dfeatures
from depthfaces.studies.dfeatures import collapse
from depthfaces.studies.dfeatures.sets import Set

Array = npt.NDArray[Any]
SPLITS = 10  # of the faces, for the inception score
PAIRS = 200  # of faces, for MS-SSIM
DRAWS = 200  # orders of the faces, for the birthday test

# Key: (title, which way is better).
TITLES = {
    "inception_score": ("Inception score, by a reader of our emotions", "like the floor"),
    "fd": ("Fréchet distance", "lower"),
    "ssim_unrelated": ("SSIM of unrelated pairs, as published", "means nothing"),
    "ssim_nearest": ("SSIM to the nearest held-out face", "like the floor"),
    "precision": ("Precision", "higher"),
    "recall": ("Recall", "higher"),
    "coverage": ("Coverage", "higher"),
    "ms_ssim": ("MS-SSIM of two faces; 1 = all the same", "like the floor"),
    "half": ("Birthday test: faces until two are the same", "like the floor"),
    "support": ("Birthday test: so many different faces", "like the floor"),
}


@dataclass(frozen=True)
class Space:
    """Where faces are compared: an autoencoder's codes, a reader of emotions, the twin limit.

    All three know the known people of the set alone.
    """

    coder: autoencoder.Coder
    reader: LogisticRegression
    limit: Value

    @classmethod
    def fit(cls, home: Set, plan: Dfeatures, seed: int) -> Self:
        """Train both, and measure how near other people's faces come."""
        known = home.known
        net = autoencoder.trained(known.images, plan.autoencoder_steps, seed)
        coder = autoencoder.Coder(net)
        codes = coder(known.images)
        reader = LogisticRegression(C=0.1, max_iter=1000).fit(codes, known.label)
        limit = attempt(collapse.sameness_limit, points=codes, group=known.group)
        return cls(coder, reader, limit)


@dataclass(frozen=True)
class Measured:
    """Every value of one set of faces, and its first twins (draws,) where there is a limit."""

    values: dict[str, Value]
    firsts: Array | None


def measure(space: Space, held_out: Array, fake: Array, neighbours: int, seed: int) -> Measured:
    """Return all values of the faces `fake` (n, S, S) against people held out (m, S, S).

    Both sides are drawn to one size: distances between samples depend on it.
    """
    rng = seeding.stream(seed, "quality")
    count = min(len(held_out), len(fake))
    real = held_out[np.sort(rng.permutation(len(held_out))[:count])]
    points, codes = space.coder(real), space.coder(fake)
    clouds = {"real": points, "fake": codes[:count]}
    values = {"fd": attempt(DISTANCES["fd"], **clouds)}
    for name in ("precision", "recall", "coverage"):
        values[name] = attempt(MANIFOLDS[name], **clouds, neighbours=neighbours)
    shares = space.reader.predict_proba(codes)
    values["inception_score"] = attempt(inception_score, shares=shares, splits=SPLITS, rng=rng)
    values["ssim_unrelated"] = _alike(real, fake[:count])
    values["ssim_nearest"] = _alike(real[cdist(codes[:count], points).argmin(axis=1)], fake[:count])
    label = np.zeros(len(fake))
    values["ms_ssim"] = attempt(sameness, images=fake, label=label, pairs=PAIRS, rng=rng)
    if space.limit.value is None:
        return Measured(values | dict.fromkeys(("half", "support"), space.limit), None)
    firsts = collapse.first_twins(codes, space.limit.value, DRAWS, rng)
    test = partial(collapse.support, firsts, len(codes))
    values["half"] = attempt(lambda: test().half)
    values["support"] = attempt(lambda: test().faces)
    return Measured(values, firsts)


def _alike(real: Array, fake: Array) -> Value:
    return attempt(lambda: float(ssim(grey(real), grey(fake)).mean()))


def over_seeds(found: list[Measured], key: str) -> tuple[list[float] | float | None, str]:
    """Return [mean, least, most] over the seeds (the number for one); or None and the reason."""
    values = [one.values[key] for one in found]
    known = [value.value for value in values if value.value is not None]
    if len(known) < len(values):
        return None, next(value.reason for value in values if value.value is None)
    if len(known) == 1:
        return known[0], ""
    return [float(np.mean(known)), min(known), max(known)], ""
