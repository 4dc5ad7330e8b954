"""Depth preprocessing: metric maps, the locator, the crop, the turn to the front."""

import numpy as np
import pytest

from depthfaces import params
from depthfaces.depth import crop, frontal
from depthfaces.depth.locator import locate_noses
from depthfaces.depth.metric import PITCH, metric_map, nearest_surface
from depthfaces.depth.pose import rotation
from depthfaces.depth.prepare import normalise_image, prepare
from depthfaces.sources import virtual

WINDOW = crop.Window(size=64, crop=180.0, front=-20.0, back=100.0)


def scene(distance: int = 900, stray: bool = False) -> np.ndarray:
    """A 160 mm square at `distance` before a far wall, focal length 365."""
    frame = np.full((120, 120), 3000, np.uint16)
    half = round(80 / distance * 365)
    frame[60 - half : 60 + half, 60 - half : 60 + half] = distance
    if stray:
        frame[5:9, 5:9] = 500
    return frame


@pytest.fixture(scope="module")
def seen() -> tuple[np.ndarray, list[dict]]:
    """Frames of 4 virtual people, 3 emotions, and the truth about them."""
    content = params.read()
    content["data"]["virtual"] |= {
        "subjects": 4, "frames": 1, "emotions": ["Happiness", "Neutral", "Surprise"],
    }  # fmt: skip
    camera = params.check(content).data.virtual
    frames, rows = zip(*virtual.people_frames(camera, 31), strict=True)
    return np.concatenate(frames), [row for person in rows for row in person]


def test_the_nearest_surface_is_found_and_stray_pixels_are_not() -> None:
    assert nearest_surface(scene(), 365) == pytest.approx(900)
    assert nearest_surface(scene(stray=True), 365) == pytest.approx(900)
    assert nearest_surface(np.zeros((50, 50), np.uint16), 365) is None


def test_a_map_has_the_stated_pitch_at_every_distance() -> None:
    for distance in (700, 1400):
        one = metric_map(scene(distance), 365)
        assert one is not None
        side = np.sqrt((one.values < 0.5).sum()) * PITCH
        assert side == pytest.approx(160, abs=2.1 * PITCH)


def test_encoding_spans_the_window_and_decodes_back() -> None:
    behind = np.array([-50, -20, 0, 40, 100, 300], np.float32)
    values = WINDOW.encode(behind)
    np.testing.assert_allclose(values, [1, 1, 2 / 3, 0, -1, -1], atol=1e-6)
    np.testing.assert_allclose(WINDOW.decode(values), [-20, -20, 0, 40, 100, 100], atol=1e-4)


def test_the_nose_depth_ignores_a_stray_pixel_and_a_hole() -> None:
    frame = np.full((40, 40), 900, np.uint16)
    frame[20, 20], frame[19, 21] = 860, 0
    assert crop.nose_depth(frame, (20, 20), 2.5, 900.0) == pytest.approx(900)
    assert crop.nose_depth(np.zeros_like(frame), (20, 20), 2.5, 900.0) is None


def test_no_holes_are_left_unchanged_and_a_hole_takes_its_surroundings() -> None:
    behind = np.full((30, 30), 12, np.float32)
    solid = np.ones((30, 30), bool)
    np.testing.assert_array_equal(crop.fill(behind, solid, 100), behind)
    solid[14:16, 14:16] = False
    filled = crop.fill(np.where(solid, behind, 100).astype(np.float32), solid, 100)
    np.testing.assert_allclose(filled, 12, atol=1e-3)


def test_a_flat_square_becomes_a_square_of_its_millimetres() -> None:
    frame = scene(900)
    face = crop.cut_face(frame, crop.Nose(59.5, 59.5, 900.0, 900 / 365), WINDOW)
    assert face.shape == (64, 64)
    inside = face < 50
    assert np.sqrt(inside.sum()) * 180 / 64 == pytest.approx(160, abs=6)
    np.testing.assert_allclose(face[20:44, 20:44], 0, atol=0.5)
    np.testing.assert_allclose(face[:3], 100, atol=1e-3)


