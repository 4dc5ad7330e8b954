"""What params.yaml may hold: one frozen model a section; the comments stand in params.yaml."""

from typing import Annotated

from pydantic import Field

from depthfaces.schema.base import Count, Section
from depthfaces.schema.classify import Baselines, Classify, Features
from depthfaces.schema.data import Data, Emotion, Folder, Kaggle, Preprocess, Virtual
from depthfaces.schema.evolve import Cmaes, Evolve, Export, Ga, Pso, Qd
from depthfaces.schema.gan import Gan, Kd
from depthfaces.schema.report import Compare, Report
from depthfaces.schema.studies import Studies

__all__ = [
    "Baselines",
    "Classify",
    "Cmaes",
    "Compare",
    "Data",
    "Emotion",
    "Evolve",
    "Export",
    "Features",
    "Folder",
    "Ga",
    "Gan",
    "Kaggle",
    "Kd",
    "Params",
    "Preprocess",
    "Pso",
    "Qd",
    "Report",
    "Section",
    "Studies",
    "Virtual",
]


class Params(Section):
    """All of params.yaml."""

    seed: Annotated[int, Field(ge=0)]
    threads: Count
    data: Data
    preprocess: Preprocess
    gan: Gan
    kd: Kd
    evolve: Evolve
    ga: Ga
    pso: Pso
    cmaes: Cmaes
    qd: Qd
    export: Export
    baselines: Baselines
    features: Features
    classify: Classify
    compare: Compare
    report: Report
    studies: Studies
