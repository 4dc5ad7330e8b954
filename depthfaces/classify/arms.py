"""The arms of the experiment: what each classifier is trained on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from depthfaces.classify.sample import Sample
from depthfaces.features.store import FeatureSet

Array = npt.NDArray[Any]


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


# What is added to real faces, by the name of the arm.
ADDED = {"mixed": "synthetic", "oversampled": "real", "augmented": "augmented"}


def plan(ratios: list[float], generators: list[str]) -> list[Arm]:
    """Return every arm: `generators` are the sets to try beside `synthetic`.

    What is added is tried at each ratio, the controls as well, so that validation may choose for
    both sides. Arms without such a choice stand at the highest ratio.
    """
    most = max(ratios)
    arms = [Arm("real"), Arm("synthetic", real=False, source="synthetic", ratio=1.0)]
    for name, source in ADDED.items():
        arms += [Arm(f"{name}@{ratio:g}", source=source, ratio=ratio) for ratio in ratios]
    arms.append(Arm("shuffled", source="synthetic", ratio=most, shuffled=True))
    for name in generators:
        arms.append(Arm(f"synthetic-{name}", real=False, source=name, ratio=1.0))
        arms.append(Arm(f"mixed-{name}", source=name, ratio=most))
    return arms


def plan_few(ratio: float, fraction: float) -> list[Arm]:
    """Return the arms that are repeated with a `fraction` of the people: real, and what is added.

    As many faces are added as to those of all people at a ratio of 1, but at most `ratio` for each
    real one: synthetic faces cost no people.
    """
    ratio = min(ratio, 1 / fraction)
    added = [Arm(f"{name}@{ratio:g}", source=source, ratio=ratio) for name, source in ADDED.items()]
    return [Arm("real"), *added]


def build(arm: Arm, samples: dict[str, Sample], rng: np.random.Generator) -> Sample:
    """Return what `arm` is trained on; `samples` has the train faces by source, among them real."""
    real = samples["real"]
    parts = [real] if arm.real else []
    if arm.source:
        added = draw(samples[arm.source], arm.ratio * np.bincount(real.y), rng)
        parts.append(Sample(added.x, rng.permutation(added.y)) if arm.shuffled else added)
    return Sample(*(np.concatenate(pieces) for pieces in zip(*parts, strict=True)))


def draw(sample: Sample, counts: Array, rng: np.random.Generator) -> Sample:
    """Return `counts[k]` faces (rounded) of class k; none comes twice before all came once."""
    rows = []
    for number, count in enumerate(np.rint(counts).astype(int)):
        pool = np.flatnonzero(sample.y == number)
        rounds = [rng.permutation(pool) for _ in range(-(-count // len(pool)))]
        rows.append(np.concatenate([*rounds, pool[:0]])[:count])
    chosen = np.concatenate(rows)
    return Sample(sample.x[chosen], sample.y[chosen])


def fewer(
    sets: Mapping[str, FeatureSet], fraction: float, rng: np.random.Generator
) -> dict[str, FeatureSet]:
    """Return the sets with only a share of the real people, and of what was made from their faces.

    People come in a random order, which `rng` fixes, so smaller shares lie inside larger ones; more
    are taken where a class would have no face. A face of nobody known counts as a person.
    """
    real = sets["real"]
    people = owners(real)
    order = rng.permutation(np.unique(people))
    count = max(1, round(fraction * len(order)))
    while set(real.label[np.isin(people, order[:count])]) != set(real.label):
        count += 1
    kept = {
        name: found.pick(np.isin(owners(found), order[:count]))
        for name, found in sets.items()
        if name in {"real", "augmented"}
    }
    return {**sets, **kept}


def owners(found: FeatureSet) -> Array:
    """Return the person of each face; a face of nobody known counts as a person."""
    return np.where(found.subject == "", np.char.add("face ", found.id), found.subject)
