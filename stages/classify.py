"""Train classifiers on real, generated and mixed faces; test each on people it never saw."""

from pathlib import Path

from depthfaces import command, files, params
from depthfaces.classify.family import CLASSIFIERS
from depthfaces.classify.keep import keep, reliabilities
from depthfaces.classify.protocol import predictions
from depthfaces.classify.scores import summary
from depthfaces.features.store import about, open_all
from depthfaces.kept_config import CONFIG


def main(features: Path, predicted: Path, scores: Path, models: Path) -> None:
    """Write PREDICTED (CSV, a row a prediction), SCORES (JSON, by arm, model, part), and MODELS."""
    settings = params.load()
    wanted = {CLASSIFIERS[name].view for name in settings.classify.models}
    views = {view: open_all(features, view) for view in sorted(wanted)}
    by_unit = settings.of_unit(about(features)["unit"])
    found = predictions(views, by_unit)
    files.write_text(predicted, found.to_csv(index=False, lineterminator="\n"))
    config = {
        **about(features),
        "classes": sorted(set(found["label"])),
        "features": settings.features.model_dump(),
        "preprocess": settings.preprocess.model_dump(),
        "models": keep(models, views, found, by_unit),
    }
    files.write_json(models / CONFIG, config)
    files.write_json(scores, summary(found) | {"kept": reliabilities(models)})


if __name__ == "__main__":
    command.run(main)
