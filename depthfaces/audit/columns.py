"""Columns of a rule table that say the same: one classifier's score was counted several times."""

from typing import Any


def columns(entry: dict[str, Any]) -> list[str]:
    """Check {rows: {name: [column, ...]}}: which columns are set in exactly the same rows."""
    rows = entry["rows"]
    names = dict.fromkeys(name for members in rows.values() for name in members)
    patterns: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        patterns.setdefault(tuple(row for row in rows if name in rows[row]), []).append(name)
    return [
        f"{', '.join(same)} are one and the same column (set for {', '.join(where)})"
        for where, same in patterns.items()
        if len(same) > 1
    ]
