"""F1 against precision and recall: their harmonic mean."""

from fractions import Fraction
from typing import Any

from depthfaces.audit.numbers import printed


def fscore(entry: dict[str, Any]) -> list[str]:
    """Check {rows: {name: [precision, recall, F1]}}, as far as rounding leaves room."""
    found = []
    for name, row in entry["rows"].items():
        precision, recall, f1 = (printed(text) for text in row)
        low, high = harmonic(precision.low, recall.low), harmonic(precision.high, recall.high)
        if f1.high < low or f1.low > high:
            middle = float(harmonic(precision.value, recall.value))
            found.append(f"F1 of {name} is {f1.text}; precision and recall give {middle:.3f}")
    return found


def harmonic(a: Fraction, b: Fraction) -> Fraction:
    """Return the harmonic mean; 0 where either is not above 0."""
    return 2 * a * b / (a + b) if a > 0 and b > 0 else Fraction(0)
