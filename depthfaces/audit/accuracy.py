"""Accuracies against test sizes: a share of n faces is k / n for a whole k."""

from fractions import Fraction
from typing import Any

from scipy.stats import binom, fisher_exact

from depthfaces.audit.numbers import Printed, printed

LARGEST = 2000  # test sizes tried where none is stated
# Of a size's fit being chance, over all sizes tried, above which it is not believed.
CHANCE = 1e-4
ALPHA = 0.05


def accuracy(entry: dict[str, Any]) -> list[str]:
    """Check {values: {name: percent}, size: n or absent, claims: [[better, worse], ...]}.

    Without a stated size the one is taken that fits the values best beyond chance.
    """
    values = {name: printed(text) for name, text in entry["values"].items()}
    size = int(entry["size"]) if "size" in entry else None
    found: list[str] = []
    if size is None:
        size, found = guessed(values)
    if size is None:
        return found
    misfits = [name for name, value in values.items() if hits(value, size) is None]
    if misfits:
        names = ", ".join(f"{values[name].text} ({name})" for name in misfits)
        fits = f"{len(values) - len(misfits)} of {len(values)} accuracies fit a test set of {size}"
        found.append(f"{fits}; impossible there: {names}")
    return found + claims(entry.get("claims", []), values, size)


def guessed(values: dict[str, Printed]) -> tuple[int | None, list[str]]:
    """Return the test size that the values point to, and what to say about it."""
    chances = {size: chance(list(values.values()), size) for size in range(2, LARGEST + 1)}
    best = min(chances, key=lambda size: (chances[size], size))
    if chances[best] * len(chances) < CHANCE:
        return best, [f"no test size is stated; the accuracies point to {best}"]
    whole = [size for size in chances if all(hits(v, size) is not None for v in values.values())]
    if not whole:
        return None, [f"no test size is stated, and none up to {LARGEST} fits all accuracies"]
    return whole[0], [
        f"no test size is stated; the smallest that fits all accuracies is {whole[0]}"
    ]


def chance(values: list[Printed], size: int) -> float:
    """Return the chance that as many random percentages fit `size` as these do."""
    fitting = sum(hits(value, size) is not None for value in values)
    one = min(1.0, (size + 1) * float(2 * values[0].half) / 100)
    return float(binom.sf(fitting - 1, len(values), one))


def hits(value: Printed, size: int) -> int | None:
    """Return the whole number of right answers of `size` that is printed so, or None."""
    nearest = round(value.value * size / 100)
    return nearest if value.holds(Fraction(100 * nearest, size)) else None


def claims(pairs: list[list[str]], values: dict[str, Printed], size: int) -> list[str]:
    """Return which claimed improvements may be chance (Fisher's exact test)."""
    found = []
    for better, worse in pairs:
        a, b = (hits(values[name], size) for name in (better, worse))
        if a is None or b is None:
            continue
        p = float(fisher_exact([[a, size - a], [b, size - b]]).pvalue)
        if p >= ALPHA:
            found.append(f"{better} against {worse}: {a} against {b} of {size}, p = {p:.3f}")
    return found
