"""Features against scikit-image and closed forms."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skimage.feature
import skimage.filters
from conftest import draw

from depthfaces import params
from depthfaces.errors import DataError, ParamsError
from depthfaces.faces import FaceSet, FaceWriter
from depthfaces.features import FEATURES, extract
from depthfaces.features.augment import BACKGROUND, augment
from depthfaces.features.histogram import histogram
from depthfaces.features.hog import hog
from depthfaces.features.intensity import intensity
from depthfaces.features.lbp import grey, lbp
from depthfaces.features.sobel import magnitude, sobel
from depthfaces.features.store import FeatureSet, open_all, write
from stages import features as stage

SETTINGS = params.load().features


@pytest.fixture
def faces() -> np.ndarray:
    rng = np.random.default_rng(1)
    return np.stack([draw(label, rng) for label in ("Happiness", "Surprise", "Neutral") * 2])


def test_the_papers_set_has_8190_columns():
    settings = SETTINGS.model_copy(update={"hog_cells": 16})
    x, names, stops = extract(np.zeros((1, 256, 256), np.float32), settings)
    assert x.shape == (1, 8190)
    assert names == ["lbp", "hog", "sobel", "intensity"]
    assert stops == [26, 26 + 15 * 15 * 4 * 9, 8126 + 32, 8158 + 32]


def test_families_are_those_of_the_dict_in_its_order(faces):
    x, names, stops = extract(faces, SETTINGS)
    assert names == list(FEATURES)
    for start, stop, family in zip([0, *stops], stops, FEATURES.values(), strict=False):
        assert np.array_equal(x[:, start:stop], family(faces, SETTINGS))


def test_batch_size_and_order_do_not_matter(faces):
    whole = extract(faces, SETTINGS)[0]
    single = np.concatenate([extract(face[None], SETTINGS)[0] for face in faces[::-1]])[::-1]
    assert np.array_equal(whole, single)


def test_lbp_counts_scikit_images_codes(faces):
    codes = [skimage.feature.local_binary_pattern(g, 24, 3, "uniform") for g in grey(faces)]
    expected = [[np.mean(code == number) for number in range(26)] for code in codes]
    assert np.allclose(lbp(faces, SETTINGS), expected, atol=1e-7)


def test_grey_is_whole_steps_of_the_window():
    values = np.array([-1, -1 + 1 / 255, 0, 1, 2])
    assert grey(values).tolist() == [0, 0, 128, 255, 255]  # halves round to even: .5 -> 0


def test_hog_does_not_see_a_constant_offset(faces):
    assert np.allclose(hog(faces * 0.5, SETTINGS), hog(faces * 0.5 + 0.25, SETTINGS), atol=1e-4)


def test_hog_of_a_ramp_points_one_way():
    ramp = np.broadcast_to(np.linspace(-1, 1, 32), (1, 32, 32))
    by_orientation = hog(ramp, SETTINGS).reshape(-1, 9).sum(axis=0)
    assert by_orientation[0] > 0
    assert np.allclose(by_orientation[1:], 0)


def test_hog_refuses_cells_that_do_not_divide_the_face():
    settings = SETTINGS.model_copy(update={"hog_cells": 10})
    with pytest.raises(ParamsError, match=r"divisor of the face's side 32 .* found 10"):
        hog(np.zeros((1, 32, 32)), settings)


def test_sobel_is_half_of_scikit_images(faces):
    expected = [skimage.filters.sobel(face.astype(float), mode="reflect") for face in faces]
    assert np.allclose(2 * magnitude(faces), expected, atol=1e-6)


def test_sobel_of_the_steepest_edge_is_the_last_bin():
    edge = np.full((1, 8, 8), -1.0)
    edge[:, :, 4:] = 1
    corner = np.full((1, 8, 8), -1.0)
    corner[:, 4:, 4:] = 1
    # A straight edge: |gx| = 1, so sqrt(1/2); four columns see nothing, two see it.
    assert np.allclose(np.unique(magnitude(edge)), [0, np.sqrt(0.5)])
    assert magnitude(corner).max() <= 1
    shares = sobel(edge, SETTINGS)[0]
    assert shares[0] == 0.75
    assert shares[int(32 * 0.5**0.25)] == 0.25


def test_histogram_bins_by_hand():
    values = np.array([[[-2.0, 0.0], [0.5, 1.0]], [[0.25, 0.25], [0.75, 9.0]]])
    assert histogram(values, 2, 0.0, 1.0).tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert histogram(values, 4, 0.0, 1.0).tolist() == [[0.5, 0, 0.25, 0.25], [0, 0.5, 0, 0.5]]


def test_intensity_is_numpys_histogram(faces):
    inside = faces * 0.99
    expected = [np.histogram(face, 32, (-1, 1))[0] / face.size for face in inside]
    assert np.allclose(intensity(inside, SETTINGS), expected)


def test_augmented_faces_stay_faces(faces):
    changed = augment(faces, np.random.default_rng(3))
    assert changed.shape == faces.shape
    assert changed.dtype == np.float32
    assert np.abs(changed).max() <= 1
    kept = np.mean(changed > -0.9, axis=(1, 2)) / np.mean(faces > -0.9, axis=(1, 2))
    assert np.all((kept > 0.8) & (kept < 1.2))
    assert not np.array_equal(changed, faces)


def test_augmentation_makes_no_flying_pixels():
    step = np.full((20, 32, 32), BACKGROUND)
    step[:, 8:24, 8:24] = 0.5
    changed = augment(step, np.random.default_rng(4))
    inside = changed > BACKGROUND
    assert np.all(np.abs(changed[inside] - 0.5) < 0.1)  # six deviations of the noise


def test_augmentation_of_empty_space_is_empty_space():
    empty = np.full((2, 16, 16), BACKGROUND, np.float32)
    assert np.array_equal(augment(empty, np.random.default_rng(5)), empty)


@pytest.fixture
def folders(drawn, tmp_path) -> tuple[Path, Path, Path]:
    """Return faces, a synthetic set and a folder with one baseline."""
    rng = np.random.default_rng(2)
    for folder in (tmp_path / "synthetic", tmp_path / "baselines" / "kde"):
        with FaceWriter(folder, (32, 32), np.float32) as writer:
            for number, label in enumerate(("Happiness", "Neutral", "Surprise") * 2):
                row = {"id": f"g{number}", "label": label, "split": "synthetic"}
                writer.append(draw(label, rng)[None], [row])
    return drawn, tmp_path / "synthetic", tmp_path / "baselines"


def test_stage_writes_every_set_and_the_same_twice(folders, tmp_path):
    for name in ("one", "two"):
        stage.main(*folders, tmp_path / name)
    written = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert written == ["augmented.npz", "kde.npz", "real.npz", "synthetic.npz"]
    for name in written:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    sets = open_all(tmp_path / "one")
    faces = FaceSet.open(folders[0])
    assert sets["real"].id.tolist() == faces.table["id"].tolist()
    assert np.array_equal(sets["real"].x, extract(np.asarray(faces.images), SETTINGS)[0])
    assert len(sets["augmented"]) == len(sets["real"].part("train"))
    assert set(sets["augmented"].split) == {"train"}
    assert sets["synthetic"].subject.tolist() == [""] * 6


def test_threads_change_nothing(faces, tmp_path):
    table = pd.DataFrame({"id": list("abcdef"), "label": "x", "subject": "", "split": "train"})
    for threads in (1, 2):
        write(tmp_path / f"{threads}.npz", table, (f[None] for f in faces), SETTINGS, threads)
    assert (tmp_path / "1.npz").read_bytes() == (tmp_path / "2.npz").read_bytes()


def test_an_empty_set_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"empty: expected faces, found an empty set"):
        write(tmp_path / "empty.npz", pd.DataFrame({"id": []}), iter(()), SETTINGS, 1)


def test_a_missing_set_says_what_to_run(tmp_path):
    with pytest.raises(DataError, match="dvc repro features"):
        FeatureSet.open(tmp_path / "real.npz")