def test_turning_by_nothing_changes_nothing_and_by_an_angle_undoes_it() -> None:
    y, x = np.mgrid[-40:41, -40:41].astype(np.float32)
    dome = (x**2 + y**2) / 80
    dome[dome > 15] = 100
    still = frontal.rotate_surface(dome, (40, 40), 2.0, rotation(0, 0, 0), 100)
    np.testing.assert_allclose(still[20:60, 20:60], dome[20:60, 20:60], atol=1.0)
    plane = np.tan(np.radians(20)) * 2.0 * x  # a plane turned by 20 degrees
    plane = np.where(np.abs(y) < 30, plane, 100).astype(np.float32)
    back = frontal.rotate_surface(plane, (40, 40), 2.0, rotation(20, 0, 0), 100)
    np.testing.assert_allclose(back[30:50, 20:60], 0, atol=1.0)


def test_virtual_noses_are_found(seen: tuple[np.ndarray, list[dict]]) -> None:
    frames, rows = seen
    faces = prepare(list(frames), [365.0] * len(frames), WINDOW, 0.3, False)
    assert all(face.image is not None for face in faces)
    off = [
        np.hypot(face.nose_position[0] - row["nose_column"],
                 face.nose_position[1] - row["nose_row"])
        * row["distance"] / 365
        for face, row in zip(faces, rows, strict=True)
    ]  # fmt: skip
    assert np.median(off) < 6  # mm
    assert max(off) < 20


def test_what_comes_together_makes_no_difference(seen: tuple[np.ndarray, list[dict]]) -> None:
    frames = list(seen[0][:5])
    together = prepare(frames, [365.0] * 5, WINDOW, 0.3, True)
    for frame, face in zip(frames, together, strict=True):
        alone = prepare([frame], [365.0], WINDOW, 0.3, True)[0]
        np.testing.assert_allclose(alone.image, face.image, atol=1e-4)


def test_a_border_round_the_frame_makes_no_difference(seen: tuple[np.ndarray, list[dict]]) -> None:
    frame = seen[0][0]
    plain = prepare([frame], [365.0], WINDOW, 0.3, False)[0]
    wider = prepare([np.pad(frame, ((0, 24), (0, 64)))], [365.0], WINDOW, 0.3, False)[0]
    np.testing.assert_allclose(plain.nose_position, wider.nose_position, atol=1.5)  # pixels


def test_frames_without_a_face_say_why() -> None:
    rng = np.random.default_rng(0)
    wall = np.full((128, 128), 900, np.uint16)
    noise = rng.integers(0, 8000, (128, 128)).astype(np.uint16)
    nothing = np.zeros((128, 128), np.uint16)
    faces = prepare([wall, noise, nothing], [365.0] * 3, WINDOW, 0.3, False)
    assert all(face.image is None for face in faces)
    assert all(face.reason for face in faces)


def test_a_face_at_the_border_is_cut_off(seen: tuple[np.ndarray, list[dict]]) -> None:
    frame, row = seen[0][0], seen[1][0]
    half = frame[:, round(row["nose_column"]) - 4 :]
    face = prepare([half], [365.0], WINDOW, 0.0, False)[0]
    assert face.image is None


def test_one_empty_batch_and_one_map_are_fine() -> None:
    assert prepare([], [], WINDOW, 0.3, False) == []
    found = locate_noses([np.ones((10, 10), np.float32)])[0]
    assert found.confidence < 0.3


def test_photographs_keep_their_range() -> None:
    image = np.array([[0, 255], [255, 0]], np.uint8).repeat(24, 0).repeat(24, 1)
    face = normalise_image(image, 32)
    assert face.shape == (32, 32)
    assert face.min() == -1
    assert face.max() == 1
    np.testing.assert_allclose(
        normalise_image(np.full((48, 48), 51, np.uint8), 64), -0.6, atol=1e-6
    )


def test_of_two_people_the_nearer_one_is_taken(seen: tuple[np.ndarray, list[dict]]) -> None:
    near, far = seen[0][0].astype(np.int64), seen[0][-1].astype(np.int64)
    far = np.where(far > 0, far + 700, 0)
    both = np.hstack([far, near]).astype(np.uint16)
    face = prepare([both], [365.0], WINDOW, 0.3, False)[0]
    row = seen[1][0]
    assert face.image is not None
    assert face.nose_position[0] == pytest.approx(128 + row["nose_column"], abs=4)
    assert face.nose_position[1] == pytest.approx(row["nose_row"], abs=4)
