"""What all generated sets share: names that are safe for files, and the first columns of a row."""

import re
from collections.abc import Sequence
from itertools import chain, count
from typing import Any


def safe_names(labels: Sequence[str]) -> list[str]:
    """Return one plain folder name a label: the label itself where it is safe everywhere.

    Other characters become "_"; names that are empty, or equal but for upper case, get a number.
    """
    names: list[str] = []
    for label in labels:
        base = re.sub(r"[^A-Za-z0-9_-]+", "_", label)[:60].strip("_-") or "class"
        taken = {name.lower() for name in names}
        choices = chain([base], (f"{base}_{number}" for number in count(2)))
        names.append(next(name for name in choices if name.lower() not in taken))
    return names


def row(identity: str, label: str, method: str, unit: str) -> dict[str, Any]:
    """Return what metadata.csv says of any generated face; it is no subject's and in no split."""
    return {
        "file_name": "",
        "id": identity,
        "label": label,
        "subject": "",
        "group": "",
        "split": "synthetic",
        "source": "generated",
        "unit": unit,
        "method": method,
    }
