"""The depth cameras that people own: published noise, steps, shadows, and faces that are found."""

import dataclasses
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from depthfaces import params, pretrain
from depthfaces.__main__ import usual_focal
from depthfaces.depth.dataset import window
from depthfaces.depth.prepare import prepare
from depthfaces.errors import ParamsError
from depthfaces.faces import FaceSet
from depthfaces.schema import Virtual
from depthfaces.sources import virtual
from depthfaces.sources.virtual import emotions, flight, sensors
from depthfaces.sources.virtual.camera import EMPTY
from depthfaces.sources.virtual.triangulation import Triangulation, shadow
from depthfaces.studies.dfeatures.sets import section_for

SETTINGS = params.load()
WALL = (1500.0, 3000.0)
# Frame size, and distances in mm at which each sensor is used.
USE = {
    "kinect-v1": (224, 750.0, 1150.0),
    "kinect-v2": (128, 750.0, 1150.0),
    "realsense": (160, 550.0, 800.0),
    "truedepth": (320, 300.0, 500.0),
}


def camera(name: str) -> Virtual:
    size, near, far = USE.get(name, (128, 750.0, 1150.0))
    change = {"sensor": name, "size": size, "near": near, "far": far}
    return SETTINGS.data.virtual.model_copy(update=change)


def planes(depth: float, count: int = 24, side: int = 96) -> np.ndarray:
    """Return planes (n, 2S, 2S) that face the camera, each a little farther than the last."""
    away = np.linspace(0.98, 1.02, count, dtype=np.float32)[:, None, None] * np.float32(depth)
    return np.broadcast_to(away, (count, 2 * side, 2 * side))


def published(name: str, depth: float) -> float:
    """Return the standard deviation in mm that the sources of `sensors.SENSORS` give at `depth`."""
    metres = depth / 1000
    return {
        "kinect-v1": 0.5 * 2.85e-5 * (depth / 10) ** 2 * 10,
        "kinect-v2": 1.5 - 0.5 * metres + 0.3 * metres**2,
        "realsense": depth**2 * 0.08 / (424 * 50),
        "truedepth": depth**2 * 0.05 / (432 * 27),
    }[name]


def test_the_names_are_those_of_the_schema() -> None:
    told = get_args(Virtual.model_fields["sensor"].annotation)
    assert set(told) == {"own", *sensors.SENSORS}
    assert SETTINGS.data.virtual.sensor == "own"


@pytest.mark.parametrize("depth", [500.0, 800.0, 1200.0])
@pytest.mark.parametrize("name", sensors.SENSORS)
def test_noise_on_a_plane_is_as_published(name: str, depth: float) -> None:
    true = planes(depth)
    read = sensors.SENSORS[name].read(true, 1.0, WALL, np.random.default_rng(1))
    error = read.astype(float) - true[:, ::2, ::2]
    spread = float(error[:, 8:-8, 8:-8].std())  # at the border smooth noise is stronger
    with_rounding = np.hypot(published(name, depth), 1 / np.sqrt(12))
    assert spread == pytest.approx(with_rounding, rel=0.2)
    assert sensors.SENSORS[name].deviation(depth) == pytest.approx(with_rounding, rel=0.1)


def test_truedepth_errs_by_less_than_a_millimetre_near_by() -> None:
    assert published("truedepth", 450) < 1


def test_a_kinect_v1_reads_in_steps_that_grow_with_the_square() -> None:
    device = sensors.SENSORS["kinect-v1"]
    assert isinstance(device, Triangulation)
    for depth, step in ((1000.0, 2.87), (2000.0, 11.5)):
        slanted = np.linspace(0.95, 1.05, 256, dtype=np.float32) * np.float32(depth)
        read = device.read(np.tile(slanted, (1, 256, 1)), 0.0, WALL, np.random.default_rng(0))
        gaps = np.diff(np.unique(read[read > 0]).astype(float))
        assert gaps.mean() == pytest.approx(step, rel=0.05)
        assert device.resolution(depth) == pytest.approx(step, rel=0.01)


def test_noise_of_stereo_is_wider_than_a_pixel_and_of_time_of_flight_is_not() -> None:
    alike = {}
    for name in ("realsense", "kinect-v2"):
        true = planes(1000)
        read = sensors.SENSORS[name].read(true, 1.0, WALL, np.random.default_rng(3))
        error = read - true[:, ::2, ::2]
        alike[name] = np.corrcoef(error[:, :, 3:].ravel(), error[:, :, :-3].ravel())[0, 1]
    assert alike["realsense"] > 0.5
    assert alike["kinect-v2"] < 0.4


