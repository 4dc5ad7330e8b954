"""Preparing whole sets: faces, quarantine, copies, splits, and real recordings."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from depthfaces import params
from depthfaces.depth import dataset
from depthfaces.depth.prepare import prepare
from depthfaces.errors import DataError
from depthfaces.faces import FaceSet, FaceWriter
from depthfaces.schema import Params
from depthfaces.sources import folder, virtual

REAL = Path("../shared/data/real-depth")
real_people = pytest.mark.skipif(not REAL.is_dir(), reason=f"{REAL} is not here")


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def settings(**change: object) -> Params:
    content = params.read()
    content["data"]["virtual"] |= {
        "subjects": 8, "frames": 1, "size": 96, "emotions": ["Happiness", "Neutral", "Surprise"],
    }  # fmt: skip
    content["preprocess"] |= {"size": 32, **change}
    return params.check(content)


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A raw set of 8 virtual people."""
    out = tmp_path_factory.mktemp("preprocess") / "raw"
    virtual.collect(settings(), out)
    return out


def spoiled(raw: Path, out: Path, blank: int) -> Path:
    """Copy `raw` with the first `blank` frames of the last person emptied."""
    source = FaceSet.open(raw)
    images = np.array(source.images)
    images[-blank:] = 0
    with FaceWriter(out, images.shape[1:], images.dtype) as writer:
        writer.append(images, source.table.to_dict("records"))
    return out


def test_a_virtual_set_becomes_faces_in_three_splits(raw: Path, tmp_path: Path) -> None:
    done = dataset.prepare_set(raw, settings(), tmp_path / "faces")
    faces = done.faces
    assert len(faces) == 24
    assert faces.images.shape == (24, 32, 32)
    assert faces.images.dtype == np.float32
    assert faces.images.min() == -1
    assert faces.images.max() <= 1
    # The nose tip lies in the middle, at the depth of 0 mm: 1 - 2 * 20 / 120 = 2/3.
    middle = faces.images[:, 15:17, 15:17].mean((1, 2))
    np.testing.assert_allclose(middle, 2 / 3, atol=0.15)
    assert set(faces.table["split"]) == {"train", "validation", "test"}
    assert faces.table.groupby("subject")["split"].nunique().max() == 1
    assert done.summary["nose_error_mm"]["median"] < 8
    assert done.summary["split"]["subject_disjoint"] is True


def test_the_same_seed_gives_the_same_bytes(raw: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        dataset.prepare_set(raw, settings(), tmp_path / name)
    for file in ("images.npy", "faces.csv"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_empty_frames_are_put_aside_and_counted(raw: Path, tmp_path: Path) -> None:
    bad = spoiled(raw, tmp_path / "raw", 2)
    done = dataset.prepare_set(bad, settings(), tmp_path / "faces")
    assert len(done.faces) == 22
    assert done.summary["reasons"] == {"no surface as large as a head": 2}
    dataset.write_refused(done.refused, tmp_path / "quarantine.csv")
    rows = table(tmp_path / "quarantine.csv")
    assert [row["id"] for row in rows] == ["0007-Neutral-0", "0007-Surprise-0"]


def test_too_many_unusable_frames_stop_the_run(raw: Path, tmp_path: Path) -> None:
    bad = spoiled(raw, tmp_path / "raw", 3)
    with pytest.raises(DataError, match=r"3 of 24 frames are unusable.*max_quarantine"):
        dataset.prepare_set(bad, settings(max_quarantine=0.1), tmp_path / "faces")
    assert not (tmp_path / "faces").exists()


def test_what_the_source_could_not_read_counts_too(raw: Path, tmp_path: Path) -> None:
    bad = spoiled(raw, tmp_path / "raw", 1)
    (bad / "quarantine.csv").write_text("file,reason\na.png,empty file\n")
    done = dataset.prepare_set(bad, settings(), tmp_path / "faces")
    assert done.summary["quarantined"] == 2
    assert ("a.png", "empty file") in done.refused


def test_a_frame_given_twice_is_dropped_and_two_labels_of_one_are_put_aside(
    raw: Path, tmp_path: Path
) -> None:
    source = FaceSet.open(raw)
    rows = source.table.to_dict("records")
    twin, liar = rows[0] | {"id": "twin"}, rows[1] | {"id": "liar", "label": "Surprise"}
    images = np.concatenate([source.images, source.images[:2]])
    with FaceWriter(tmp_path / "raw", images.shape[1:], images.dtype) as writer:
        writer.append(images, [*rows, twin, liar])
    done = dataset.prepare_set(tmp_path / "raw", settings(), tmp_path / "faces")
    assert done.summary["copies_dropped"] == 3
    assert {"twin", "liar", rows[1]["id"]}.isdisjoint(done.faces.table["id"])


def test_photographs_are_scaled_and_claim_no_unit(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [
        {"id": f"{k}-{label}", "label": label, "subject": f"{k}", "group": "", "split": "",
         "source": "folder", "unit": "relative", "file": "", "focal": 0.0,
         "height": 48, "width": 48}
        for k in range(6) for label in ("a", "b")
    ]  # fmt: skip
    with FaceWriter(tmp_path / "raw", (48, 48), np.uint8) as writer:
        writer.append(rng.integers(0, 256, (12, 48, 48)), rows)
    done = dataset.prepare_set(tmp_path / "raw", settings(), tmp_path / "faces")
    assert done.summary["unit"] == "relative"
    assert done.summary["window_mm"] is None
    assert done.faces.images.shape == (12, 32, 32)


@real_people
@pytest.mark.slow
def test_real_noses_are_found() -> None:
    """At least 98 % of the frontal and 90 % of all frames, within 12 mm of where they lie."""
    known = table(Path("tests/real_noses.csv"))
    pose = {row["file"]: row["pose"] for row in table(REAL / "labels.csv")}
    frames = [cv2.imread(str(REAL / row["file"]), cv2.IMREAD_UNCHANGED) for row in known]
    p = params.load()
    faces = prepare(frames, [365.0] * len(frames), dataset.window(p.preprocess),
                    p.preprocess.confidence, frontalise=False)  # fmt: skip
    good = np.array(
        [
            face.image is not None
            and np.hypot(
                face.nose_position[0] - int(row["column"]), face.nose_position[1] - int(row["row"])
            )
            < 12 * 365 / 950
            for face, row in zip(faces, known, strict=True)
        ]
    )
    frontal = np.array([pose[row["file"]] == "pose-0" for row in known])
    assert good[frontal].mean() >= 0.98
    assert good.mean() >= 0.90


@real_people
@pytest.mark.slow
def test_real_people_go_through_as_a_folder(tmp_path: Path) -> None:
    content = params.read()
    content["data"] |= {
        "source": "folder",
        "folder": content["data"]["folder"] | {"path": str(REAL)},
    }
    p = params.check(content)
    folder.collect(p, tmp_path / "raw")
    done = dataset.prepare_set(tmp_path / "raw", p, tmp_path / "faces")
    assert len(done.faces) >= 0.95 * 324
    assert done.faces.table["subject"].nunique() == 6
    assert done.summary["unit"] == "mm"
    assert done.summary["split"]["subject_disjoint"] is True
