"""Arithmetic checks of published tables: what the numbers alone show cannot be."""

from collections.abc import Callable
from typing import Any

from depthfaces.audit.accuracy import accuracy
from depthfaces.audit.bounds import bounds
from depthfaces.audit.columns import columns
from depthfaces.audit.fscore import fscore
from depthfaces.audit.mean import mean
from depthfaces.audit.support import support
from depthfaces.audit.totals import totals

# Each takes one entry of a table file, all scalars as text, and returns its findings in words.
CHECKS: dict[str, Callable[[dict[str, Any]], list[str]]] = {
    "accuracy": accuracy,
    "bounds": bounds,
    "columns": columns,
    "fscore": fscore,
    "mean": mean,
    "support": support,
    "totals": totals,
}
