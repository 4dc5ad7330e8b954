"""Features against scikit-image and closed forms."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest
import skimage.feature
import skimage.filters
from conftest import draw

from depthfaces import params
from depthfaces.depth.crop import Window
from depthfaces.errors import DataError, MachineError, ParamsError
from depthfaces.faces import FaceSet, FaceWriter
from depthfaces.features import FEATURES, extract
from depthfaces.features.augment import BACKGROUND, augment
from depthfaces.features.changed import changed
from depthfaces.features.histogram import image_histograms
from depthfaces.features.hog import hog
from depthfaces.features.intensity import intensity
from depthfaces.features.lbp import grey_levels, lbp, pattern_codes
from depthfaces.features.pixels import reduce
from depthfaces.features.posed import YAW, turned
from depthfaces.features.shape import curvature, normals, surface_curvatures
from depthfaces.features.sobel import gradient_magnitude, sobel
from depthfaces.features.store import FeatureSet, open_all, worker_pool, write
from depthfaces.schema import Features
from stages import features as stage

SETTINGS = params.load().features
FOUR = ["lbp", "hog", "sobel", "intensity"]
PAPER = SETTINGS.model_copy(update={"families": FOUR, "hog_cells": 16})


@pytest.fixture
def faces() -> np.ndarray:
    rng = np.random.default_rng(1)
    return np.stack([draw(label, rng) for label in ("Happiness", "Surprise", "Neutral") * 2])


def test_the_papers_set_has_8190_columns():
    x, names, stops = extract(np.zeros((1, 256, 256), np.float32), PAPER)
    assert x.shape == (1, 8190)
    assert names == ["lbp", "hog", "sobel", "intensity"]
    assert stops == [26, 26 + 15 * 15 * 4 * 9, 8126 + 32, 8158 + 32]


def test_families_are_those_of_the_dict_in_its_order(faces):
    x, names, stops = extract(faces, SETTINGS)
    assert names == SETTINGS.families == list(FEATURES)
    for start, stop, family in zip([0, *stops], stops, FEATURES.values(), strict=False):
        assert np.array_equal(x[:, start:stop], family(faces, SETTINGS))


def test_families_in_params_are_those_of_the_dict():
    listed = get_args(get_args(Features.model_fields["families"].annotation)[0])
    assert set(listed or get_args(Features.model_fields["families"].annotation)) == set(FEATURES)


def test_batch_size_and_order_do_not_matter(faces):
    whole = extract(faces, SETTINGS)[0]
    single = np.concatenate([extract(face[None], SETTINGS)[0] for face in faces[::-1]])[::-1]
    assert np.array_equal(whole, single)


@pytest.mark.parametrize(("points", "radius"), [(24, 3.0), (8, 1.0), (16, 2.5)])
def test_lbp_codes_are_exactly_scikit_images(faces, points, radius):
    """Flat, stepped and noisy images too: ties are decided by the last bit of the weights."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (2, 32, 32), np.uint8)
    steps = np.repeat(np.repeat(rng.integers(1, 9, (2, 8, 8), np.uint8) * 29, 4, 1), 4, 2)
    flat = np.full((1, 32, 32), 77, np.uint8)
    images = np.concatenate([grey_levels(faces), noise, steps, flat])
    expected = [
        skimage.feature.local_binary_pattern(image, points, radius, "uniform") for image in images
    ]
    assert np.array_equal(pattern_codes(images, points, radius), expected)


def test_lbp_counts_the_codes(faces):
    codes = pattern_codes(grey_levels(faces), 24, 3.0)
    expected = [[np.mean(code == number) for number in range(26)] for code in codes]
    assert np.allclose(lbp(faces, SETTINGS), expected, atol=1e-7)


def test_grey_is_whole_steps_of_the_window():
    values = np.array([-1, -1 + 1 / 255, 0, 1, 2])
    assert grey_levels(values).tolist() == [0, 0, 128, 255, 255]  # halves round to even: .5 -> 0


def test_hog_does_not_see_a_constant_offset(faces):
    assert np.allclose(hog(faces * 0.5, SETTINGS), hog(faces * 0.5 + 0.25, SETTINGS), atol=1e-4)


