"""The nets that come with the package, as teachers: they never met the people of this run."""

from collections.abc import Sequence
from typing import Self

import numpy as np
import torch

from depthfaces import shipped
from depthfaces.classify.calibration import class_margins
from depthfaces.classify.fused import shipped_nets
from depthfaces.evolve.search import Array
from depthfaces.features.pixels import reduce
from depthfaces.schema import Preprocess


class Package:
    """A recogniser of some of the emotions that the package's nets know."""

    def __init__(self, classes: Sequence[str]) -> None:
        self.columns = [shipped_nets().classes.index(name) for name in classes]

    @classmethod
    def of(cls, classes: Sequence[str], unit: str, preprocess: Preprocess) -> Self | None:
        """Return the teacher of `classes`; None where it does not know them, or such faces.

        `unit` and `preprocess` say what faces look like: mm or relative, and how they are cut out.
        """
        looks = {"unit": unit, "preprocess": preprocess.model_dump()}
        known = set(classes) <= set(shipped_nets().classes)
        return cls(classes) if known and not shipped.difference(looks, shipped.LIKE) else None

    def log_probability(self, faces: Array) -> Array:
        """Return log p(emotion | face), (n, classes), if it is one of these emotions."""
        net, calibrator, _ = shipped_nets()
        threads = torch.get_num_threads()
        try:
            scores = class_margins(net, reduce(np.asarray(faces), net.shape.side))
        finally:
            torch.set_num_threads(threads)  # the net takes one: the generator's bits hang on them
        probabilities = calibrator.probabilities(scores)[:, self.columns]
        return np.asarray(np.log(probabilities / probabilities.sum(axis=1, keepdims=True)))
