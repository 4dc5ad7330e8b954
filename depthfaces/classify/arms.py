"""Which arms there are, and the faces that each is trained on."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from depthfaces.classify.sample import Sample
from depthfaces.features.store import FeatureSet
from depthfaces.verdict.arm import (
    ADDED,
    ALONE,
    AUGMENTED,
    CONTROL,
    POSED,
    REAL,
    REPEATED,
    SHUFFLED,
    SYNTHETIC,
    TOPPED,
    Arm,
)

Array = npt.NDArray[np.intp]
# Sets that were made from real train faces by classical means.
CHANGED = (AUGMENTED, POSED)


def plan(doses: list[float], known: Mapping[str, FeatureSet]) -> list[Arm]:
    """Return every arm of all people; `known` are the sets there are, by name.

    Controls and synthetic faces get the same doses; the other generators the smallest.
    """
    first = min(doses)
    arms = plan_few(doses, known)
    arms += [Arm(SHUFFLED, SYNTHETIC, max(doses)), Arm(ALONE, SYNTHETIC, 1.0)]
    for name in sorted(set(known) - {REAL, SYNTHETIC, *CHANGED}):
        arms += [Arm(ALONE, name, 1.0), Arm(TOPPED, name, first)]
    return arms


def plan_few(doses: list[float], known: Mapping[str, FeatureSet]) -> list[Arm]:
    """Return the arms that are repeated with fewer people."""
    return [Arm(REAL), *controls(doses, known), *synthetic(doses)]


def controls(doses: list[float], known: Mapping[str, FeatureSet]) -> list[Arm]:
    """Return the arms that synthetic faces have to beat."""
    sources = [REPEATED, *(name for name in CHANGED if name in known)]
    return [Arm(CONTROL, source, dose) for source in sources for dose in doses]


def synthetic(doses: list[float]) -> list[Arm]:
    """Return the arms with synthetic faces: beside real ones, and on top of augmented ones."""
    return [Arm(kind, SYNTHETIC, dose) for kind in (ADDED, TOPPED) for dose in doses]


def sources(arm: Arm) -> list[str]:
    """Return the names of the sets that `arm` is made of, beside the real one."""
    added = [] if arm.source in {"", REPEATED} else [arm.source]
    return [AUGMENTED, *added] if arm.kind == TOPPED else added


def build(arm: Arm, base: float, samples: Mapping[str, Sample], rng: np.random.Generator) -> Sample:
    """Return what `arm` is trained on; `samples` has the train faces by set, among them real.

    `base` is the dose of augmented faces that a topped arm stands on.
    """
    real = samples[REAL]
    counts = np.bincount(real.y)
    parts = [real] if arm.has_real else []
    if arm.kind == TOPPED:
        parts.append(draw(samples[AUGMENTED], base * counts, rng))
    if arm.source:
        source = REAL if arm.source == REPEATED else arm.source
        added = draw(samples[source], arm.dose * counts, rng)
        shuffled = Sample(added.x, rng.permutation(added.y))
        parts.append(shuffled if arm.kind == SHUFFLED else added)
    return Sample(*(np.concatenate(pieces) for pieces in zip(*parts, strict=True)))


def draw(sample: Sample, counts: npt.NDArray[np.floating], rng: np.random.Generator) -> Sample:
    """Return `counts[k]` faces (rounded) of class k; none comes twice before all came once."""
    rows = []
    for number, count in enumerate(np.rint(counts).astype(int)):
        pool = np.flatnonzero(sample.y == number)
        rounds = [rng.permutation(pool) for _ in range(-(-count // len(pool)))]
        rows.append(np.concatenate([*rounds, pool[:0]])[:count])
    chosen = np.concatenate(rows)
    return Sample(sample.x[chosen], sample.y[chosen])


def fewer(
    sets: Mapping[str, FeatureSet], count: int, rng: np.random.Generator
) -> dict[str, FeatureSet]:
    """Return the sets with only `count` real people, and what was made from their faces.

    People come in a random order, which `rng` fixes, so fewer lie inside more; more are taken
    where a class would have no face.
    """
    real = sets[REAL]
    people = real.people()
    order = rng.permutation(np.unique(people))
    while set(real.label[np.isin(people, order[:count])]) != set(real.label):
        count += 1
    kept = {
        name: found.pick(np.isin(found.people(), order[:count]))
        for name, found in sets.items()
        if name in {REAL, *CHANGED}
    }
    return {**sets, **kept}
