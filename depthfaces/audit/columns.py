"""Check for equal columns of a rule table: one classifier's score was counted several times."""

from typing import Any


def check_columns(entry: dict[str, Any]) -> list[str]:
    """Check {rows: {name: [column, ...]}}: which columns are set in exactly the same rows."""
    rows = entry["rows"]
    column_names = dict.fromkeys(name for members in rows.values() for name in members)
    columns_by_rows: dict[tuple[str, ...], list[str]] = {}
    for name in column_names:
        columns_by_rows.setdefault(tuple(row for row in rows if name in rows[row]), []).append(name)
    return [
        f"{', '.join(equal_columns)} are one and the same column (set for {', '.join(row_names)})"
        for row_names, equal_columns in columns_by_rows.items()
        if len(equal_columns) > 1
    ]
