"""Faces made from those of few people, by source: what is in question, and the controls."""

import sys
from collections.abc import Iterator
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.baselines import BASELINES
from depthfaces.baselines.gan import Plain
from depthfaces.baselines.samples import Sampler
from depthfaces.depth.crop import Window
from depthfaces.errors import DataError
from depthfaces.faces import FaceSet
from depthfaces.features.augment import augment
from depthfaces.features.posed import turned
from depthfaces.few.evolved import evolved
from depthfaces.few.shared import CAMERA, Shared
from depthfaces.gan import train as training
from depthfaces.schema import Emotion, Params
from depthfaces.verdict.arm import AUGMENTED, MIX, POSED, SYNTHETIC

Array = npt.NDArray[Any]
DISTILLED, REENACT = "kd", "reenact"
RATES = ("lr_generator", "lr_discriminator")


def usable(faces: FaceSet, params: Params) -> Params:
    """Return `params` without the sources that cannot make faces like these, and say which.

    Points move in depth alone, and the virtual camera shows the emotions that it knows.
    """
    depth = faces.table["unit"].iloc[0] == "mm"
    shows = set(faces.classes) <= set(get_args(Emotion))
    able = {REENACT: depth, CAMERA: depth and shows}
    wanted = params.experiment.sources
    kept = [name for name in wanted if able.get(name, True)]
    if kept == wanted:
        return params
    if not set(kept) - {MIX}:
        raise DataError(f"experiment.sources: expected one for such faces, found {wanted}; add kd")
    left = ", ".join(name for name in wanted if name not in kept)
    sys.stderr.write(f"few: left out, as they need depth or the camera's emotions: {left}\n")
    experiment = params.experiment.model_copy(update={"sources": kept})
    return params.model_copy(update={"experiment": experiment})


def changed(few: FaceSet, times: int, params: Params, seed: int) -> Iterator[tuple[str, Array]]:
    """Yield (name, faces) of the controls: each face of `few` changed `times` times, in order."""
    images = np.tile(np.asarray(few.images, np.float32), (times, 1, 1))
    yield AUGMENTED, augment(images, seeding.stream(seed, AUGMENTED))
    if few.table["unit"].iloc[0] == "mm":
        depths = params.preprocess.front, params.preprocess.back
        window = Window(images.shape[1], params.preprocess.crop, *depths)
        rng = seeding.stream(seed, POSED)
        yield POSED, augment(np.stack([turned(image, window, rng) for image in images]), rng)


def made(
    few: FaceSet, labels: Array, params: Params, shared: Shared, seed: int
) -> Iterator[tuple[str, Array]]:
    """Yield (name, faces of `labels`) of each of `experiment.sources`; a mix holds the others.

    Generators go on from the shared nets if there are any.
    """
    found: dict[str, Array] = {}
    distilled: Plain | None = None
    sampler: Sampler
    for name in params.experiment.sources:
        number = seeding.number(seed, name)
        if name == MIX:
            continue
        if name == CAMERA and shared.camera:
            sampler = shared.camera
        elif name in {DISTILLED, SYNTHETIC}:
            distilled = distilled or distil(few, params, shared, seeding.number(seed, DISTILLED))
            sampler = distilled
            if name == SYNTHETIC:
                sampler = evolved(distilled, few, params, number)
        else:
            sampler = BASELINES[name](few, few, alone(params), number)
        found[name] = sampler(labels, seeding.number(number, "faces")).clip(-1, 1)
        yield name, found[name]
    if MIX in params.experiment.sources and found:
        turn = np.arange(len(labels)) % len(found)
        stacked = np.stack(list(found.values()))
        yield MIX, stacked[turn, np.arange(len(labels))]


def distil(few: FaceSet, params: Params, shared: Shared, seed: int) -> Plain:
    """Train the distilled generator on `few`, and who joins them, for `experiment.gan_steps`."""
    changes: dict[str, float] = {"steps": params.experiment.gan_steps, "checks": 1}
    if shared.nets:
        rate = params.gan.pretrain.rate
        changes |= {key: rate * getattr(params.gan, key) for key in RATES}
    gan = params.gan.model_copy(update=changes)
    session = training.Session(None, shared.nets, virtual=shared.virtual)
    return Plain(training.fit(few, gan, params.kd, seed, session), gan, params.kd)


def alone(params: Params) -> Params:
    """Return what the baselines are fitted by: nobody is left to choose on, so nothing is chosen.

    Of several values the middle one is taken, of components the fewest.
    """
    wanted = params.baselines
    middle = sorted(wanted.bandwidths)[len(wanted.bandwidths) // 2]
    baselines = wanted.model_copy(
        update={
            "bandwidths": [middle],
            "components": [min(wanted.components)],
            "gan_steps": params.experiment.gan_steps,
        }
    )
    return params.model_copy(update={"baselines": baselines})
