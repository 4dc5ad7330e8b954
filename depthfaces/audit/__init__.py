"""Arithmetic checks of published tables: what the numbers alone prove impossible."""

from collections.abc import Callable
from typing import Any

from depthfaces.audit.accuracy import check_accuracy
from depthfaces.audit.bounds import check_bounds
from depthfaces.audit.columns import check_columns
from depthfaces.audit.fscore import check_fscore
from depthfaces.audit.mean import check_mean
from depthfaces.audit.support import check_support
from depthfaces.audit.totals import check_totals

# Each check takes one entry of a table file, all scalars as text, and returns its findings.
CHECKS: dict[str, Callable[[dict[str, Any]], list[str]]] = {
    "accuracy": check_accuracy,
    "bounds": check_bounds,
    "columns": check_columns,
    "fscore": check_fscore,
    "mean": check_mean,
    "support": check_support,
    "totals": check_totals,
}
