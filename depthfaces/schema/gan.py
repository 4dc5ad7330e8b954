"""The sections gan and kd: the conditional generator, its training and its teachers."""

from typing import Annotated

from pydantic import Field

from depthfaces.schema.base import Count, NotNegative, Positive, Section


class Gan(Section):
    """The conditional generator and its training."""

    latent: Count
    width: Count
    steps: Count
    batch: Annotated[int, Field(ge=2)]
    lr_generator: Positive
    lr_discriminator: Positive
    beta1: Annotated[float, Field(ge=0, lt=1)]
    beta2: Annotated[float, Field(ge=0, lt=1)]
    r1: NotNegative
    r1_every: Count


class Kd(Section):
    """Distillation from EMA teachers."""

    enabled: bool
    decay: Annotated[float, Field(ge=0, lt=1)]
    generator: NotNegative
    discriminator: NotNegative
