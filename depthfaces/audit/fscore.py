"""Check of F1 against the harmonic mean of precision and recall."""

from fractions import Fraction
from typing import Any

from depthfaces.audit.numbers import parse_number


def check_fscore(entry: dict[str, Any]) -> list[str]:
    """Check {rows: {name: [precision, recall, F1]}} up to rounding."""
    findings = []
    for name, row in entry["rows"].items():
        precision, recall, f1 = (parse_number(text) for text in row)
        low, high = (
            harmonic_mean(precision.low, recall.low),
            harmonic_mean(precision.high, recall.high),
        )
        if f1.high < low or f1.low > high:
            expected_f1 = float(harmonic_mean(precision.value, recall.value))
            findings.append(
                f"F1 of {name} is {f1.text}; precision and recall give {expected_f1:.3f}"
            )
    return findings


def harmonic_mean(a: Fraction, b: Fraction) -> Fraction:
    """Return the harmonic mean, or 0 unless both are above 0."""
    return 2 * a * b / (a + b) if a > 0 and b > 0 else Fraction(0)
