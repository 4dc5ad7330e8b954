"""Printed numbers: a value and how far rounding may have moved it."""

from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import NamedTuple

from depthfaces.errors import DataError


class PrintedNumber(NamedTuple):
    """A printed number: everything from `low` to `high` prints as `text`."""

    text: str
    value: Fraction
    half_unit: Fraction

    @property
    def low(self) -> Fraction:
        """Return the least value that prints as `text`."""
        return self.value - self.half_unit

    @property
    def high(self) -> Fraction:
        """Return the largest value that prints as `text`."""
        return self.value + self.half_unit

    def holds(self, value: Fraction) -> bool:
        """Return whether `value` prints as `text` (rounded either way at the very edge)."""
        return self.low <= value <= self.high


def parse_number(text: str) -> PrintedNumber:
    """Parse a printed number."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise DataError(f"expected a number, found {text!r}") from None
    if not number.is_finite():
        raise DataError(f"expected a finite number, found {text!r}")
    exponent = min(0, int(number.as_tuple().exponent))
    return PrintedNumber(text, Fraction(number), Fraction(1, 2 * 10**-exponent))


def percent(value: Fraction) -> str:
    """Return a share as percent with two decimals."""
    return f"{float(100 * value):.2f} %"
