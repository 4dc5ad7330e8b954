"""Means of columns against the values that they are of, plain or weighted by counts."""

from fractions import Fraction
from typing import Any

from depthfaces.audit.numbers import Printed, printed


def mean(entry: dict[str, Any]) -> list[str]:
    """Check {columns: {name: [value, ...]}, means: {name: mean}, weights: [count, ...] or absent}.

    A dash stands for no value.
    """
    found = []
    for name, column in entry["columns"].items():
        weights = [int(weight) for weight in entry.get("weights", ["1"] * len(column))]
        pairs = zip(column, weights, strict=True)
        known = [(printed(text), weight) for text, weight in pairs if text not in {"-", "–", "—"}]
        # A 1 among numbers of three decimals is 1.000.
        half = min(value.half for value, _ in known)
        known = [(value._replace(half=half), weight) for value, weight in known]
        stated = printed(entry["means"][name])
        low, middle, high = (of(known, edge) for edge in ("low", "value", "high"))
        if stated.high < low or stated.low > high:
            digits = max(3, len(stated.text.partition(".")[2]))
            found.append(f"mean of {name} is {float(middle):.{digits}f}, not {stated.text}")
    return found


def of(values: list[tuple[Printed, int]], edge: str) -> Fraction:
    """Return the weighted mean of one edge of all values."""
    total = sum(weight for _, weight in values)
    return sum((getattr(value, edge) * weight for value, weight in values), Fraction(0)) / total
