"""A file damaged between two stages is one line with its name, and exit code 4."""

import json
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import write_features

from depthfaces import comparison, faces, files, params
from depthfaces.classify import kept
from depthfaces.classify.cnn import Cnn
from depthfaces.classify.svm import Svm
from depthfaces.classify.trees import Trees
from depthfaces.classify.xgboost import Xgboost
from depthfaces.depth import dataset
from depthfaces.errors import DataError, IntegrityError
from depthfaces.evolve import journal
from depthfaces.evolve.search import Scored
from depthfaces.export.rows import Origin
from depthfaces.faces import FaceSet, FaceWriter
from depthfaces.features import store as features
from depthfaces.gan import checkpoint, start, store
from depthfaces.report import results
from depthfaces.studies.chapter import Chapter
from depthfaces.verdict import predictions

SHAPE = {"size": 32, "width": 4, "latent": 8, "classes": 3, "recipe": "modern"}


def face_set(folder: Path) -> None:
    with FaceWriter(folder, (4, 4), np.float32) as writer:
        writer.append(np.zeros((2, 4, 4)), [{"id": name, "label": "a"} for name in "xy"])


# What stands beside the damaged file, the file, and what reads it.
READERS: dict[str, tuple[Callable[[Path], None] | None, Callable[[Path], object]]] = {
    "images.npy": (face_set, FaceSet.open),
    "faces.csv": (face_set, FaceSet.open),
    "quarantine.csv": (None, dataset._unreadable_files),
    "real.npz": (write_features, features.open_all),
    "about.json": (None, features.about),
    "points.npz": (None, comparison.read_vectors),
    "predictions.csv": (None, lambda folder: predictions.read(folder / "predictions.csv")),
    "config.json": (None, store.critic),
    "pretrain/config.json": (
        None,
        lambda folder: start.at(folder / "pretrain", params.load().gan, folder),
    ),
    "latents/config.json": (
        None,
        lambda folder: Origin.open(None, folder / "latents"),
    ),
    "latents/a.npz": (
        None,
        lambda folder: Origin(None, folder / "latents", {"A": "a.npz"}).archive("A"),
    ),
    "kept/config.json": (None, lambda folder: kept.load(folder / "kept", "")),
    "trees.npz": (None, Trees.load),
    "machine.npz": (None, Svm.load),
    "columns.npz": (None, Xgboost.load),
    "net.json": (None, Cnn.load),
    "metrics.json": (None, lambda folder: results._optional_json(folder / "metrics.json")),
    "curves.csv": (None, lambda folder: results._optional_table(folder / "curves.csv")),
    "balance.json": (None, lambda folder: Chapter.read(folder / "balance.json")),
}
HARMS = {
    "empty": b"",
    "text": b"\xff\xfe\0 not what it was",
    "nested": b"[" * 100_000,
    "number": b'{"a": ' + b"9" * 6000 + b"}",
    "other": b'{"a": 1}',
    "zip": b"PK\3\4" + bytes(60),
}


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("name", READERS)
def test_a_damaged_file_is_named(tmp_path: Path, name: str, harm: str) -> None:
    before, read = READERS[name]
    if before:
        before(tmp_path)
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(HARMS[harm])
    if name in {"metrics.json", "curves.csv"} and harm == "other":
        path.write_bytes(b"[1")
    with pytest.raises(IntegrityError, match=path.name) as caught:
        read(tmp_path)
    assert "dvc repro" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("change", ["cut", "long", "flat"])
def test_images_that_are_not_as_their_header_says(tmp_path: Path, change: str) -> None:
    face_set(tmp_path)
    path = tmp_path / "images.npy"
    if change == "flat":
        np.save(path, np.zeros(2))
    else:
        content = path.read_bytes()
        path.write_bytes(content[:-1] if change == "cut" else content + b"x")
    with pytest.raises(IntegrityError, match=r"images\.npy"):
        FaceSet.open(tmp_path)


def test_a_table_cut_in_its_last_line(tmp_path: Path) -> None:
    face_set(tmp_path)
    path = tmp_path / "faces.csv"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(IntegrityError, match=r"faces\.csv: damaged .cut in its last line"):
        FaceSet.open(tmp_path)