@pytest.mark.parametrize(("side", "cells", "block", "orientations"), [(32, 8, 2, 9), (48, 6, 3, 8)])
def test_hog_is_scikit_images(side, cells, block, orientations):
    rng = np.random.default_rng(1)
    images = np.stack([draw(label, rng, side) for label in ("Happiness", "Surprise", "Neutral")])
    changes = {"hog_cells": cells, "hog_block": block, "hog_orientations": orientations}
    cell = (side // cells,) * 2
    expected = [
        skimage.feature.hog(image, orientations, cell, (block, block), "L2-Hys") for image in images
    ]
    found = hog(images, SETTINGS.model_copy(update=changes))
    assert np.allclose(found, expected, atol=1e-6, rtol=0)


@pytest.mark.slow
def test_the_papers_features_at_256_pixels_are_scikit_images():
    rng = np.random.default_rng(2)
    images = np.stack([draw(label, rng, 256) for label in ("Happiness", "Surprise")])
    x, _, stops = extract(images, PAPER)
    assert x.shape == (2, 8190)
    for row, image in zip(x, images, strict=True):
        codes = skimage.feature.local_binary_pattern(grey_levels(image), 24, 3, "uniform")
        assert np.allclose(row[:26], np.bincount(codes.astype(int).ravel(), minlength=26) / 65536)
        gradients = skimage.feature.hog(image, 9, (16, 16), (2, 2), "L2-Hys")
        assert np.allclose(row[26 : stops[1]], gradients, atol=1e-6, rtol=0)


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
    assert np.allclose(2 * gradient_magnitude(faces), expected, atol=1e-6)


def test_sobel_of_the_steepest_edge_is_the_last_bin():
    edge = np.full((1, 8, 8), -1.0)
    edge[:, :, 4:] = 1
    corner = np.full((1, 8, 8), -1.0)
    corner[:, 4:, 4:] = 1
    # A straight edge: |gx| = 1, so sqrt(1/2); four columns see nothing, two see it.
    assert np.allclose(np.unique(gradient_magnitude(edge)), [0, np.sqrt(0.5)])
    assert gradient_magnitude(corner).max() <= 1
    shares = sobel(edge, SETTINGS)[0]
    assert shares[0] == 0.75
    assert shares[int(32 * 0.5**0.25)] == 0.25


def test_histogram_bins_by_hand():
    values = np.array([[[-2.0, 0.0], [0.5, 1.0]], [[0.25, 0.25], [0.75, 9.0]]])
    assert image_histograms(values, 2, 0.0, 1.0).tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert image_histograms(values, 4, 0.0, 1.0).tolist() == [
        [0.5, 0, 0.25, 0.25],
        [0, 0.5, 0, 0.5],
    ]


def test_intensity_is_numpys_histogram(faces):
    inside = faces * 0.99
    expected = [np.histogram(face, 32, (-1, 1))[0] / face.size for face in inside]
    assert np.allclose(intensity(inside, SETTINGS), expected)


def plane(down: float, right: float, side: int = 32) -> np.ndarray:
    """Return a face (1, S, S) that falls back `down` and `right` pixels a pixel."""
    y, x = np.mgrid[:side, :side] - side / 2
    return -2 * (down * y + right * x)[None] / (SETTINGS.relief * side)


def test_normals_of_a_plane_all_point_one_way():
    """45 degrees of tilt are the third of four parts, towards +column: the first of eight turns."""
    settings = SETTINGS.model_copy(update={"relief": 4.0, "normal_cells": 4})
    face = plane(0.0, 1.02) * SETTINGS.relief / 4
    found = normals(face, settings).reshape(16, 8, 4)
    assert np.allclose(found[:, 0, 2], 1)
    assert found.sum() == pytest.approx(16)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_quarter_turn_of_a_plane_turns_its_normals(turns):
    settings = SETTINGS.model_copy(update={"normal_cells": 1})
    straight, turned = plane(0.13, 0.41), np.rot90(plane(0.13, 0.41), turns, axes=(1, 2))
    one, two = (normals(face, settings).reshape(8, 4) for face in (straight, turned))
    assert np.allclose(np.roll(one, -2 * turns, axis=0), two)


def test_bending_of_a_sphere_and_of_a_cylinder():
    y, x = np.mgrid[-8:9, -8:9] / 1.0
    sphere, cylinder = 50 - np.sqrt(2500 - x**2 - y**2), 50 - np.sqrt(2500 - x**2)
    for surface, mean, gauss in ((sphere, 1 / 50, 1 / 2500), (cylinder, 1 / 100, 0)):
        found = [part[0, 8, 8] for part in surface_curvatures(surface[None])]
        assert found == pytest.approx([mean, gauss], rel=1e-3, abs=1e-9)


def test_curvature_of_a_ball_is_that_of_a_cap():
    """A ball of radius 24 px: shape +1, curvedness side / radius; a plane has none."""
    y, x = np.mgrid[:32, :32] - 15.5
    ball = np.maximum(24 - np.sqrt(np.maximum(24**2 - x**2 - y**2, 1)), 0)
    settings = SETTINGS.model_copy(update={"curvature_cells": 4})
    face = 1 - 2 * ball[None] / (SETTINGS.relief * 32)
    found = curvature(face, settings).reshape(4, 4, 8)[1:3, 1:3]
    assert np.all(found[..., :7] == 0)
    assert np.allclose(found[..., 7], 32 / 24, rtol=0.1)
    flat = curvature(plane(0.2, -0.3), settings).reshape(4, 4, 8)
    assert np.allclose(flat[1:3, 1:3], 0, atol=1e-3)  # at the border smoothing sees no plane


def test_background_has_neither_normals_nor_curvature():
    empty = np.full((2, 32, 32), BACKGROUND, np.float32)
    assert not normals(empty, SETTINGS).any()
    assert not curvature(empty, SETTINGS).any()


def test_shape_refuses_cells_that_do_not_divide_the_face():
    settings = SETTINGS.model_copy(update={"normal_cells": 5})
    with pytest.raises(ParamsError, match=r"normal_cells .* divisors of the face's side 32.* 5"):
        normals(np.zeros((1, 32, 32)), settings)


def test_pixels_are_means_of_squares(faces):
    small = reduce(faces, 8)
    places = [(4 * row, 4 * column) for row in range(8) for column in range(8)]
    by_hand = [[face[r : r + 4, c : c + 4].mean() for r, c in places] for face in faces]
    assert np.array_equal(small, grey_levels(np.array(by_hand)))
    assert np.array_equal(reduce(faces, 32), grey_levels(faces).reshape(len(faces), -1))
    assert reduce(faces, 20).shape == (6, 400)
    assert reduce(faces, 48).shape == (6, 2304)


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
    sets = ["augmented.npz", "kde.npz", "posed.npz", "real.npz", "synthetic.npz"]
    assert written == ["about.json", *sets[:2], "pixels", *sets[2:]]
    for name in [*sets, *(f"pixels/{name}" for name in sets)]:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    sets = open_all(tmp_path / "one")
    faces = FaceSet.open(folders[0])
    assert sets["real"].id.tolist() == faces.table["id"].tolist()
    assert np.array_equal(sets["real"].x, extract(np.asarray(faces.images), SETTINGS)[0])
    train = sets["real"].part("train")
    versions = params.load().features.augmented
    assert versions > 1
    for name in ("augmented", "posed"):
        assert len(sets[name]) == versions * len(train)
        assert len(np.unique(sets[name].x, axis=0)) == versions * len(train)
        assert set(sets[name].split) == {"train"}
        assert sets[name].people().tolist() == versions * train.people().tolist()
    assert sets["synthetic"].subject.tolist() == [""] * 6
    small = open_all(tmp_path / "one", "pixels")
    assert small["real"].x.shape == (len(faces), SETTINGS.pixels**2)
    assert small["real"].id.tolist() == sets["real"].id.tolist()


def test_grey_images_are_not_turned_in_space(drawn):
    faces = FaceSet.open(drawn)
    grey_levels = replace(faces, table=faces.table.assign(unit="relative"))
    names = [name for name, _, _ in changed(grey_levels, params.load(), 8)]
    assert names == ["augmented"]


WINDOW = Window(64, 180.0, -20.0, 100.0)


def dome() -> np.ndarray:
    """Return a half ball of 60 mm whose nearest point is the nose tip."""
    place = (np.arange(64) - 31.5) * WINDOW.crop / 64
    distance = np.hypot(*np.meshgrid(place, place))
    behind = np.where(distance < 60, 60 - np.sqrt(np.maximum(3600 - distance**2, 0)), 100.0)
    return WINDOW.encode(behind.astype(np.float32))


def test_without_a_turn_a_face_stays_as_it_is(monkeypatch):
    monkeypatch.setattr("depthfaces.features.posed.MAX_DEVIATION", 0.0)
    face = dome()
    same = turned(face, WINDOW, np.random.default_rng(0))
    inner = face > -0.2
    assert np.abs(same - face)[inner].max() < 0.08


def test_a_turn_leaves_the_nose_in_place_and_moves_the_rest():
    """The nose tip is what heads are turned about."""
    rng = np.random.default_rng(3)
    face = dome()
    for _ in range(20):
        moved = turned(face, WINDOW, rng)
        assert moved.shape == face.shape
        assert np.abs(moved).max() <= 1
        middle = moved[30:34, 30:34]
        assert np.abs(middle - face[30:34, 30:34]).max() < 0.1
        assert 0.8 < (moved > -1).sum() / (face > -1).sum() < 1.2
    assert np.abs(moved - face).mean() > 0.005


def test_turns_are_as_wide_as_they_say():
    """Columns of a slanted sheet come nearer or farther with the yaw: its slope tells the angle."""
    sheet = WINDOW.encode(np.full((64, 64), 20.0, np.float32))
    # Held at two deviations, a normal draw keeps 0.96 of its own.
    slopes = []
    rng = np.random.default_rng(1)
    for _ in range(200):
        behind = WINDOW.decode(turned(sheet, WINDOW, rng))[24:40, 24:40]
        slopes.append(
            np.degrees(np.arctan(np.polyfit(np.arange(16) * 180 / 64, behind.mean(0), 1)[0]))
        )
    assert np.std(slopes) == pytest.approx(YAW * 0.96, rel=0.15)


def test_families_can_be_taken_out_of_a_set(folders, tmp_path):
    stage.main(*folders, tmp_path / "out")
    whole = open_all(tmp_path / "out")["real"]
    some = whole.only(["intensity", "lbp"])
    assert some.family_names.tolist() == ["lbp", "intensity"]
    assert some.family_stops.tolist() == [26, 58]
    stop = whole.family_stops[3]
    assert np.array_equal(some.x, whole.x[:, [*range(26), *range(stop - 32, stop)]])
    assert np.array_equal(whole.only(FOUR).x, whole.x[:, :stop])


@pytest.mark.parametrize(
    "backend",
    ["threads", *(pytest.param(name, marks=pytest.mark.slow) for name in ("processes", "dask"))],
)
def test_neither_threads_nor_backend_change_anything(faces, tmp_path, backend):
    table = pd.DataFrame({"id": list("abcdef"), "label": "x", "subject": "", "split": "train"})
    other = SETTINGS.model_copy(update={"backend": backend})
    for name, settings, threads in (("one", SETTINGS, 1), ("two", other, 2)):
        write(tmp_path / name, table, (face[None] for face in faces), settings, threads)
    for view in ("", "pixels/"):
        one, two = (tmp_path / f"{view}{name}.npz" for name in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


@pytest.mark.slow
def test_a_scheduler_that_is_not_there_is_told():
    away = SETTINGS.model_copy(update={"backend": "dask", "scheduler": "nowhere"})
    with (
        pytest.raises(MachineError, match=r"features\.scheduler: .*'nowhere'"),
        worker_pool(away, 1),
    ):
        pass


def test_an_empty_set_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"empty: expected faces, found an empty set"):
        write(tmp_path / "empty", pd.DataFrame({"id": []}), iter(()), SETTINGS, 1)


def test_a_missing_set_says_what_to_run(tmp_path):
    with pytest.raises(DataError, match="dvc repro features"):
        FeatureSet.open(tmp_path / "real.npz")
