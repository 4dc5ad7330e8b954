"""Result files of the comparison: the long documents, the headline, and tables for plots."""

from typing import Any

import pandas as pd

from depthfaces.verdict.headline import headline


def documents(metrics: dict[str, Any], verdict: dict[str, Any]) -> dict[str, Any]:
    """Return {path below reports/: content}: values for .json, text for .csv."""
    return {
        "metrics.json": metrics,
        "verdict.json": verdict,
        "headline.json": headline(verdict, metrics),
        "compare/metrics.csv": nested_csv(("set", "metric"), metrics["sets"]),
        "compare/arms.csv": nested_csv(("arm", "model"), verdict["arms"]),
    }


def nested_csv(index_names: tuple[str, str], nested: dict[str, Any]) -> str:
    """Return {outer: {inner: {column: number}}} as CSV, one row per outer and inner key."""
    long_table = pd.DataFrame.from_dict(
        {
            (outer_key, inner_key): numbers
            for outer_key, inner_values in nested.items()
            for inner_key, numbers in inner_values.items()
        },
        "index",
    ).drop(columns=["runs"], errors="ignore")
    return str(long_table.to_csv(index_label=index_names, lineterminator="\n"))
