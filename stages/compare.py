"""Measure the generated sets, and answer whether the synthetic one helps."""

from pathlib import Path
from typing import Any

import pandas as pd
from threadpoolctl import threadpool_limits

from depthfaces import command, files, params
from depthfaces.features.store import open_all
from depthfaces.metrics.fidelity import fidelity
from depthfaces.utility.answer import answer
from depthfaces.utility.experiment import read
from depthfaces.utility.verdict import is_clean


def main(features: Path, predicted: Path, figures: Path, verdict: Path, out: Path) -> None:
    """Write FIGURES and VERDICT (JSON), and for plots OUT/metrics.csv and arms.csv."""
    settings = params.load()
    # One thread of linear algebra: sums, and so bytes, are the same on every machine's count.
    with threadpool_limits(1):
        metrics = fidelity(open_all(features), settings)
    clean = is_clean(metrics["sets"]["synthetic"]["authentic_share"], settings.compare)
    found = answer(read(predicted).query("fraction == 1"), clean, settings)
    files.write_json(figures, metrics)
    files.write_json(verdict, found)
    _write_rows(out / "metrics.csv", ("set", "metric"), metrics["sets"])
    _write_rows(out / "arms.csv", ("arm", "model"), found["arms"])


def _write_rows(path: Path, names: tuple[str, str], nested: dict[str, Any]) -> None:
    """Write {a: {b: {column: number}}} as rows a, b, numbers."""
    rows = pd.DataFrame.from_dict(
        {(a, b): numbers for a, part in nested.items() for b, numbers in part.items()}, "index"
    ).drop(columns="to_real", errors="ignore")
    files.write_text(path, rows.to_csv(index_label=names, lineterminator="\n"))


if __name__ == "__main__":
    command.run(main)
