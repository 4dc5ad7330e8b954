"""Where the swarm flies: a box of settings, seen from a search as independent normal numbers."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from depthfaces.schema.studies import Ranges, Swarm
from depthfaces.studies import dcgan

Array = npt.NDArray[Any]

# The settings searched, in the order of a place's coordinates; those by their logarithm.
NAMES = ("lr_generator", "lr_discriminator", "beta1", "dropout", "fake_weight")
BY_LOGARITHM = {"lr_generator", "lr_discriminator", "fake_weight"}

Values = dict[str, float]


def values(z: Array, ranges: Ranges) -> Values:
    """Return the settings at a place `z` (5,): N(0, 1) spreads evenly over a range.

    low + u (high - low), or low (high / low)^u, with u = Phi(z).
    """
    found = {}
    for name, u in zip(NAMES, ndtr(z), strict=True):
        box = getattr(ranges, name)
        if name in BY_LOGARITHM:
            found[name] = float(box.low * (box.high / box.low) ** u)
        else:
            found[name] = float(box.low + u * (box.high - box.low))
    return found


def place(found: Values, ranges: Ranges) -> Array:
    """Return the place (5,) of settings inside the box: the inverse of `values`."""
    shares = []
    for name in NAMES:
        box, value = getattr(ranges, name), found[name]
        if name in BY_LOGARITHM:
            shares.append(np.log(value / box.low) / np.log(box.high / box.low))
        else:
            shares.append((value - box.low) / (box.high - box.low))
    return np.asarray(ndtri(shares))


def defaults(wanted: Swarm) -> Values:
    """Return the settings of the first control."""
    gan = wanted.gan
    return {
        "lr_generator": gan.lr_generator,
        "lr_discriminator": gan.lr_discriminator,
        "beta1": gan.beta1,
        "dropout": wanted.dropout,
        "fake_weight": wanted.fake_weight,
    }


def training(found: Values, wanted: Swarm, classes: int, epochs: int) -> dcgan.Settings:
    """Return the training that the settings describe; all else is as in params.yaml."""
    return dcgan.Settings.of(wanted.gan, classes).changed(epochs=epochs, **found)
