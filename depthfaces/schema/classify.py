"""The sections baselines, features, classify and experiment: what a generator is compared by."""

from typing import Annotated, Literal

from pydantic import Field

from depthfaces.schema.base import Count, NotNegative, Positive, Section


class Baselines(Section):
    """What the generator is compared with."""

    per_class: Count
    gan_steps: Count
    vae_latent: Count
    vae_width: Count
    vae_epochs: Count
    flow_steps: Count
    flow_width: Count
    flow_heun: Count
    camera_people: Count
    camera_frames: Count
    pca: Count
    components: Annotated[list[Count], Field(min_length=1)]
    bandwidths: Annotated[list[Positive], Field(min_length=1)]


class Features(Section):
    """Hand-made features."""

    families: Annotated[
        list[Literal["lbp", "hog", "sobel", "intensity", "normals", "curvature"]],
        Field(min_length=1),
    ]
    lbp_points: Annotated[int, Field(ge=4, le=32)]
    lbp_radius: Positive
    hog_orientations: Count
    hog_cells: Annotated[int, Field(ge=2)]
    hog_block: Count
    sobel_bins: Annotated[int, Field(ge=2)]
    intensity_bins: Annotated[int, Field(ge=2)]
    normal_cells: Count
    curvature_cells: Count
    relief: NotNegative
    pixels: Annotated[int, Field(ge=8)]
    augmented: Count
    backend: Literal["threads", "processes", "dask"]
    scheduler: str


Model = Literal["xgboost", "forest", "tree", "svm", "cnn", "net", "fused"]
Source = Literal[
    "synthetic", "kd", "gan", "vae", "gmm", "kde", "flow", "camera", "reenact", "mix"
]  # fmt: skip


class Classify(Section):
    """Classifiers and the arms they are trained on."""

    models: Annotated[list[Model], Field(min_length=1)]
    seeds: Count
    doses: Annotated[list[Positive], Field(min_length=1)]
    published: bool
    xgb_trees: Count
    xgb_depth: Count
    xgb_rate: Positive
    xgb_columns: Count
    svm_cost: Positive
    forest_trees: Count
    tree_columns: Annotated[float, Field(gt=0, le=1)]
    cnn_epochs: Count
    cnn_width: Count
    net_steps: Count
    net_width: Annotated[int, Field(ge=4)]
    net_members: Count
    net_relief: NotNegative


class Experiment(Section):
    """The experiment with few people; the first of each list makes the contrast that decides."""

    people: Annotated[list[Count], Field(min_length=1)]
    draws: Annotated[int, Field(ge=2)]
    held_out: Count
    models: Annotated[list[Model], Field(min_length=1)]
    sources: Annotated[list[Source], Field(min_length=1)]
    gan_steps: Count
    doses: Annotated[list[Positive], Field(min_length=1)]
    weights: Annotated[list[Positive], Field(min_length=1)]
