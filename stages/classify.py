"""Train classifiers on real, generated and mixed faces; test each on people it never saw."""

from pathlib import Path

from depthfaces import command, files, params
from depthfaces.classify.protocol import predictions
from depthfaces.classify.scores import summary
from depthfaces.features.store import open_all


def main(features: Path, predicted: Path, scores: Path) -> None:
    """Write PREDICTED (CSV, a row a prediction) and SCORES (JSON, by arm, model, part)."""
    found = predictions(open_all(features), params.load())
    files.write_text(predicted, found.to_csv(index=False, lineterminator="\n"))
    files.write_json(scores, summary(found))


if __name__ == "__main__":
    command.run(main)
