"""Accuracies against test sizes: a share of n faces is k / n for a whole k."""

from fractions import Fraction
from typing import Any

from scipy.stats import binom, fisher_exact

from depthfaces.audit.numbers import PrintedNumber, parse_number

MAX_TEST_SIZE = 2000  # test sizes tried where none is stated
# Probability of a chance fit, over all sizes tried, above which a size is not believed.
MAX_CHANCE = 1e-4
ALPHA = 0.05


def check_accuracy(entry: dict[str, Any]) -> list[str]:
    """Check {values: {name: percent}, size: n or absent, claims: [[better, worse], ...]}.

    Without a stated size, the size that fits the values best beyond chance is used.
    """
    values = {name: parse_number(text) for name, text in entry["values"].items()}
    size = int(entry["size"]) if "size" in entry else None
    findings: list[str] = []
    if size is None:
        size, findings = guess_test_size(values)
    if size is None:
        return findings
    misfits = [name for name, value in values.items() if correct_count(value, size) is None]
    if misfits:
        names = ", ".join(f"{values[name].text} ({name})" for name in misfits)
        fits = f"{len(values) - len(misfits)} of {len(values)} accuracies fit a test set of {size}"
        findings.append(f"{fits}; impossible there: {names}")
    return findings + doubtful_claims(entry.get("claims", []), values, size)


def guess_test_size(values: dict[str, PrintedNumber]) -> tuple[int | None, list[str]]:
    """Return the test size that the values point to, with a finding about it."""
    chance_by_size = {
        size: chance_of_fit(list(values.values()), size) for size in range(2, MAX_TEST_SIZE + 1)
    }
    best_size = min(chance_by_size, key=lambda size: (chance_by_size[size], size))
    if chance_by_size[best_size] * len(chance_by_size) < MAX_CHANCE:
        return best_size, [f"no test size is stated; the accuracies point to {best_size}"]
    fitting_sizes = [
        size
        for size in chance_by_size
        if all(correct_count(v, size) is not None for v in values.values())
    ]
    if not fitting_sizes:
        return None, [f"no test size is stated, and none up to {MAX_TEST_SIZE} fits all accuracies"]
    return fitting_sizes[0], [
        f"no test size is stated; the smallest that fits all accuracies is {fitting_sizes[0]}"
    ]


def chance_of_fit(values: list[PrintedNumber], test_size: int) -> float:
    """Return the probability that as many random percentages fit `test_size` as these do."""
    fit_count = sum(correct_count(value, test_size) is not None for value in values)
    single_chance = min(1.0, (test_size + 1) * float(2 * values[0].half_unit) / 100)
    return float(binom.sf(fit_count - 1, len(values), single_chance))


def correct_count(printed: PrintedNumber, test_size: int) -> int | None:
    """Return the number of correct answers out of `test_size` that prints as `printed`, or None."""
    nearest_count = round(printed.value * test_size / 100)
    return nearest_count if printed.holds(Fraction(100 * nearest_count, test_size)) else None


def doubtful_claims(
    pairs: list[list[str]], values: dict[str, PrintedNumber], test_size: int
) -> list[str]:
    """Return which claimed improvements may be chance (Fisher's exact test)."""
    findings = []
    for better, worse in pairs:
        better_count, worse_count = (
            correct_count(values[name], test_size) for name in (better, worse)
        )
        if better_count is None or worse_count is None:
            continue
        p = float(
            fisher_exact(
                [[better_count, test_size - better_count], [worse_count, test_size - worse_count]]
            ).pvalue
        )
        if p >= ALPHA:
            findings.append(
                f"{better} against {worse}: {better_count} against {worse_count} of {test_size}, "
                f"p = {p:.3f}"
            )
    return findings
