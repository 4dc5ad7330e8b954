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

RESULT = Path(__file__).parent / "results" / "alarms.md"
SHARES = (0.1, 0.3, 1.0)
PEOPLE, FRAMES = 60, 6  # of the real set: 36 train, 9 validation, 15 test people
PLANTED = (30, 2)  # people and frames of the set that faults are planted into
HONEST = (20, 1)  # of each honest set that the camera draws
CAMERAS, COUNT = 10, 420  # honest sets by the camera; faces of those that are made otherwise

Array = np.ndarray


def camera(settings: Params, seed: int, people: int, frames: int) -> FaceSet:
    """Return prepared faces of virtual people, split as the pipeline splits them."""
    virtual_people = settings.data.virtual.model_copy(update={"subjects": people, "frames": frames})
    data = settings.data.model_copy(update={"virtual": virtual_people})
    chosen = settings.model_copy(update={"seed": seed, "data": data})
    with tempfile.TemporaryDirectory() as scratch:
        virtual.collect(chosen, Path(scratch) / "raw")
        found = prepare_set(Path(scratch) / "raw", chosen, Path(scratch) / "faces").faces
        return FaceSet(np.array(found.images), found.table)


class Reader:
    """The primary space of the comparison and its reader, both of real train faces."""

    def __init__(self, train: FaceSet, settings: Params) -> None:
        """Fit both."""
        families = {"families": list(PAPERS)}
        self.features = settings.features.model_copy(update=families)
        x = extract(train.images, self.features)[0]
        self.embedding = Embedding.fit(x, settings.compare.dimensions)
        self.reader = LogisticRegression(C=0.1, max_iter=1000)
        self.reader.fit(self.embedding(x), train.table["label"])

    def part(self, images: Array, label: Array, people: Array | None = None) -> FaceSample:
        """Return faces as the alarms take them."""
        points = self.embedding(extract(images, self.features)[0])
        owners = np.full(len(label), "") if people is None else people
        return FaceSample(label, owners, points, self.reader.predict_proba(points), images)

    def of(self, faces: FaceSet) -> FaceSample:
        """Return a set with its people."""
        label, people = (faces.table[name].to_numpy(str) for name in ("label", "group"))
        return self.part(np.asarray(faces.images), label, people)


class Row(NamedTuple):
    """One set: what was done to it, to what share, and the alarms that rang."""

    name: str
    share: float | None
    alarms: list[Alarm]


def blends(train: FaceSet, weight: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return faces between two people's train faces of a class, the first with `weight`."""
    targets, people = np.arange(COUNT) % len(train.classes), train.table["group"].to_numpy()
    known = train.targets
    one = np.array([rng.choice(np.flatnonzero(known == target)) for target in targets])
    other = np.array(
        [
            rng.choice(np.flatnonzero((known == target) & (people != people[first])))
            for target, first in zip(targets, one, strict=True)
        ]
    )
    images = weight * train.images[one] + (1 - weight) * train.images[other]
    return images.astype(np.float32), np.array(train.classes)[targets]


def generated(real: FaceSet, settings: Params, seed: int) -> Iterator[tuple[str, Any]]:
    """Yield honest sets that are made from the train faces: densities and blends."""
    train, validation = real.split("train"), real.split("validation")
    targets = np.arange(COUNT) % len(train.classes)
    for name, family in {"GMM": gmm, "KDE": kde}.items():
        draw = family.fit(train, validation, settings, seed)
        for number in range(2):
            faces = draw(targets, seed + number).clip(-1, 1)
            yield f"{name}, draw {number + 1}", (faces, np.array(train.classes)[targets])
    rng = np.random.default_rng(seed)
    for weight in (0.5, 0.6, 0.7):
        yield f"blends of two people, {weight:g}", blends(train, weight, rng)


def poor(faces: FaceSet, seed: int) -> Iterator[tuple[str, Any]]:
    """Yield honest sets of low quality, made from other people's faces."""
    images, label = faces.images, faces.table["label"].to_numpy(str)
    rng = np.random.default_rng(seed)
    yield "other people, blurred", (ndimage.gaussian_filter(images, (0, 1.5, 1.5)), label)
    noise = rng.normal(0, 0.06, images.shape)
    yield "other people, noise 0.06", (np.clip(images + noise, -1, 1).astype(np.float32), label)
    few = faces.table["subject"].isin(sorted(set(faces.table["subject"]))[:10]).to_numpy()
    yield "ten other people", (images[few], label[few])


def measure(seed: int) -> tuple[list[Row], list[Row]]:
    """Return the rows of planted faults and those of honest sets."""
    settings = params.load()
    faces = camera(settings, seed, PEOPLE, FRAMES)
    reader = Reader(faces.split("train"), settings)
    real = RealPeople(*(reader.of(faces.split(name)) for name in ("train", "validation", "test")))
    bell = AlarmChecker(real, settings.compare.neighbours, seed)
    others = camera(settings, seed + 1, *PLANTED)
    base, rng = reader.of(others), np.random.default_rng(seed)
    planted = []
    for name in FAULT_NAMES:
        for share in SHARES:
            fault = plant_fault(name, base, real, share, rng)
            planted.append(Row(name, share, bell(reader.part(fault.images, fault.label))))
    honest = [Row("the people that faults were planted into", None, bell(base))]
    sets = [*generated(faces, settings, seed), *poor(others, seed)]
    honest += [Row(name, None, bell(reader.part(*made))) for name, made in sets]
    for number in range(CAMERAS - 1):
        people = reader.of(camera(settings, seed + 2 + number, *HONEST))
        honest.append(Row(f"twenty new people, seed {seed + 2 + number}", None, bell(people)))
    return planted, honest


def table(rows: list[Row]) -> str:
    """Return the rows as a table."""
    lines = ["| set | share | alarms | which, and what they measured |", "|---|---|---|---|"]
    for row in rows:
        share = "" if row.share is None else f"{row.share:.0%}"
        which = "; ".join(f"{alarm.name} {alarm.measured:.3g}" for alarm in row.alarms)
        lines.append(f"| {row.name} | {share} | {len(row.alarms)} | {which or 'none'} |")
    return "\n".join(lines)


def main(seed: int) -> None:
    """Measure, print and store."""
    start = time.perf_counter()
    with threadpool_limits(1):
        planted, honest = measure(seed)
    heard = sum(bool(row.alarms) for row in planted)
    silent = sum(not row.alarms for row in honest)
    text = (
        f"# Alarms\n\n`python -m bench.alarms {seed}`: {heard} of {len(planted)} planted faults "
        f"rang, {silent} of {len(honest)} honest sets were silent.\n\n## Planted faults\n\n"
        f"{table(planted)}\n\n## Honest sets\n\n{table(honest)}\n"
    )
    sys.stdout.write(text)
    sys.stderr.write(f"{time.perf_counter() - start:.0f} s\n")
    files.write_text(RESULT, text)


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main(given[0] if given else 9000)
