"""The arms of the experiment, and the faces that each is trained on."""

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
# Sets of classically augmented real train faces.
CLASSICAL_SETS = (AUGMENTED, POSED)


def plan_arms(doses: list[float], feature_sets: Mapping[str, FeatureSet]) -> list[Arm]:
    """Return every arm that `feature_sets`, by name, allow.

    Controls and synthetic faces get the same doses, the other generators the smallest.
    """
    min_dose = min(doses)
    other_generators = sorted(set(feature_sets) - {REAL, SYNTHETIC, *CLASSICAL_SETS})
    planned_arms = [Arm(REAL), *controls(doses, feature_sets)]
    planned_arms += [Arm(kind, SYNTHETIC, dose) for kind in (ADDED, TOPPED) for dose in doses]
    planned_arms += [Arm(SHUFFLED, SYNTHETIC, max(doses)), Arm(ALONE, SYNTHETIC, 1.0)]
    for generator in other_generators:
        planned_arms += [Arm(ALONE, generator, 1.0), Arm(TOPPED, generator, min_dose)]
    return planned_arms


def controls(doses: list[float], set_names: Iterable[str]) -> list[Arm]:
    """Return the arms that synthetic faces have to beat, from the sets named in `set_names`."""
    control_sources = [
        REPEATED,
        *(set_name for set_name in CLASSICAL_SETS if set_name in set_names),
    ]
    return [Arm(CONTROL, source, dose) for source in control_sources for dose in doses]


def base(dose: float, set_names: Iterable[str]) -> Arm:
    """Return the control that topped arms stand on: augmented in 3-D, of grey images in 2-D."""
    return Arm(CONTROL, POSED if POSED in set_names else AUGMENTED, dose)


def source_sets(arm: Arm, base: Arm) -> list[str]:
    """Return the names of the sets that `arm` is trained on beside the real one."""
    added_sets = [] if arm.source in {"", REPEATED} else [arm.source]
    return [base.source, *added_sets] if arm.kind == TOPPED else added_sets


def build(arm: Arm, base: Arm, samples: Mapping[str, Sample], rng: np.random.Generator) -> Sample:
    """Return the train sample of `arm`; `samples` has the train faces by set, among them real.

    A topped arm stands on the control `base`.
    """
    real = samples[REAL]
    class_counts = np.bincount(real.y)
    train_parts = [real] if arm.has_real else []
    if arm.kind == TOPPED:
        train_parts.append(draw_faces(samples[base.source], base.dose * class_counts, rng))
    if arm.source:
        source_set = REAL if arm.source == REPEATED else arm.source
        added_faces = draw_faces(samples[source_set], arm.dose * class_counts, rng)
        shuffled_faces = added_faces._replace(y=rng.permutation(added_faces.y))
        train_parts.append(shuffled_faces if arm.kind == SHUFFLED else added_faces)
        if arm.weight != 1:
            train_parts[-1] = train_parts[-1]._replace(w=np.full(len(added_faces.y), arm.weight))
    return join(train_parts)


def draw_faces(
    sample: Sample, counts: npt.NDArray[np.floating], rng: np.random.Generator
) -> Sample:
    """Draw `counts[k]` faces (rounded) of class k; no face is repeated before all were drawn."""
    drawn_rows = []
    for class_index, count in enumerate(np.rint(counts).astype(int)):
        class_rows = np.flatnonzero(sample.y == class_index)
        permutations = [rng.permutation(class_rows) for _ in range(-(-count // len(class_rows)))]
        drawn_rows.append(np.concatenate([*permutations, class_rows[:0]])[:count])
    all_rows = np.concatenate(drawn_rows)
    return sample.pick(all_rows)
