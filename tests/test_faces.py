"""FaceSet and FaceWriter: what is written is what is read, whole or not at all."""

from pathlib import Path

import numpy as np
import pytest

from depthfaces.errors import DataError, IntegrityError
from depthfaces.faces import FaceSet, FaceWriter, safe_cell


def write(folder: Path, images: np.ndarray, step: int = 3, **columns: object) -> FaceSet:
    """Write images in pieces of `step`, with id, label, subject and `columns`."""
    rows = [
        {"id": f"{index:02d}", "label": "ab"[index % 2], "subject": "007", **columns}
        for index in range(len(images))
    ]
    with FaceWriter(folder, images.shape[1:], images.dtype) as writer:
        for start in range(0, len(images), step):
            writer.append(images[start : start + step], rows[start : start + step])
    return FaceSet.open(folder)


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 65535, (8, 5, 7), np.uint16)


def test_what_is_written_is_read(tmp_path: Path, images: np.ndarray) -> None:
    faces = write(tmp_path, images)
    assert faces.images.dtype == np.uint16
    assert np.array_equal(faces.images, images)
    assert faces.table["subject"].tolist() == ["007"] * 8


def test_pieces_do_not_show_in_the_bytes(tmp_path: Path, images: np.ndarray) -> None:
    for step in (1, 8):
        write(tmp_path / str(step), images, step)
    for name in ("images.npy", "faces.csv"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "8" / name).read_bytes()


def test_the_file_is_a_plain_npy(tmp_path: Path, images: np.ndarray) -> None:
    write(tmp_path, images)
    assert np.array_equal(np.load(tmp_path / "images.npy", allow_pickle=False), images)


def test_targets_follow_the_sorted_classes(tmp_path: Path, images: np.ndarray) -> None:
    faces = write(tmp_path, images)
    assert faces.classes == ["a", "b"]
    assert faces.targets.tolist() == [0, 1] * 4


def test_batches_cover_every_face_once(tmp_path: Path, images: np.ndarray) -> None:
    pieces = list(write(tmp_path, images).batches(3))
    assert [rows for rows, _ in pieces] == [slice(0, 3), slice(3, 6), slice(6, 8)]
    assert np.array_equal(np.concatenate([piece for _, piece in pieces]), images)


def test_a_split_keeps_images_beside_their_rows(drawn: Path) -> None:
    faces = FaceSet.open(drawn)
    test = faces.split("test")
    assert set(test.table["split"]) == {"test"}
    place = faces.table.index[faces.table["id"] == test.table["id"][5]][0]
    assert np.array_equal(test.images[5], faces.images[place])


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), FaceWriter(tmp_path, (2, 2), np.uint8) as writer:
        writer.append(np.zeros((1, 2, 2)), [{"id": "a"}])
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_images_of_another_size_are_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match=r"expected \(1, 2, 2\), got \(1, 3, 2\)"),
        FaceWriter(tmp_path, (2, 2), np.uint8) as writer,
    ):
        writer.append(np.zeros((1, 3, 2)), [{"id": "a"}])


def test_a_table_of_another_length_is_refused(tmp_path: Path, images: np.ndarray) -> None:
    write(tmp_path, images)
    text = (tmp_path / "faces.csv").read_text().splitlines()
    (tmp_path / "faces.csv").write_text("\n".join(text[:-1]) + "\n")
    with pytest.raises(IntegrityError, match=r"images\.npy: expected 7 images"):
        FaceSet.open(tmp_path)


def test_a_missing_set_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="dvc repro"):
        FaceSet.open(tmp_path)


@pytest.mark.parametrize("risky", ["=cmd()", "+1", "-1", "@x", "\tx"])
def test_no_cell_is_a_formula(risky: str) -> None:
    assert safe_cell(risky) == "'" + risky
    assert safe_cell("plain") == "plain"
    assert safe_cell(-1) == -1


def test_odd_words_stay_words(tmp_path: Path, images: np.ndarray) -> None:
    """NA, nan and 007 are names, not numbers or holes."""
    faces = write(tmp_path, images, group="NA", file='a,"b"\nc')
    assert set(faces.table["group"]) == {"NA"}
    assert set(faces.table["file"]) == {'a,"b"\nc'}
