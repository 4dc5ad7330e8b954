"""Which alarms ring: planted faults at 10, 30 and 100 % of a set, and twenty honest sets.

    python -m bench.alarms [SEED]

Real people, honest people and those that faults are planted into come from the virtual camera with
seeds of their own, none of which any threshold was chosen on. Writes bench/results/alarms.md.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import ndimage
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from depthfaces import files, params
from depthfaces.alarms import Alarm, AlarmChecker, FaceSample, RealPeople
from depthfaces.alarms.faults import FAULT_NAMES, plant_fault
from depthfaces.baselines import gmm, kde
from depthfaces.comparison import PAPERS
from depthfaces.depth.dataset import prepare_set
from depthfaces.faces import FaceSet
from depthfaces.features import extract
from depthfaces.metrics.embedding import Embedding
from depthfaces.schema import Params
from depthfaces.sources import virtual

RESULT_FILE = Path(__file__).parent / "results" / "alarms.md"
FAULT_SHARES = (0.1, 0.3, 1.0)
PEOPLE_COUNT, FRAME_COUNT = 60, 6  # of the real set: 36 train, 9 validation, 15 test people
PLANTED_SIZE = (30, 2)  # people and frames of the set that faults are planted into
HONEST_SIZE = (20, 1)  # of each honest set that the camera draws
CAMERA_SETS, FACE_COUNT = 10, 420  # honest sets by the camera; faces in each generated set

Array = np.ndarray


def camera_faces(settings: Params, seed: int, people: int, frames: int) -> FaceSet:
    """Return prepared faces of virtual people, split as the pipeline splits them."""
    virtual_people = settings.data.virtual.model_copy(update={"subjects": people, "frames": frames})
    data = settings.data.model_copy(update={"virtual": virtual_people})
    changed_settings = settings.model_copy(update={"seed": seed, "data": data})
    with tempfile.TemporaryDirectory() as scratch:
        virtual.collect(changed_settings, Path(scratch) / "raw")
        prepared_faces = prepare_set(
            Path(scratch) / "raw", changed_settings, Path(scratch) / "faces"
        ).faces
        return FaceSet(np.array(prepared_faces.images), prepared_faces.table)


class FaceReader:
    """The comparison's primary embedding and its classifier, both fitted to real train faces."""

    def __init__(self, train: FaceSet, settings: Params) -> None:
        """Fit the embedding and the classifier."""
        families = {"families": list(PAPERS)}
        self.features = settings.features.model_copy(update=families)
        x = extract(train.images, self.features)[0]
        self.embedding = Embedding.fit(x, settings.compare.dimensions)
        self.classifier = LogisticRegression(C=0.1, max_iter=1000)
        self.classifier.fit(self.embedding(x), train.table["label"])

    def as_part(self, images: Array, label: Array, people: Array | None = None) -> FaceSample:
        """Return faces as the input of the alarms."""
        points = self.embedding(extract(images, self.features)[0])
        face_owners = np.full(len(label), "") if people is None else people
        return FaceSample(label, face_owners, points, self.classifier.predict_proba(points), images)

    def set_part(self, faces: FaceSet) -> FaceSample:
        """Return a whole set, with its people, as the input of the alarms."""
        label, people = (faces.table[name].to_numpy(str) for name in ("label", "group"))
        return self.as_part(np.asarray(faces.images), label, people)


class AlarmRow(NamedTuple):
    """One set: its name, the share of planted faults, and the alarms that rang."""

    name: str
    share: float | None
    alarms: list[Alarm]


