"""The sections gan and kd: the conditional generator, its training and its teachers."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from depthfaces.schema.base import Count, NotNegative, Positive, Section, Share
from depthfaces.schema.data import Emotion


class Pretrain(Section):
    """Virtual faces to learn from first, for those who have few real ones."""

    subjects: Annotated[int, Field(ge=0)]
    frames: Count
    steps: Count
    rate: Annotated[float, Field(gt=0, le=1)]
    how: Literal["finetune", "joint"]
    emotions: list[Emotion]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """Refuse what is only learned together, where nothing is."""
        if self.how == "joint" and not self.subjects:
            raise ValueError("joint needs virtual people: set subjects")
        if self.emotions and self.how != "joint":
            raise ValueError("emotions are learned from virtual people by how: joint alone")
        return self

    @property
    def joins(self) -> bool:
        """Whether virtual people are learned from together with the real ones."""
        return self.how == "joint"

    def unseen(self, classes: list[str]) -> list[str]:
        """Return the emotions that only virtual people show: not among `classes`."""
        return sorted(set(self.emotions) - set(classes))


class Gan(Section):
    """The conditional generator and its training."""

    recipe: Literal["modern", "paper"]
    latent: Count
    width: Count
    steps: Count
    batch: Annotated[int, Field(ge=2)]
    lr_generator: Positive
    lr_discriminator: Positive
    lr_end: Annotated[float, Field(gt=0, le=1)]
    beta1: Annotated[float, Field(ge=0, lt=1)]
    beta2: Annotated[float, Field(ge=0, lt=1)]
    loss: Literal["logistic", "hinge", "relativistic"]
    r1: NotNegative
    r2: NotNegative
    penalty_every: Count
    lecam: NotNegative
    upsample: Literal["bilinear", "nearest"]
    spectral: bool
    deviation: bool
    balanced: bool
    mirror: bool
    augment: Annotated[float, Field(ge=0, lt=1)]
    encoder_steps: Count
    checks: Annotated[int, Field(ge=0)]
    collapse: Share
    checkpoint_every: Count
    precision: Literal["auto", "fp32", "bf16"]
    compile: bool
    pretrain: Pretrain

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """Refuse ingredients that the published networks do not have."""
        if self.recipe == "paper" and (self.spectral or self.deviation):
            raise ValueError("spectral and deviation belong to the modern recipe: set them false")
        if self.recipe == "paper" and self.pretrain.joins:
            raise ValueError("pretrain.how: joint belongs to the modern recipe")
        return self

    @property
    def described(self) -> dict[str, Any]:
        """Return what results say of it: `pretrain.how` and `emotions` only where people join."""
        left_out = None if self.pretrain.joins else {"pretrain": {"how", "emotions"}}
        return self.model_dump(exclude=left_out)


class Kd(Section):
    """Distillation from EMA teachers."""

    enabled: bool
    decay: Annotated[float, Field(ge=0, lt=1)]
    form: Literal["pixel", "perceptual"]
    generator: NotNegative
    discriminator: NotNegative
    warmup: Annotated[int, Field(ge=0)]
    freeze_buffers: bool
