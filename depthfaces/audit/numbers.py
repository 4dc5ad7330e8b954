"""Printed numbers: a value and how far rounding may have moved it."""

from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import NamedTuple

from depthfaces.errors import DataError


class Printed(NamedTuple):
    """A number as it was printed: everything from `low` to `high` is printed so."""

    text: str
    value: Fraction
    half: Fraction

    @property
    def low(self) -> Fraction:
        """Return the least value printed so."""
        return self.value - self.half

    @property
    def high(self) -> Fraction:
        """Return the largest value printed so."""
        return self.value + self.half

    def holds(self, value: Fraction) -> bool:
        """Whether `value` is printed so (rounded either way at the very edge)."""
        return self.low <= value <= self.high


def printed(text: str) -> Printed:
    """Return the number that `text` prints."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise DataError(f"expected a number, found {text!r}") from None
    if not number.is_finite():
        raise DataError(f"expected a finite number, found {text!r}")
    exponent = min(0, int(number.as_tuple().exponent))
    return Printed(text, Fraction(number), Fraction(1, 2 * 10**-exponent))


def percent(value: Fraction) -> str:
    """Return a share as percent with two decimals."""
    return f"{float(100 * value):.2f} %"
