"""Which arms there are, and the faces that each is trained on."""

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from depthfaces.classify.sample import Sample, join
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
    """Return every arm; `known` are the sets there are, by name.

    Controls and synthetic faces get the same doses; the other generators the smallest.
    """
    first, others = min(doses), sorted(set(known) - {REAL, SYNTHETIC, *CHANGED})
    arms = [Arm(REAL), *controls(doses, known)]
    arms += [Arm(kind, SYNTHETIC, dose) for kind in (ADDED, TOPPED) for dose in doses]
    arms += [Arm(SHUFFLED, SYNTHETIC, max(doses)), Arm(ALONE, SYNTHETIC, 1.0)]
    for name in others:
        arms += [Arm(ALONE, name, 1.0), Arm(TOPPED, name, first)]
    return arms


def controls(doses: list[float], known: Iterable[str]) -> list[Arm]:
    """Return the arms that synthetic faces have to beat; `known` names the sets there are."""
    sources = [REPEATED, *(name for name in CHANGED if name in known)]
    return [Arm(CONTROL, source, dose) for source in sources for dose in doses]


def base(dose: float, known: Iterable[str]) -> Arm:
    """Return the control that topped arms stand on: augmented in 3-D, of grey images in 2-D."""
    return Arm(CONTROL, POSED if POSED in known else AUGMENTED, dose)


def sources(arm: Arm, base: Arm) -> list[str]:
    """Return the names of the sets that `arm` is made of, beside the real one."""
    added = [] if arm.source in {"", REPEATED} else [arm.source]
    return [base.source, *added] if arm.kind == TOPPED else added


def build(arm: Arm, base: Arm, samples: Mapping[str, Sample], rng: np.random.Generator) -> Sample:
    """Return what `arm` is trained on; `samples` has the train faces by set, among them real.

    A topped arm stands on the control `base`.
    """
    real = samples[REAL]
    counts = np.bincount(real.y)
    parts = [real] if arm.has_real else []
    if arm.kind == TOPPED:
        parts.append(draw(samples[base.source], base.dose * counts, rng))
    if arm.source:
        source = REAL if arm.source == REPEATED else arm.source
        added = draw(samples[source], arm.dose * counts, rng)
        shuffled = added._replace(y=rng.permutation(added.y))
        parts.append(shuffled if arm.kind == SHUFFLED else added)
        if arm.weight != 1:
            parts[-1] = parts[-1]._replace(w=np.full(len(added.y), arm.weight))
    return join(parts)


def draw(sample: Sample, counts: npt.NDArray[np.floating], rng: np.random.Generator) -> Sample:
    """Return `counts[k]` faces (rounded) of class k; none comes twice before all came once."""
    rows = []
    for number, count in enumerate(np.rint(counts).astype(int)):
        pool = np.flatnonzero(sample.y == number)
        rounds = [rng.permutation(pool) for _ in range(-(-count // len(pool)))]
        rows.append(np.concatenate([*rounds, pool[:0]])[:count])
    chosen = np.concatenate(rows)
    return sample.pick(chosen)
