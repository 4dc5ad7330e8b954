"""Measure the generated sets, and answer whether the synthetic one helps."""

from pathlib import Path

from threadpoolctl import threadpool_limits

from depthfaces import command, files, params
from depthfaces.features.store import open_all
from depthfaces.metrics.fidelity import fidelity
from depthfaces.utility.answer import answer
from depthfaces.utility.documents import documents
from depthfaces.utility.experiment import read
from depthfaces.utility.verdict import is_clean


def main(features: Path, predicted: Path, reports: Path) -> None:
    """Write metrics, utility and headline (JSON), for plots compare/metrics.csv and arms.csv."""
    settings = params.load()
    # One thread of linear algebra: sums, and so bytes, are the same on every machine's count.
    with threadpool_limits(1):
        metrics = fidelity(open_all(features), settings)
    clean = is_clean(metrics["sets"]["synthetic"]["authentic_share"], settings.compare)
    found = answer(read(predicted), clean, settings)
    files.write_all(reports, documents(metrics, found))


if __name__ == "__main__":
    command.run(main)
