"""Check of column means against the values, plain or weighted by counts."""

from fractions import Fraction
from typing import Any

from depthfaces.audit.numbers import PrintedNumber, parse_number


def check_mean(entry: dict[str, Any]) -> list[str]:
    """Check {columns: {name: [value, ...]}, means: {name: mean}, weights: [count, ...] or absent}.

    A dash marks a missing value.
    """
    findings = []
    for name, column in entry["columns"].items():
        weights = [int(weight) for weight in entry.get("weights", ["1"] * len(column))]
        pairs = zip(column, weights, strict=True)
        weighted_values = [
            (parse_number(text), weight) for text, weight in pairs if text not in {"-", "–", "—"}
        ]
        # A 1 among numbers of three decimals is 1.000.
        half_unit = min(value.half_unit for value, _ in weighted_values)
        weighted_values = [
            (value._replace(half_unit=half_unit), weight) for value, weight in weighted_values
        ]
        stated_mean = parse_number(entry["means"][name])
        low, true_mean, high = (
            weighted_mean(weighted_values, edge) for edge in ("low", "value", "high")
        )
        if stated_mean.high < low or stated_mean.low > high:
            digits = max(3, len(stated_mean.text.partition(".")[2]))
            findings.append(
                f"mean of {name} is {float(true_mean):.{digits}f}, not {stated_mean.text}"
            )
    return findings


def weighted_mean(weighted_values: list[tuple[PrintedNumber, int]], edge: str) -> Fraction:
    """Return the weighted mean of the `edge` (low, value or high) of all values."""
    total = sum(weight for _, weight in weighted_values)
    return (
        sum((getattr(value, edge) * weight for value, weight in weighted_values), Fraction(0))
        / total
    )
