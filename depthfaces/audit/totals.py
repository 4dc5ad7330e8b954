"""Check of counts by class and split against their totals, and of what was added before."""

from typing import Any


def check_totals(entry: dict[str, Any]) -> list[str]:
    """Check {rows: {class: [part, ..., total]}, total: [...], before: {class: count}, added: n}.

    `before` counts the images before `added` generated ones were added to each class.
    """
    class_rows = {name: [int(cell) for cell in row] for name, row in entry["rows"].items()}
    findings = [
        f"{name}: the parts sum to {sum(row[:-1])}, the total says {row[-1]}"
        for name, row in class_rows.items()
        if sum(row[:-1]) != row[-1]
    ]
    stated_totals = [int(cell) for cell in entry["total"]]
    column_sums = [sum(column) for column in zip(*class_rows.values(), strict=True)]
    for number, (column_sum, stated_total) in enumerate(
        zip(column_sums, stated_totals, strict=True), 1
    ):
        if column_sum != stated_total:
            findings.append(f"column {number} sums to {column_sum}, the total says {stated_total}")
    return findings + mixed_before_split(entry, class_rows)


def mixed_before_split(entry: dict[str, Any], class_rows: dict[str, list[int]]) -> list[str]:
    """Return a finding if the splits were cut from real and generated images together."""
    if "before" not in entry:
        return []
    added, counts_before = int(entry["added"]), {k: int(v) for k, v in entry["before"].items()}
    if any(row[-1] != counts_before[name] + added for name, row in class_rows.items()):
        return []
    test_count = sum(row[-2] for row in class_rows.values())
    generated_count = (
        added * len(class_rows) * test_count / sum(row[-1] for row in class_rows.values())
    )
    return [
        f"each class's splits sum to its count before + {added}: the generated images were added "
        f"before the split, so the test set holds generated images (about {generated_count:.0f} of "
        f"{test_count})"
    ]
