"""What params.yaml may hold: one frozen model a section; the comments stand in params.yaml."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from depthfaces.schema.base import Count, Section
from depthfaces.schema.classify import Baselines, Classify, Experiment, Features
from depthfaces.schema.data import Data, Emotion, Folder, Kaggle, Preprocess, Virtual
from depthfaces.schema.evolve import Cmaes, Evolve, Export, Ga, Pso, Qd, Useful
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
    "Experiment",
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
    "Useful",
    "Virtual",
]


FLAT = {"net_relief": 0.0}


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
    useful: Useful
    pso: Pso
    cmaes: Cmaes
    qd: Qd
    export: Export
    baselines: Baselines
    features: Features
    classify: Classify
    experiment: Experiment
    compare: Compare
    report: Report
    studies: Studies

    @model_validator(mode="after")
    def _true_slopes(self) -> Self:
        """Fill in reliefs of 0: depth of the window over the side of the crop, both in mm."""
        window = self.preprocess
        relief = (window.back - window.front) / window.crop
        features, classify = self.features, self.classify
        if not features.relief:
            features = features.model_copy(update={"relief": relief})
        if not classify.net_relief:
            classify = classify.model_copy(update={"net_relief": relief})
        return self.model_copy(update={"features": features, "classify": classify})

    def of_unit(self, unit: str) -> Self:
        """Return the settings for images of `unit`: photographs (relative) have no slopes."""
        if unit == "mm":
            return self
        return self.model_copy(update={"classify": self.classify.model_copy(update=FLAT)})

    @model_validator(mode="after")
    def _rounds_have_generations(self) -> Self:
        """Refuse a round of students in which nothing would be searched."""
        if self.ga.fitness == "useful" and self.useful.rounds > self.ga.generations:
            raise ValueError(
                f"useful.rounds: expected at most ga.generations, {self.ga.generations}, found "
                f"{self.useful.rounds}"
            )
        return self

    @model_validator(mode="after")
    def _primary_is_run(self) -> Self:
        """Refuse a primary contrast that no classifier of this run would answer."""
        asked, run = self.compare, self.classify
        if asked.primary_model not in run.models:
            raise ValueError(
                f"compare.primary_model: expected one of classify.models ({', '.join(run.models)}),"
                f" found {asked.primary_model}"
            )
        if asked.primary_dose not in run.doses:
            doses = ", ".join(f"{dose:g}" for dose in run.doses)
            raise ValueError(
                f"compare.primary_dose: expected one of classify.doses ({doses}), found "
                f"{asked.primary_dose:g}"
            )
        return self
