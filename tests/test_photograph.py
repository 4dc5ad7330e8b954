"""Faces are found in photographs and cut out; where there is none, the photograph stays whole."""

import numpy as np
import pytest
import skimage.data
from conftest import tiny

from depthfaces import params
from depthfaces.depth import dataset, photograph
from depthfaces.depth.photograph import Box
from depthfaces.depth.prepare import normalise_image, photographed
from depthfaces.faces import FaceSet, FaceWriter


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    """A photograph (512, 512) of a person in a space suit; her nose is near row 120, column 224."""
    return np.rint(skimage.data.astronaut() @ [0.299, 0.587, 0.114]).astype(np.uint8)


def test_the_face_is_found_where_it_is(portrait: np.ndarray) -> None:
    row, column, side = photograph.find_face(portrait)
    assert 80 < side < 150
    assert row < 120 < row + side
    assert column < 224 < column + side


def test_it_moves_with_the_picture_and_grows_with_it(portrait: np.ndarray) -> None:
    row, column, side = photograph.find_face(portrait)
    moved = photograph.find_face(portrait[10:, 20:])
    assert np.abs(np.subtract(moved, (row - 10, column - 20, side))).max() < 0.15 * side
    half = photograph.find_face(portrait[::2, ::2].copy())
    assert half.side == pytest.approx(side / 2, rel=0.2)


def test_a_face_that_fills_the_frame_is_found(portrait: np.ndarray) -> None:
    close = photograph.cut_box(portrait, photograph.find_face(portrait))
    assert photograph.find_face(close).side > 0.7 * len(close)


def test_no_face_leaves_the_photograph_whole() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (90, 120)).astype(np.uint8)
    assert photograph.find_face(noise) == (0, 0, 0)
    assert photograph.cut_box(noise, Box(0, 0, 0)) is noise
    face = photographed(noise, 64, search_face=True)
    assert np.array_equal(face.image, normalise_image(noise, 64))
    assert face.box == (0, 0, 0)
    assert photographed(noise, 64, search_face=False).box is None


def test_what_lies_beyond_the_frame_repeats_its_edge() -> None:
    frame = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert photograph.cut_box(frame, Box(1, 1, 2)).tolist() == [[5, 6], [9, 10]]
    assert photograph.cut_box(frame, Box(-1, -1, 2)).tolist() == [[0, 0], [0, 0]]
    assert photograph.cut_box(frame, Box(2, 3, 2)).tolist() == [[11, 11], [11, 11]]


def test_smallest_pictures_do_not_crash() -> None:
    assert photograph.find_face(np.eye(16, dtype=np.uint8) * 255).side == 0


def test_preparation_cuts_faces_out_where_asked(portrait: np.ndarray, tmp_path) -> None:
    """The table says where; another crop of one photograph counts as another face here."""
    names = [f"{label}-{k}" for label in ("Happiness", "Neutral") for k in range(6)]
    rng = np.random.default_rng(0)
    with FaceWriter(tmp_path / "raw", (512, 512), np.uint8) as writer:
        for number, name in enumerate(names):
            shown = portrait if number == 0 else rng.integers(0, 255, (512, 512)).astype(np.uint8)
            row = {"id": name, "label": name[:-2], "subject": str(number), "group": "", "split": ""}
            row |= {"source": "folder", "unit": "relative", "file": name, "focal": 0.0}
            writer.append(shown[None], [row | {"height": 512, "width": 512}])
    content = tiny()
    content["preprocess"] |= {"find_faces": True, "size": 64}
    done = dataset.prepare_set(tmp_path / "raw", params.check(content), tmp_path / "faces")
    table = FaceSet.open(tmp_path / "faces").table
    assert done.summary["found_in_photographs"] == 1
    assert (table["face_side"] > 0).sum() == 1
    found = photographed(portrait, 64, search_face=True)
    assert np.array_equal(done.faces.images[int(table["face_side"].argmax())], found.image)
