"""What the comparison leaves on disk: long results, a short one, and tables for plots."""

from typing import Any

import pandas as pd

from depthfaces.verdict.headline import headline


def documents(metrics: dict[str, Any], verdict: dict[str, Any]) -> dict[str, Any]:
    """Return {path below reports/: content}: values for .json, text for .csv."""
    return {
        "metrics.json": metrics,
        "verdict.json": verdict,
        "headline.json": headline(verdict, metrics),
        "compare/metrics.csv": table(("set", "metric"), metrics["sets"]),
        "compare/arms.csv": table(("arm", "model"), verdict["arms"]),
    }


def table(names: tuple[str, str], nested: dict[str, Any]) -> str:
    """Return {a: {b: {column: number}}} as CSV with the rows a, b, numbers."""
    rows = pd.DataFrame.from_dict(
        {(a, b): numbers for a, part in nested.items() for b, numbers in part.items()}, "index"
    ).drop(columns=["runs"], errors="ignore")
    return str(rows.to_csv(index_label=names, lineterminator="\n"))
