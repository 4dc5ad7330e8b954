"""The section studies: the four companion studies, one sub-section each."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from depthfaces.schema.base import Count, NotNegative, Positive, Section, Share, ascending
from depthfaces.schema.evolve import Pso

Rate = Annotated[float, Field(gt=0, lt=1)]
Momentum = Annotated[float, Field(ge=0, lt=1)]


class Dcgan(Section):
    """A DCGAN of 64 px and its training; `width` 64 gives the published layers."""

    latent: Count
    width: Count
    epochs: Count
    batch: Annotated[int, Field(ge=2)]
    lr_generator: Rate
    lr_discriminator: Rate
    beta1: Momentum
    activation: Literal["gelu", "relu", "leaky"]


class BalanceCnn(Section):
    """The classifier of `balance`: three convolutions and two dense layers at 100 px."""

    width: Count
    dense: Count
    epochs: Count
    batch: Count
    rate: Rate
    dropout: Momentum


class Balance(Section):
    """Fill up a small class with generated faces (seed 002)."""

    seeds: Count
    classes: list[str]
    small: str
    shares: Annotated[list[Annotated[float, Field(gt=0, le=1)]], Field(min_length=1)]
    gan: Dcgan
    gan_steps: Count
    cnn: BalanceCnn


class Dfeatures(Section):
    """Features of a DCGAN's discriminator for emotions and action units (seed 001)."""

    seeds: Count
    faces: Annotated[int, Field(ge=20)]
    gan: Dcgan
    second_beta1: Momentum
    folds: Annotated[int, Field(ge=2)]
    trials: Count
    unit_shown: Annotated[float, Field(gt=0, le=1)]
    unit_cost: Positive
    sets: list[Literal["virtual", "virtual-hard", "folder", "kaggle"]]
    subjects: Annotated[int, Field(ge=3)]
    generated: Annotated[int, Field(ge=10)]
    neighbours: Count
    autoencoder_steps: Count
    rated: Count


class Range(Section):
    """Where a setting is searched."""

    low: Annotated[float, Field(ge=0)]
    high: Positive

    @model_validator(mode="after")
    def _runs_forwards(self) -> Self:
        ascending(self, "low", "high")
        return self


class Ranges(Section):
    """The box in which the swarm flies."""

    lr_generator: Range
    lr_discriminator: Range
    beta1: Range
    dropout: Range
    fake_weight: Range

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """Check what is searched by its logarithm, and what must stay below 1."""
        for name in ("lr_generator", "lr_discriminator", "fake_weight"):
            if not getattr(self, name).low:
                raise ValueError(f"expected {name}.low above 0, found 0")
        for name in ("beta1", "dropout"):
            if getattr(self, name).high >= 1:
                raise ValueError(f"expected {name}.high below 1, found {getattr(self, name).high}")
        return self


class Swarm(Section):
    """A particle swarm over the settings of a GAN whose discriminator classifies (seed 003)."""

    seeds: Count
    particles: Annotated[int, Field(ge=2)]
    generations: Count
    pso: Pso
    gan: Dcgan
    dropout: Momentum
    fake_weight: Positive
    ranges: Ranges
    final_epochs: Count
    faces: Count


class Changes(Section):
    """Classical augmentation in `augment`."""

    rotation: Annotated[float, Field(ge=0, le=180)]
    zoom: Annotated[float, Field(ge=0, lt=1)]
    crop: Annotated[int, Field(ge=0)]
    flip: bool
    sharpen: NotNegative


class Entropy(Section):
    """Quantiles of real train faces' entropy between which a face is used."""

    low: Share
    high: Share

    @model_validator(mode="after")
    def _runs_forwards(self) -> Self:
        ascending(self, "low", "high")
        return self


class Vgg(Section):
    """The classifier of `augment` and its training; `width` 64 gives VGG-19."""

    width: Count
    norm: bool
    dropout: Momentum
    epochs: Count
    batch: Annotated[int, Field(ge=2)]
    rate: Rate
    falling: bool


class Made(Section):
    """The generated faces of `augment`: the conditional GAN's training, and how many are added."""

    steps: Count
    width: Count
    per_class: Count
    ratios: list[Positive]
    drawn: Annotated[int, Field(ge=2)]
    realism: Share


class Augment(Section):
    """VGG-19 with and without generated faces (seed 004)."""

    seeds: Count
    size: Annotated[int, Field(ge=32)]
    equalise: Literal["global", "clahe", "none"]
    changes: Changes
    entropy: Entropy
    vgg: Vgg
    made: Made
    tail: Annotated[float, Field(gt=0, lt=1)]


class Studies(Section):
    """The companion studies."""

    balance: Balance
    dfeatures: Dfeatures
    swarm: Swarm
    augment: Augment
