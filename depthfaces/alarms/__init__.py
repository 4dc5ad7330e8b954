"""Alarms: what must stop a verdict, because the synthetic set is not what it claims to be.

`ring` looks for copies of real faces, for a set that leans towards train or held-out people, for
one that is better than real people are, for labels that contradict the faces, and for classes whose
faces are all alike. What it expects is measured on the real people themselves.
"""

from depthfaces import seeding
from depthfaces.alarms.alarm import Alarm, document, sentences
from depthfaces.alarms.alike import variety_alarms
from depthfaces.alarms.copied import Limit, copy_alarms, limit, sides
from depthfaces.alarms.fidelity import fidelity_alarms
from depthfaces.alarms.labels import label_alarms
from depthfaces.alarms.memory import memory_alarms
from depthfaces.alarms.people import Part, Real, some

__all__ = ["Alarm", "Bell", "Part", "Real", "document", "ring", "sentences"]


class Bell:
    """The alarms for synthetic sets of the same `real` people, of whom all is measured once."""

    def __init__(self, real: Real, neighbours: int, seed: int) -> None:
        """Measure what real people give; `neighbours` is that of the coverage."""
        rng = seeding.stream(seed, "alarms", "real")
        self.real, self.neighbours, self.seed = real, neighbours, seed
        self.some = Real(*(some(part, rng) for part in real))
        self.limits: dict[str, Limit] = {}
        if real.train.images is not None:
            self.limits = {name: limit(real, side, seed) for name, side in sides(real).items()}

    def __call__(self, fake: Part) -> list[Alarm]:
        """Return the alarms that `fake` sets off; none for an honest set, however poor.

        Without images only points and labels are looked at.
        """
        few = some(fake, seeding.stream(self.seed, "alarms", "synthetic"))
        alarms = memory_alarms(self.some, few, self.seed)
        alarms += fidelity_alarms(self.some, few, self.neighbours, self.seed)
        alarms += label_alarms(self.some, few, self.seed)
        if fake.images is not None and self.limits:
            alarms += copy_alarms(self.real, few, self.limits)
            alarms += variety_alarms(self.some, few)
        return alarms


def ring(real: Real, fake: Part, neighbours: int, seed: int) -> list[Alarm]:
    """Return the alarms that the set `fake` sets off beside `real` people."""
    return Bell(real, neighbours, seed)(fake)
