"""Every measure of one set over several draws of its faces; shares of faces over all of them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from depthfaces.metrics.draws import DRAWS, Drawn, fraction, over
from depthfaces.metrics.manifold import density, precision
from depthfaces.metrics.measure import Reference, Values, faithful, measure, memory
from depthfaces.metrics.memory import authentic_share, closest_share
from depthfaces.metrics.sides import TRAIN, VALIDATION, Side
from depthfaces.metrics.undefined import Value, attempt
from depthfaces.schema import Params

if TYPE_CHECKING:
    from depthfaces.metrics.fidelity import Sides

Array = npt.NDArray[Any]
Of = Callable[[Reference, Side], Values]


class Several:
    """Measures of the sets of `sides`, each draw beside another draw of the train faces."""

    def __init__(self, sides: "Sides", params: Params) -> None:
        """Draw the train faces."""
        self.sides, self.params = sides, params
        self.references = sides.references()

    def measured(self, name: str) -> dict[str, Drawn]:
        """Return every measure of a set against held-out people."""
        known = self._over(name, lambda real, fake: measure(real, fake, self.params))
        return with_shares(known, self._shares(self.sides.whole(name)))

    def floors(self) -> dict[str, Drawn]:
        """Return what real train faces score, and of memorisation people who took no part."""
        known = self._over(VALIDATION, lambda real, fake: memory(real, fake.points))
        shares = self._memory_shares(self.sides.whole(VALIDATION).points)
        return self.measured(TRAIN) | with_shares(known, shares)

    def _over(self, name: str, of: Of) -> dict[str, Drawn]:
        times = self.sides.room(name)
        numbers = range(1, DRAWS if fraction(times) == 1 else DRAWS + 1)
        drawn = {number: self.sides.drawn(name, number) for number in numbers}
        again = [
            of(self.references[number % len(self.references)], side)
            for number, side in drawn.items()
            if side is not None
        ]
        return over(of(self.references[0], self.sides.chosen(name)), again, times)

    def _shares(self, fake: Side) -> Values:
        """Return the shares over faces of a whole set: they need no draw."""
        clouds = {"real": self.references[0].held_out.points, "fake": fake.points}
        neighbours = self.params.compare.neighbours
        return {
            "precision": attempt(precision, **clouds, neighbours=neighbours),
            "density": attempt(density, **clouds, neighbours=neighbours),
            "label_share": faithful(fake, self.params.seed)["label_share"],
            **self._memory_shares(fake.points),
        }

    def _memory_shares(self, fake: Array) -> Values:
        """Return the shares of copies; that of the closer ones over all draws of train faces."""
        closest = [
            attempt(
                closest_share, train=real.train.points, held_out=real.held_out.points, fake=fake
            )
            for real in self.references
        ]
        train = self.references[0].all_train
        return {
            "closest_share": mean(closest),
            "authentic_share": attempt(authentic_share, train=train, fake=fake),
        }


def mean(values: list[Value]) -> Value:
    """Return the mean of values, or the first reason why there is none."""
    missing = next((one for one in values if one.value is None), None)
    if missing is not None:
        return missing
    return Value(float(np.mean([one.value for one in values if one.value is not None])))


def with_shares(drawn: dict[str, Drawn], shares: Values) -> dict[str, Drawn]:
    """Return the measures with the values of `shares`; their spread stays that of the draws."""
    new = {name: drawn[name]._replace(value=one.value, reason=one.reason)
           for name, one in shares.items()}  # fmt: skip
    return drawn | new
