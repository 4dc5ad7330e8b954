"""What params.yaml may hold: one frozen model a section; the comments stand in params.yaml."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]
Emotion = Literal[
    "Anger", "Contempt", "Disgust", "Fear", "Happiness", "Neutral", "Sadness", "Surprise"
]


def _ascending(section: BaseModel, low: str, high: str) -> None:
    below, above = getattr(section, low), getattr(section, high)
    if below > above:
        raise ValueError(f"expected {low} up to {high}, found {below} and {above}")


class Section(BaseModel):
    """A part of params.yaml: no unknown keys, no silent conversions, no changes, no defaults."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Virtual(Section):
    """The built-in depth camera and its people."""

    preset: Literal["easy", "default", "hard"]
    emotions: Annotated[list[Emotion], Field(min_length=2)]
    subjects: Annotated[int, Field(ge=3)]
    frames: Count
    size: Annotated[int, Field(ge=64, le=1024)]
    focal: Positive
    near: Annotated[float, Field(ge=300)]
    far: Annotated[float, Field(le=4000)]
    yaw: Annotated[float, Field(ge=0, le=45)]
    pitch: Annotated[float, Field(ge=0, le=45)]
    roll: Annotated[float, Field(ge=0, le=45)]
    weakest: Share
    strongest: Share
    noise: NotNegative
    axial: NotNegative
    lateral: NotNegative
    missing: Share
    flying: Share
    wall_near: Annotated[float, Field(ge=1000)]
    wall_far: Annotated[float, Field(le=60000)]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        """Check the ranges that two keys bound."""
        _ascending(self, "near", "far")
        _ascending(self, "weakest", "strongest")
        _ascending(self, "wall_near", "wall_far")
        return self


class Folder(Section):
    """A folder of the user's own images."""

    path: str
    layout: Annotated[str, Field(min_length=1)]
    focal: Positive
    official_split: bool


class Kaggle(Section):
    """A data set on Kaggle."""

    dataset: str
    timeout: Count


class Data(Section):
    """Where the faces come from."""

    source: Literal["virtual", "folder", "kaggle"]
    virtual: Virtual
    folder: Folder
    kaggle: Kaggle
    max_side: Annotated[int, Field(ge=16, le=20000)]
    max_files: Count
    max_gigabytes: Positive


class Preprocess(Section):
    """From raw frames to centred faces in three splits."""

    size: Literal[32, 64, 128, 256]
    crop: Annotated[float, Field(ge=60, le=600)]
    front: Annotated[float, Field(ge=-200, le=0)]
    back: Annotated[float, Field(gt=0, le=1000)]
    frontalise: bool
    confidence: Share
    near_copies: Annotated[int, Field(ge=0, le=32)]
    validation: Annotated[float, Field(gt=0, lt=0.5)]
    test: Annotated[float, Field(gt=0, lt=0.6)]
    max_quarantine: Share


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


class Ga(Section):
    """The search in the latent space."""

    method: Literal["ga", "random"]
    generations: Count
    population: Annotated[int, Field(ge=4)]
    crossover: Share
    mutation: Share
    tournament: Count
    elites: Annotated[int, Field(ge=0)]


class Export(Section):
    """The synthetic set."""

    per_class: Count
    evolved_share: Share


class Baselines(Section):
    """What the generator is compared with."""

    per_class: Count
    gan_steps: Count
    vae_latent: Count
    vae_width: Count
    vae_epochs: Count
    pca: Count
    components: Annotated[list[Count], Field(min_length=1)]
    bandwidths: Annotated[list[Positive], Field(min_length=1)]


class Features(Section):
    """Hand-made features."""

    lbp_points: Annotated[int, Field(ge=4, le=32)]
    lbp_radius: Positive
    hog_orientations: Count
    hog_cells: Annotated[int, Field(ge=2)]
    hog_block: Count
    sobel_bins: Annotated[int, Field(ge=2)]
    intensity_bins: Annotated[int, Field(ge=2)]


class Classify(Section):
    """Classifiers and the arms they are trained on."""

    models: Annotated[list[Literal["xgboost", "forest", "tree", "svm"]], Field(min_length=1)]
    seeds: Count
    ratios: Annotated[list[Positive], Field(min_length=1)]
    xgb_trees: Count
    xgb_depth: Count
    xgb_rate: Positive
    xgb_columns: Count
    svm_cost: Positive
    forest_trees: Count


class Compare(Section):
    """Metrics, statistics and the verdict's rule."""

    dimensions: Annotated[int, Field(ge=2)]
    neighbours: Count
    bootstrap: Annotated[int, Field(ge=100)]
    margin: Share
    min_subjects: Count
    alpha: Annotated[float, Field(gt=0, lt=0.5)]
    copying: Share


class Report(Section):
    """Figures and the page."""

    columns: Annotated[int, Field(ge=2, le=40)]
    dpi: Annotated[int, Field(ge=40, le=600)]


class Params(Section):
    """All of params.yaml."""

    seed: Annotated[int, Field(ge=0)]
    threads: Count
    data: Data
    preprocess: Preprocess
    gan: Gan
    kd: Kd
    ga: Ga
    export: Export
    baselines: Baselines
    features: Features
    classify: Classify
    compare: Compare
    report: Report