def head_before_wall(side: int = 256) -> np.ndarray:
    """Return a square (1, 2S, 2S) 700 mm away before nothing."""
    true = np.full((1, side, side), EMPTY, np.float32)
    inner = slice(side // 4 - 1, 3 * side // 4 + 1)  # begins and ends within a pixel
    true[:, inner, inner] = 700
    return true


@pytest.mark.parametrize(
    ("name", "left"), [("kinect-v1", True), ("realsense", True), ("truedepth", False)]
)
def test_the_shadow_has_the_width_of_the_disparities_and_lies_away_from_the_partner(
    name: str, left: bool
) -> None:
    device = sensors.SENSORS[name]
    assert isinstance(device, Triangulation)
    read = device.read(head_before_wall(), 0.0, (2000.0, 2000.0), np.random.default_rng(0))[0]
    row = read[64]
    before, after = row[:32], row[96:]
    dark, bright = (before, after) if left else (after, before)
    wide = device.focal * abs(device.baseline) * (1 / 700 - 1 / 2000)
    assert (dark == 0).sum() == pytest.approx(min(wide, 32), abs=2)
    assert (bright == 0).sum() <= 1
    assert (np.abs(row[36:92].astype(float) - 700) < 2).all()


@pytest.mark.parametrize("depth", [350.0, 4300.0])
def test_a_kinect_v1_reads_nothing_too_near_or_too_far(depth: float) -> None:
    read = sensors.SENSORS["kinect-v1"].read(planes(depth, 1), 1.0, WALL, np.random.default_rng(0))
    assert not read.any()


@pytest.mark.parametrize("name", sensors.SENSORS)
def test_edges_are_straight_without_noise_and_wobble_with_it(name: str) -> None:
    device = dataclasses.replace(sensors.SENSORS[name], missing=0.0)

    def uneven(noise: float) -> float:
        """Return how much the less even edge of a square differs from row to row, in pixels.

        The other may be the shadow's.
        """
        read = device.read(head_before_wall(), noise, WALL, np.random.default_rng(0))
        there = (read[0, 40:88] > 650) & (read[0, 40:88] < 750)
        from_middle = (there[:, 64:], there[:, 63::-1])
        return max(float(half.argmin(1).std()) for half in from_middle)

    assert uneven(0.0) == 0
    assert uneven(1.0) > 0.2


def test_who_stands_where_the_camera_stands_sees_all() -> None:
    true = np.random.default_rng(0).uniform(500, 3000, (2, 8, 64)).astype(np.float32)
    assert not shadow(true, 0.0).any()
    mirrored = shadow(true[..., ::-1], -40000.0)[..., ::-1]
    np.testing.assert_array_equal(shadow(true, 40000.0), mirrored)
    assert shadow(true, 40000.0).mean() > 0.3


@pytest.mark.parametrize("name", ["kinect-v1", "realsense", "truedepth"])
def test_steep_surfaces_lose_their_share_of_readings(name: str) -> None:
    """Those turned up, so that no shadow falls on them."""
    device = sensors.SENSORS[name]
    assert isinstance(device, Triangulation)

    def lost(degrees: float) -> float:
        fall = np.tan(np.radians(degrees)) / device.focal / 2  # share of the depth, a sample
        down = 600 * np.exp(fall * np.arange(-64, 64, dtype=np.float32))
        true = np.broadcast_to(down[:, None], (24, 128, 128))
        read = device.read(true, 1.0, WALL, np.random.default_rng(2))
        return float((read[:, 8:-8, 8:-8] == 0).mean())

    assert lost(device.steepest - 6) < 0.02
    assert lost(device.steepest + 6) == pytest.approx(device.missing, abs=0.12)


def test_a_kinect_v2_is_noisier_on_a_slope_and_so_says_its_formula() -> None:
    down = 900 * np.exp(np.tan(np.radians(60)) / 365 * np.arange(-32, 32, dtype=np.float32))
    slanted = np.broadcast_to(down[:, None], (1, 64, 64))
    angle = np.pi / 3
    wanted = 1.5 - 0.45 + 0.243 + 0.1 * 0.9**1.5 * angle**2 / (np.pi / 2 - angle) ** 2
    assert flight.fankhauser(slanted, 365.0)[0, 32, 32] == pytest.approx(wanted, rel=0.02)


def test_the_knobs_of_the_own_camera_do_nothing_to_another() -> None:
    strange = {"axial": 9.0, "lateral": 3.0, "missing": 0.0, "flying": 0.0, "focal": 100.0}
    few = {"subjects": 3, "frames": 1, "emotions": ["Neutral", "Fear"]}
    plain = camera("realsense").model_copy(update=few)
    one, rows = next(virtual.people_frames(plain, 3))
    other, _ = next(virtual.people_frames(plain.model_copy(update=strange), 3))
    np.testing.assert_array_equal(one, other)
    assert {row["focal"] for row in rows} == {424.0}


def test_recognise_takes_frames_for_those_of_the_sensor() -> None:
    def usual(source: str, name: str) -> float:
        told = {"source": source, "virtual": camera(name)}
        return usual_focal(SETTINGS.data.model_copy(update=told))

    assert usual("virtual", "own") == SETTINGS.data.virtual.focal
    assert usual("virtual", "truedepth") == 432.0
    assert usual("folder", "truedepth") == SETTINGS.data.folder.focal


def test_who_draws_virtual_people_for_something_else_keeps_the_sensor_and_wants_no_truth() -> None:
    virtual_ = camera("realsense").model_copy(update={"truth": ["depth"]})
    settings = SETTINGS.model_copy(
        update={"data": SETTINGS.data.model_copy(update={"virtual": virtual_})}
    )
    table = pd.DataFrame({"id": ["a", "b"], "label": ["Fear", "Neutral"], "unit": "mm"})
    asked = pretrain.Asked("camera", "", 4, 2)
    first = pretrain.camera(FaceSet(np.zeros((2, 8, 8)), table), settings, asked)
    further = section_for("virtual-hard", settings)
    assert further is not None
    for chosen in (first, further.virtual):
        assert (chosen.sensor, chosen.size, chosen.truth) == ("realsense", 160, [])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"size": 128},
            r"data\.virtual\.size: expected 155 to 480 pixels .* kinect-v1 .* found 128",
        ),
        ({"size": 512}, r"expected 155 to 480 .* found 512"),
        ({"near": 350.0}, r"data\.virtual\.near: kinect-v1 sees nothing below 400 mm, found 350"),
    ],
)
def test_a_frame_that_cannot_hold_a_face_is_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(ParamsError, match=words):
        next(virtual.people_frames(camera("kinect-v1").model_copy(update=change), 1))


