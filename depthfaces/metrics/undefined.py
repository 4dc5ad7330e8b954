"""A metric that has no value says why: never 0, NaN or a crash."""

from collections.abc import Callable
from typing import Any, NamedTuple


class UndefinedError(Exception):
    """The reason why a metric has no value here."""


class Value(NamedTuple):
    """A number, or None with the reason."""

    value: float | None
    reason: str = ""


def attempt(metric: Callable[..., float], **arguments: Any) -> Value:
    """Call `metric`; return its value, or None and its reason."""
    try:
        return Value(float(metric(**arguments)))
    except UndefinedError as error:
        return Value(None, str(error))
