"""Counts by class and split against their totals, and what was added before the split."""

from typing import Any


def totals(entry: dict[str, Any]) -> list[str]:
    """Check {rows: {class: [part, ..., total]}, total: [...], before: {class: count}, added: n}.

    `before` is how many there were before `added` generated ones came to each class.
    """
    rows = {name: [int(cell) for cell in row] for name, row in entry["rows"].items()}
    found = [
        f"{name}: the parts sum to {sum(row[:-1])}, the total says {row[-1]}"
        for name, row in rows.items()
        if sum(row[:-1]) != row[-1]
    ]
    stated = [int(cell) for cell in entry["total"]]
    sums = [sum(column) for column in zip(*rows.values(), strict=True)]
    for number, (mine, theirs) in enumerate(zip(sums, stated, strict=True), 1):
        if mine != theirs:
            found.append(f"column {number} sums to {mine}, the total says {theirs}")
    return found + mixed(entry, rows)


def mixed(entry: dict[str, Any], rows: dict[str, list[int]]) -> list[str]:
    """Return whether every split was cut from real and generated images together."""
    if "before" not in entry:
        return []
    added, before = int(entry["added"]), {k: int(v) for k, v in entry["before"].items()}
    if any(row[-1] != before[name] + added for name, row in rows.items()):
        return []
    tested = sum(row[-2] for row in rows.values())
    generated = added * len(rows) * tested / sum(row[-1] for row in rows.values())
    return [
        f"each class's splits sum to its count before + {added}: the generated images were added "
        f"before the split, so the test set holds generated images (about {generated:.0f} of "
        f"{tested})"
    ]
