"""The search space: a box of settings, which a search sees as independent N(0, 1) numbers."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from depthfaces.schema.studies import Ranges, Swarm
from depthfaces.studies import dcgan

Array = npt.NDArray[Any]

# The settings searched, in the order of a point's coordinates; those on a logarithmic scale.
SETTING_NAMES = ("lr_generator", "lr_discriminator", "beta1", "dropout", "fake_weight")
LOG_SCALED = {"lr_generator", "lr_discriminator", "fake_weight"}

SettingValues = dict[str, float]


def settings_at(z: Array, ranges: Ranges) -> SettingValues:
    """Map a point `z` (5,) to settings, so that N(0, 1) spreads evenly over each range.

    low + u (high - low), or low (high / low)^u, with u = Phi(z).
    """
    setting_values = {}
    for name, u in zip(SETTING_NAMES, ndtr(z), strict=True):
        value_range = getattr(ranges, name)
        if name in LOG_SCALED:
            setting_values[name] = float(
                value_range.low * (value_range.high / value_range.low) ** u
            )
        else:
            setting_values[name] = float(value_range.low + u * (value_range.high - value_range.low))
    return setting_values


def point_of(setting_values: SettingValues, ranges: Ranges) -> Array:
    """Map settings inside the box to their point (5,): the inverse of `settings_at`."""
    fractions = []
    for name in SETTING_NAMES:
        value_range, value = getattr(ranges, name), setting_values[name]
        if name in LOG_SCALED:
            fractions.append(
                np.log(value / value_range.low) / np.log(value_range.high / value_range.low)
            )
        else:
            fractions.append((value - value_range.low) / (value_range.high - value_range.low))
    return np.asarray(ndtri(fractions))


def default_settings(plan: Swarm) -> SettingValues:
    """Return the settings of the control `defaults`, as in params.yaml."""
    gan = plan.gan
    return {
        "lr_generator": gan.lr_generator,
        "lr_discriminator": gan.lr_discriminator,
        "beta1": gan.beta1,
        "dropout": plan.dropout,
        "fake_weight": plan.fake_weight,
    }


def training_settings(
    setting_values: SettingValues, plan: Swarm, class_count: int, epochs: int
) -> dcgan.Settings:
    """Return the GAN training with these settings; all others are as in params.yaml."""
    return dcgan.Settings.of(plan.gan, class_count).changed(epochs=epochs, **setting_values)