@pytest.mark.parametrize("name", sensors.SENSORS)
def test_faces_of_every_sensor_are_found_where_they_are(name: str) -> None:
    chosen = camera(name)
    units = [{}, {12: 0.8, 6: 0.7, 25: 0.6}, {1: 1.0, 2: 1.0, 25: 1.0, 26: 0.9, 27: 0.8}]
    span = window(SETTINGS.preprocess)
    focal = sensors.device(chosen).focal
    faces = []
    middle = (chosen.size - 1) / 2
    for person in (0, 1):
        views = np.zeros((3, 6))
        views[:, 0], views[:, 3] = (-12, 0, 12), np.linspace(chosen.near, chosen.far, 3)
        images, _ = virtual.render(chosen, units, person, 11, views)
        found = prepare(list(images), [focal] * 3, span, SETTINGS.preprocess.confidence, False)
        faces += found
        for face, away in zip(found, views[:, 3], strict=True):
            off = (
                np.hypot(face.nose_position[0] - middle, face.nose_position[1] - middle)
                * away
                / focal
            )
            assert off < 12, (name, person, off)
    assert [face.reason for face in faces] == [""] * 6


def test_mixtures_are_strengths_left_and_right() -> None:
    strengths = emotions.mixture({12: 0.8, 4: (1.0, 0.0)})
    assert strengths[emotions.AUS.index(12)].tolist() == [0.8, 0.8]
    assert strengths[emotions.AUS.index(4)].tolist() == [1.0, 0.0]
    assert strengths.sum() == pytest.approx(2.6)
    with pytest.raises(ParamsError, match="action unit 3: expected one of 1, 2, 4"):
        emotions.mixture({3: 1.0})
    with pytest.raises(
        ParamsError, match="action unit 12: expected strengths from 0 to 1, found 2"
    ):
        emotions.mixture({12: 2.0})