def test_an_empty_table_has_no_rows(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("\n")
    assert len(faces.read_table(tmp_path / "a.csv")) == 0


def test_arrays_of_different_lengths(tmp_path: Path) -> None:
    write_features(tmp_path)
    content = files.read_npz(tmp_path / "real.npz")
    files.write_npz(tmp_path / "real.npz", **content | {"label": content["label"][1:]})
    with pytest.raises(IntegrityError, match=r"real\.npz"):
        features.FeatureSet.open(tmp_path / "real.npz")


def test_an_array_that_claims_more_than_it_has_is_not_loaded(tmp_path: Path) -> None:
    """12.8 GB in the header, 32 bytes in the file."""
    files.write_npz(tmp_path / "a.npz", x=np.zeros(4))
    good = files.read_npz(tmp_path / "a.npz", "x")
    assert good["x"].tolist() == [0] * 4
    text = (
        repr({"descr": "<f8", "fortran_order": False, "shape": (40_000, 40_000)}).encode() + b"\n"
    )
    head = b"\x93NUMPY\x01\0" + struct.pack("<H", len(text)) + text
    with files.zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", head + bytes(32))
    with pytest.raises(IntegrityError, match="claims another size"):
        files.read_npz(tmp_path / "a.npz")
    (tmp_path / "a.npy").write_bytes(head + bytes(32))
    with pytest.raises(IntegrityError, match=r"a\.npy: damaged \(expected 12800000\d\d\d bytes"):
        files.read_npy(tmp_path / "a.npy")


def test_a_missing_file_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"trees\.npz: expected it, found none; run `dvc repro`"):
        Trees.load(tmp_path)


def test_permission_is_no_damage(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), files.intact(tmp_path / "a"):
        raise PermissionError(13, "Permission denied")


def test_a_booster_is_checked_before_it_is_read(tmp_path: Path) -> None:
    """XGBoost ends the process at a damaged one."""
    (tmp_path / "booster.ubj").write_bytes(b"{L" + bytes(40))
    files.write_npz(tmp_path / "columns.npz", columns=np.arange(3), booster=np.array("0" * 64))
    with pytest.raises(IntegrityError, match=r"booster\.ubj: damaged \(another sha256"):
        Xgboost.load(tmp_path)


@pytest.mark.parametrize("harm", HARMS)
def test_a_damaged_journal_is_computed_again(tmp_path: Path, harm: str) -> None:
    z = np.zeros((2, 3))
    scored = Scored(np.ones(2), np.ones((2, 4)), np.ones((2, 2)))
    path = tmp_path / "key" / "ga" / "00000.npz"
    kept = journal.Journal(tmp_path, "key").keep("ga", lambda _: scored)
    kept(z)
    path.write_bytes(HARMS[harm])
    again = journal.Journal(tmp_path, "key").keep("ga", lambda _: scored)(z)
    assert np.array_equal(again.fitness, scored.fitness)
    assert files.read_npz(path)["fitness"].tolist() == [1, 1]


def test_a_journal_of_other_lengths_is_computed_again(tmp_path: Path) -> None:
    z = np.zeros((2, 3))
    short = {"fitness": np.ones(1), "places": np.ones((2, 4)), "measures": np.ones((2, 2))}
    files.write_npz(tmp_path / "a.npz", z=z, **short)
    assert journal._read(tmp_path / "a.npz", z) is None


def test_another_trainings_damaged_notes_do_not_stop_this_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / checkpoint.ABOUT).write_bytes(b"{")
    with checkpoint.Checkpoints(tmp_path, {"seed": 1}):
        assert "starting anew" in capsys.readouterr().err


def test_a_lock_of_odd_bytes_is_still_a_lock(tmp_path: Path) -> None:
    with checkpoint.Checkpoints(tmp_path, {"seed": 1}) as held:
        (held.folder / "lock").write_bytes(b"\xff\xfe")
        with (
            pytest.raises(checkpoint.MachineError, match="is at this training"),
            checkpoint.Checkpoints(tmp_path, {"seed": 1}),
        ):
            pass


@pytest.mark.parametrize("shape", [{}, {"size": "x"}, {**SHAPE, "more": 1}, 5])
def test_a_model_of_no_shape(tmp_path: Path, shape: object) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"shape": shape, "faces": ""}))
    for read in (store.critic, store.nets, lambda folder: store.load(folder, None)):
        with pytest.raises(IntegrityError, match=r"config\.json: damaged"):
            read(tmp_path)
