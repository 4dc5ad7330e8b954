"""What a classifier is fitted on."""

from typing import Any, NamedTuple

import numpy.typing as npt


class Sample(NamedTuple):
    """Features `x` (n, D) and class numbers `y` (n,) in 0..k-1."""

    x: npt.NDArray[Any]
    y: npt.NDArray[Any]
