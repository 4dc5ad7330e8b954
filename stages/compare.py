"""Measure the generated sets, and answer whether the synthetic one helps."""

import sys
from pathlib import Path

from depthfaces import command, comparison, files, params


def main(data: Path, reports: Path) -> None:
    """Write DATA/points; metrics, verdict and headline (JSON); REPORTS/compare (CSV, for plots)."""
    settings = params.load()
    inputs = comparison.Inputs.open(data)
    sides, vectors = comparison.measured(inputs, settings)
    comparison.write_vectors(data / "points", vectors)
    found = comparison.compare(inputs, sides, vectors, settings)
    files.write_all(reports, found)
    if test := found["metrics.json"].get("selftest"):
        wrong = [f"{m['metric']} ({m['fault']})" for m in test["moves"] if m["moved"] is False]
        sys.stderr.write(f"self-test: {test['passed']} of {test['asked']} moved the right way")
        sys.stderr.write(f"; not: {', '.join(wrong)}\n" if wrong else "\n")


if __name__ == "__main__":
    command.run(main)
