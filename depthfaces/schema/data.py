"""The sections data and preprocess: where faces come from, and how they are prepared."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from depthfaces.schema.base import Count, NotNegative, Positive, Section, Share, ascending

Emotion = Literal[
    "Anger", "Contempt", "Disgust", "Fear", "Happiness", "Neutral", "Sadness", "Surprise"
]


Truth = Literal["landmarks", "normals", "depth", "actions", "mesh"]


class Virtual(Section):
    """The built-in depth camera and its people."""

    preset: Literal["easy", "default", "hard"]
    emotions: Annotated[list[Emotion], Field(min_length=2)]
    subjects: Annotated[int, Field(ge=3)]
    frames: Count
    size: Annotated[int, Field(ge=64, le=1024)]
    sensor: Literal["own", "kinect-v1", "kinect-v2", "realsense", "truedepth"]
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
    truth: list[Truth]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        """Check the ranges that two keys bound."""
        ascending(self, "near", "far")
        ascending(self, "weakest", "strongest")
        ascending(self, "wall_near", "wall_far")
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

    size: Annotated[int, Field(ge=32, le=256, multiple_of=16)]  # as often can any net halve it
    crop: Annotated[float, Field(ge=60, le=600)]
    front: Annotated[float, Field(ge=-200, le=0)]
    back: Annotated[float, Field(gt=0, le=1000)]
    frontalise: bool
    confidence: Share
    find_faces: bool
    near_copies: Annotated[int, Field(ge=0, le=32)]
    validation: Annotated[float, Field(gt=0, lt=0.5)]
    test: Annotated[float, Field(gt=0, lt=0.6)]
    max_quarantine: Share
