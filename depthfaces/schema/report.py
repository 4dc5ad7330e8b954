"""The sections compare and report: metrics, the verdict's rule, and the page."""

from typing import Annotated, Literal

from pydantic import Field

from depthfaces.schema.base import Count, Positive, Section, Share
from depthfaces.schema.classify import Model


class Compare(Section):
    """Metrics, statistics and the verdict's rule."""

    dimensions: Annotated[int, Field(ge=2)]
    neighbours: Count
    faces: Count
    embeddings: list[Literal["autoencoder", "efficientnet-lite0"]]
    autoencoder_steps: Count
    inception: str
    primary_model: Model
    primary_dose: Positive
    bootstrap: Annotated[int, Field(ge=100)]
    margin: Share
    min_subjects: Count
    alpha: Annotated[float, Field(gt=0, lt=0.5)]
    copying: Share


class Report(Section):
    """Figures and the page."""

    columns: Annotated[int, Field(ge=2, le=40)]
    dpi: Annotated[int, Field(ge=40, le=600)]
