"""Alarms: findings that stop a verdict, because the synthetic set is not what it claims to be.

`ring` looks for copies of real faces, for a set that leans towards train or held-out people, for
one that is better than real people are, for labels that contradict the faces, and for classes whose
faces are all alike. Expected ranges are measured on the real people themselves.
"""

from depthfaces import seeding
from depthfaces.alarms.alarm import Alarm, document, sentences
from depthfaces.alarms.alike import variety_alarms
from depthfaces.alarms.copied import CopyLimit, copy_alarms, copy_limit, copy_sources
from depthfaces.alarms.fidelity import fidelity_alarms
from depthfaces.alarms.labels import label_alarms
from depthfaces.alarms.memory import memory_alarms
from depthfaces.alarms.people import FaceSample, RealPeople, sample_faces

__all__ = ["Alarm", "AlarmChecker", "FaceSample", "RealPeople", "document", "ring", "sentences"]


class AlarmChecker:
    """Checks synthetic sets against the same `real` people, who are measured only once."""

    def __init__(self, real: RealPeople, neighbours: int, seed: int) -> None:
        """Measure the real people; `neighbours` is the parameter of the coverage."""
        rng = seeding.stream(seed, "alarms", "real")
        self.real, self.neighbours, self.seed = real, neighbours, seed
        self.sampled_real = RealPeople(*(sample_faces(split_faces, rng) for split_faces in real))
        self.copy_limits: dict[str, CopyLimit] = {}
        if real.train.images is not None:
            self.copy_limits = {
                name: copy_limit(real, side, seed) for name, side in copy_sources(real).items()
            }

    def __call__(self, fake: FaceSample) -> list[Alarm]:
        """Return the alarms that `fake` sets off; none for an honest set, however poor.

        Without images only points and labels are checked.
        """
        sampled_fake = sample_faces(fake, seeding.stream(self.seed, "alarms", "synthetic"))
        alarms = memory_alarms(self.sampled_real, sampled_fake, self.seed)
        alarms += fidelity_alarms(self.sampled_real, sampled_fake, self.neighbours, self.seed)
        alarms += label_alarms(self.sampled_real, sampled_fake, self.seed)
        if fake.images is not None and self.copy_limits:
            alarms += copy_alarms(self.real, sampled_fake, self.copy_limits)
            alarms += variety_alarms(self.sampled_real, sampled_fake)
        return alarms


def ring(real: RealPeople, fake: FaceSample, neighbours: int, seed: int) -> list[Alarm]:
    """Return the alarms that the set `fake` sets off beside `real` people."""
    return AlarmChecker(real, neighbours, seed)(fake)
