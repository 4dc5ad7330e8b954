"""How different the faces of one class are from each other."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import pdist

from depthfaces.metrics.undefined import UndefinedError

Array = npt.NDArray[Any]


def diversity(*, points: Array, label: Array) -> float:
    """Return the mean distance of two faces of a class, mean over classes; 0 = one face each."""
    means = [pdist(points[label == name]) for name in sorted(set(label))]
    if not all(len(distances) for distances in means):
        raise UndefinedError("needs 2 faces of each class")
    return float(np.mean([distances.mean() for distances in means]))
