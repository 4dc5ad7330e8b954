"""Quality and diversity of generated faces, measured alongside real faces of train people."""

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
from depthfaces.studies.dfeatures.sets import StudySet

Array = npt.NDArray[Any]
SCORE_SPLITS = 10  # of the faces, for the inception score
MS_SSIM_PAIRS = 200  # of faces, for MS-SSIM
BIRTHDAY_DRAWS = 200  # orders of the faces, for the birthday test

# Measure: (title, which direction is better).
MEASURE_TITLES = {
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
class FaceSpace:
    """Where faces are compared: autoencoder codes, a classifier of emotions, the twin limit.

    All three are fitted to the train people of the set alone.
    """

    coder: autoencoder.Coder
    classifier: LogisticRegression
    twin_limit: Value

    @classmethod
    def fit(cls, home: StudySet, plan: Dfeatures, seed: int) -> Self:
        """Fit the autoencoder, the classifier and the distance below which faces are twins."""
        train = home.train
        coder_net = autoencoder.trained(train.images, plan.autoencoder_steps, seed)
        coder = autoencoder.Coder(coder_net)
        codes = coder(train.images)
        classifier = LogisticRegression(C=0.1, max_iter=1000).fit(codes, train.label)
        twin_limit = attempt(collapse.sameness_limit, points=codes, group=train.group)
        return cls(coder, classifier, twin_limit)


@dataclass(frozen=True)
class FaceQuality:
    """All measures of one set of faces, and its first twins (draws,) where there is a limit."""

    values: dict[str, Value]
    first_twins: Array | None


def measure_quality(
    face_space: FaceSpace, held_out: Array, fake_faces: Array, neighbours: int, seed: int
) -> FaceQuality:
    """Measure `fake_faces` (n, S, S) against faces of people held out (m, S, S).

    Both samples are cut to one size, because the distances between them depend on it.
    """
    rng = seeding.stream(seed, "quality")
    sample_size = min(len(held_out), len(fake_faces))
    real_faces = held_out[np.sort(rng.permutation(len(held_out))[:sample_size])]
    real_codes, fake_codes = face_space.coder(real_faces), face_space.coder(fake_faces)
    code_samples = {"real": real_codes, "fake": fake_codes[:sample_size]}
    values = {"fd": attempt(DISTANCES["fd"], **code_samples)}
    for name in ("precision", "recall", "coverage"):
        values[name] = attempt(MANIFOLDS[name], **code_samples, neighbours=neighbours)
    probabilities = face_space.classifier.predict_proba(fake_codes)
    values["inception_score"] = attempt(
        inception_score, shares=probabilities, splits=SCORE_SPLITS, rng=rng
    )
    values["ssim_unrelated"] = _mean_ssim(real_faces, fake_faces[:sample_size])
    values["ssim_nearest"] = _mean_ssim(
        real_faces[cdist(fake_codes[:sample_size], real_codes).argmin(axis=1)],
        fake_faces[:sample_size],
    )
    labels = np.zeros(len(fake_faces))
    values["ms_ssim"] = attempt(
        sameness, images=fake_faces, label=labels, pairs=MS_SSIM_PAIRS, rng=rng
    )
    if face_space.twin_limit.value is None:
        return FaceQuality(values | dict.fromkeys(("half", "support"), face_space.twin_limit), None)
    first_twins = collapse.first_twins(fake_codes, face_space.twin_limit.value, BIRTHDAY_DRAWS, rng)
    birthday_test = partial(collapse.estimate_support, first_twins, len(fake_codes))
    values["half"] = attempt(lambda: birthday_test().faces_until_twin)
    values["support"] = attempt(lambda: birthday_test().distinct_faces)
    return FaceQuality(values, first_twins)


def _mean_ssim(real: Array, fake: Array) -> Value:
    return attempt(lambda: float(ssim(grey(real), grey(fake)).mean()))


def summarise_seeds(
    seed_qualities: list[FaceQuality], key: str
) -> tuple[list[float] | float | None, str]:
    """Return [mean, min, max] over the seeds (a number for one seed), or None and the reason."""
    values = [quality.values[key] for quality in seed_qualities]
    defined = [value.value for value in values if value.value is not None]
    if len(defined) < len(values):
        return None, next(value.reason for value in values if value.value is None)
    if len(defined) == 1:
        return defined[0], ""
    return [float(np.mean(defined)), min(defined), max(defined)], ""
