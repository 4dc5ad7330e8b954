"""Every metric of one set over several draws of its faces; shares of faces over all of them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from depthfaces.metrics.draws import DRAW_COUNT, DrawnValue, draw_fraction, summarise_draws
from depthfaces.metrics.manifold import density, precision
from depthfaces.metrics.measure import (
    MetricValues,
    Reference,
    label_metrics,
    measure_side,
    memory_metrics,
)
from depthfaces.metrics.memory import authentic_share, closest_share
from depthfaces.metrics.sides import TRAIN, VALIDATION, Side
from depthfaces.metrics.undefined import Value, attempt
from depthfaces.schema import Params

if TYPE_CHECKING:
    from depthfaces.metrics.fidelity import Sides

Array = npt.NDArray[Any]
MeasureFunction = Callable[[Reference, Side], MetricValues]


class RepeatedMeasures:
    """Metrics of the sets of `sides`, each draw beside another draw of the train faces."""

    def __init__(self, sides: "Sides", params: Params) -> None:
        """Draw the train faces."""
        self.sides, self.params = sides, params
        self.references = sides.draw_references()

    def measured_values(self, name: str) -> dict[str, DrawnValue]:
        """Return every metric of a set against held-out people."""
        drawn = self._over_draws(name, lambda real, fake: measure_side(real, fake, self.params))
        return with_shares(drawn, self._whole_set_shares(self.sides.largest_side(name)))

    def floor_values(self) -> dict[str, DrawnValue]:
        """Return the scores of real train faces; for memorisation, of people who took no part."""
        drawn = self._over_draws(VALIDATION, lambda real, fake: memory_metrics(real, fake.points))
        copy_shares = self._memory_shares(self.sides.largest_side(VALIDATION).points)
        return self.measured_values(TRAIN) | with_shares(drawn, copy_shares)

    def _over_draws(self, name: str, measure_function: MeasureFunction) -> dict[str, DrawnValue]:
        capacity = self.sides.capacity_ratio(name)
        draw_numbers = range(1, DRAW_COUNT if draw_fraction(capacity) == 1 else DRAW_COUNT + 1)
        drawn_sides = {number: self.sides.draw_side(name, number) for number in draw_numbers}
        draw_values = [
            measure_function(self.references[number % len(self.references)], side)
            for number, side in drawn_sides.items()
            if side is not None
        ]
        return summarise_draws(
            measure_function(self.references[0], self.sides.compared_side(name)),
            draw_values,
            capacity,
        )

    def _whole_set_shares(self, fake_side: Side) -> MetricValues:
        """Return the metrics that are shares of faces, over the whole set: they need no draws."""
        clouds = {"real": self.references[0].held_out.points, "fake": fake_side.points}
        neighbours = self.params.compare.neighbours
        return {
            "precision": attempt(precision, **clouds, neighbours=neighbours),
            "density": attempt(density, **clouds, neighbours=neighbours),
            "label_share": label_metrics(fake_side, self.params.seed)["label_share"],
            **self._memory_shares(fake_side.points),
        }

    def _memory_shares(self, fake_points: Array) -> MetricValues:
        """Return the shares of copies; the closest share is a mean over draws of train faces."""
        closest_shares = [
            attempt(
                closest_share,
                train=reference.train.points,
                held_out=reference.held_out.points,
                fake=fake_points,
            )
            for reference in self.references
        ]
        train_points = self.references[0].all_train
        return {
            "closest_share": mean_value(closest_shares),
            "authentic_share": attempt(authentic_share, train=train_points, fake=fake_points),
        }


def mean_value(values: list[Value]) -> Value:
    """Return the mean of `values`, or the first reason why there is none."""
    first_missing = next((value for value in values if value.value is None), None)
    if first_missing is not None:
        return first_missing
    return Value(float(np.mean([value.value for value in values if value.value is not None])))


def with_shares(drawn: dict[str, DrawnValue], shares: MetricValues) -> dict[str, DrawnValue]:
    """Return `drawn` with the values of `shares`; the spread stays that of the draws."""
    replaced = {name: drawn[name]._replace(value=share.value, reason=share.reason)
           for name, share in shares.items()}  # fmt: skip
    return drawn | replaced