def blend_faces(train: FaceSet, weight: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return faces between two people's train faces of a class, the first with `weight`."""
    targets, face_owners = (
        np.arange(FACE_COUNT) % len(train.classes),
        train.table["group"].to_numpy(),
    )
    class_indices = train.targets
    first_rows = np.array(
        [rng.choice(np.flatnonzero(class_indices == target)) for target in targets]
    )
    second_rows = np.array(
        [
            rng.choice(
                np.flatnonzero((class_indices == target) & (face_owners != face_owners[first_row]))
            )
            for target, first_row in zip(targets, first_rows, strict=True)
        ]
    )
    images = weight * train.images[first_rows] + (1 - weight) * train.images[second_rows]
    return images.astype(np.float32), np.array(train.classes)[targets]


def generated_sets(real: FaceSet, settings: Params, seed: int) -> Iterator[tuple[str, Any]]:
    """Yield honest sets generated from the train faces: density models and blends."""
    train_faces, validation_faces = real.split("train"), real.split("validation")
    class_targets = np.arange(FACE_COUNT) % len(train_faces.classes)
    for family_name, family in {"GMM": gmm, "KDE": kde}.items():
        draw = family.fit(train_faces, validation_faces, settings, seed)
        for draw_number in range(2):
            drawn_faces = draw(class_targets, seed + draw_number).clip(-1, 1)
            yield (
                f"{family_name}, draw {draw_number + 1}",
                (drawn_faces, np.array(train_faces.classes)[class_targets]),
            )
    rng = np.random.default_rng(seed)
    for weight in (0.5, 0.6, 0.7):
        yield f"blends of two people, {weight:g}", blend_faces(train_faces, weight, rng)


def poor_sets(faces: FaceSet, seed: int) -> Iterator[tuple[str, Any]]:
    """Yield honest sets of low quality, made from other people's faces."""
    images, label = faces.images, faces.table["label"].to_numpy(str)
    rng = np.random.default_rng(seed)
    yield "other people, blurred", (ndimage.gaussian_filter(images, (0, 1.5, 1.5)), label)
    noise = rng.normal(0, 0.06, images.shape)
    yield "other people, noise 0.06", (np.clip(images + noise, -1, 1).astype(np.float32), label)
    is_of_few = faces.table["subject"].isin(sorted(set(faces.table["subject"]))[:10]).to_numpy()
    yield "ten other people", (images[is_of_few], label[is_of_few])


def measure_alarms(seed: int) -> tuple[list[AlarmRow], list[AlarmRow]]:
    """Return one row per planted fault, and one per honest set."""
    settings = params.load()
    real_faces = camera_faces(settings, seed, PEOPLE_COUNT, FRAME_COUNT)
    reader = FaceReader(real_faces.split("train"), settings)
    real_parts = RealPeople(
        *(reader.set_part(real_faces.split(name)) for name in ("train", "validation", "test"))
    )
    bell = AlarmChecker(real_parts, settings.compare.neighbours, seed)
    other_faces = camera_faces(settings, seed + 1, *PLANTED_SIZE)
    base_part, rng = reader.set_part(other_faces), np.random.default_rng(seed)
    planted_rows = []
    for name in FAULT_NAMES:
        for fault_share in FAULT_SHARES:
            fault = plant_fault(name, base_part, real_parts, fault_share, rng)
            planted_rows.append(
                AlarmRow(name, fault_share, bell(reader.as_part(fault.images, fault.label)))
            )
    honest_rows = [AlarmRow("the people that faults were planted into", None, bell(base_part))]
    honest_sets = [*generated_sets(real_faces, settings, seed), *poor_sets(other_faces, seed)]
    honest_rows += [
        AlarmRow(name, None, bell(reader.as_part(*face_set))) for name, face_set in honest_sets
    ]
    for set_number in range(CAMERA_SETS - 1):
        new_people = reader.set_part(camera_faces(settings, seed + 2 + set_number, *HONEST_SIZE))
        honest_rows.append(
            AlarmRow(f"twenty new people, seed {seed + 2 + set_number}", None, bell(new_people))
        )
    return planted_rows, honest_rows


def format_table(rows: list[AlarmRow]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| set | share | alarms | which, and what they measured |", "|---|---|---|---|"]
    for row in rows:
        share_text = "" if row.share is None else f"{row.share:.0%}"
        alarm_texts = "; ".join(f"{alarm.name} {alarm.measured:.3g}" for alarm in row.alarms)
        lines.append(f"| {row.name} | {share_text} | {len(row.alarms)} | {alarm_texts or 'none'} |")
    return "\n".join(lines)


def main(seed: int) -> None:
    """Measure, print and store."""
    start_time = time.perf_counter()
    with threadpool_limits(1):
        planted_rows, honest_rows = measure_alarms(seed)
    alarmed_count = sum(bool(row.alarms) for row in planted_rows)
    silent_count = sum(not row.alarms for row in honest_rows)
    text = (
        f"# Alarms\n\n`python -m bench.alarms {seed}`: {alarmed_count} of {len(planted_rows)} "
        f"planted faults rang, {silent_count} of {len(honest_rows)} honest sets were silent.\n\n"
        "## Planted faults\n\n"
        f"{format_table(planted_rows)}\n\n## Honest sets\n\n{format_table(honest_rows)}\n"
    )
    sys.stdout.write(text)
    sys.stderr.write(f"{time.perf_counter() - start_time:.0f} s\n")
    files.write_text(RESULT_FILE, text)


if __name__ == "__main__":
    seed_arguments = [int(word) for word in sys.argv[1:]]
    main(seed_arguments[0] if seed_arguments else 9000)
