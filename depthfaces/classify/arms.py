"""The arms of the experiment: what each classifier is trained on."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from depthfaces.classify.sample import Sample


@dataclass(frozen=True)
class Arm:
    """Real train faces (where `real`) and `ratio` faces of `source` for each of them.

    `shuffled` gives the added faces each other's labels: what they still add is not knowledge.
    """

    name: str
    real: bool = True
    source: str = ""
    ratio: float = 0.0
    shuffled: bool = False


def plan(ratios: list[float], generators: list[str]) -> list[Arm]:
    """Return every arm: `generators` are the sets to try beside `synthetic`.

    What is added is tried at each ratio, the controls as well, so that validation may choose for
    both sides. Arms without such a choice stand at the highest ratio.
    """
    most = max(ratios)
    arms = [Arm("real"), Arm("synthetic", real=False, source="synthetic", ratio=1.0)]
    for name, source in (("mixed", "synthetic"), ("oversampled", "real"), ("augmented",) * 2):
        arms += [Arm(f"{name}@{ratio:g}", source=source, ratio=ratio) for ratio in ratios]
    arms.append(Arm("shuffled", source="synthetic", ratio=most, shuffled=True))
    return arms + [Arm(f"mixed-{name}", source=name, ratio=most) for name in generators]


def build(arm: Arm, samples: dict[str, Sample], rng: np.random.Generator) -> Sample:
    """Return what `arm` is trained on; `samples` has the train faces by source, among them real."""
    real = samples["real"]
    parts = [real] if arm.real else []
    if arm.source:
        added = draw(samples[arm.source], arm.ratio * np.bincount(real.y), rng)
        parts.append(Sample(added.x, rng.permutation(added.y)) if arm.shuffled else added)
    return Sample(*(np.concatenate(pieces) for pieces in zip(*parts, strict=True)))


def draw(sample: Sample, counts: npt.NDArray[Any], rng: np.random.Generator) -> Sample:
    """Return `counts[k]` faces (rounded) of class k; none comes twice before all came once."""
    rows = []
    for number, count in enumerate(np.rint(counts).astype(int)):
        pool = np.flatnonzero(sample.y == number)
        rounds = [rng.permutation(pool) for _ in range(-(-count // len(pool)))]
        rows.append(np.concatenate([*rounds, pool[:0]])[:count])
    chosen = np.concatenate(rows)
    return Sample(sample.x[chosen], sample.y[chosen])
