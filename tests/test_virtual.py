"""The virtual depth camera: people, emotions, projection, z-buffer, sensor."""

import dataclasses

import numpy as np
import pytest

from depthfaces import params, seeding
from depthfaces.depth.pose import rotation
from depthfaces.faces import FaceSet
from depthfaces.schema import Emotion, Params
from depthfaces.sources import virtual
from depthfaces.sources.virtual import camera, emotions, flesh, heads, people, sensor, shells

WALL = (1500.0, 8000.0)
PERFECT = sensor.Sensor(axial=0, lateral=0, missing=0, flying=0, wall=WALL)


def small(**change: object) -> Params:
    content = params.read()
    content["data"]["virtual"] |= {"subjects": 3, "frames": 1, "size": 64, **change}
    return params.check(content)


@pytest.fixture(scope="module")
def model() -> heads.Heads:
    return heads.load()


def test_every_emotion_of_the_schema_has_its_units() -> None:
    assert set(emotions.EMOTIONS) == set(Emotion.__args__)
    assert all(set(units) <= set(emotions.UNITS) for units in emotions.EMOTIONS.values())
    for emotion, styles in emotions.STYLES.items():
        for style in styles:
            assert set(style) <= set(emotions.UNITS)
            assert not set(style) & set(emotions.EMOTIONS[emotion])


def test_every_unit_drives_known_facial_actions(model: heads.Heads) -> None:
    for row, unit in enumerate(emotions.AUS):
        alone = np.zeros((len(emotions.AUS), 2))
        alone[row] = 1.0
        weights = emotions.actions(alone, model.action_labels)
        assert weights.max() > 0.3, unit
        ends = [emotions.most(name) for name in model.action_labels]
        assert (weights <= ends).all()


def test_left_right_strengths_reach_left_right_actions(model: heads.Heads) -> None:
    one_sided = np.zeros((len(emotions.AUS), 2))
    one_sided[emotions.AUS.index(12), 0] = 0.8
    weights = dict(
        zip(model.action_labels, emotions.actions(one_sided, model.action_labels), strict=True)
    )
    assert weights["mouthSmileLeft"] == pytest.approx(0.8 * 0.7)
    assert weights["mouthSmileRight"] == 0


def test_zero_intensity_leaves_only_the_twitches_of_other_units() -> None:
    still = [emotions.draw_units("Surprise", 0, 0, np.random.default_rng(k)) for k in range(400)]
    strong = [emotions.draw_units("Surprise", 1, 1, np.random.default_rng(k)) for k in range(400)]
    jaw = emotions.AUS.index(26)
    assert np.mean(still, 0)[jaw].max() < 0.05
    assert np.mean(strong, 0)[jaw].min() > 0.5


def test_contempt_is_shown_on_one_side_only() -> None:
    drawn = [emotions.draw_units("Contempt", 1, 1, np.random.default_rng(k)) for k in range(50)]
    for units in drawn:
        assert (units[emotions.AUS.index(14)] == 0).any()


def test_the_sum_of_actions_equals_the_model_itself(model: heads.Heads) -> None:
    person = people.draw(seeding.stream(1, "person", 0), model.change_labels)
    person = dataclasses.replace(person, size=(1.0, 1.0, 1.0))
    weights = np.zeros((1, len(model.action_labels)))
    weights[0, [3, 24, 43]] = 0.3, 0.7, 1.0
    ours = model.frames(model.neutral(person), weights)[0]
    known = model.action_labels[: -len(flesh.MOVING)]
    actions = dict(zip(known, weights[0], strict=False))
    theirs = heads._vertices(
        model.model,
        phenotype_kwargs=person.phenotypes,
        local_changes_kwargs=person.changes,
        facial_actions=actions,
    )[0]
    rest = model.neutral(person)
    ours = ours - model.rest
    np.testing.assert_allclose(ours - ours.mean(0), theirs - theirs.mean(0), atol=1e-3)
    assert np.abs(ours - rest).max() > 5  # mm: something moved


def test_left_and_right_of_a_face_are_nearly_equal(model: heads.Heads) -> None:
    changes = people.draw(seeding.stream(1, "person", 0), model.change_labels).changes
    pairs = [(v, changes[f"r-{k[2:]}"]) for k, v in changes.items() if k.startswith("l-")]
    assert len(pairs) > 20
    assert max(abs(left - right) for left, right in pairs) < 6 * people.ASYMMETRY


def test_pose_turns_the_nose_as_stated() -> None:
    nose = np.array([0, 0, -1.0])
    assert (rotation(30, 0, 0) @ nose)[0] == pytest.approx(0.5)  # right
    assert (rotation(0, 30, 0) @ nose)[1] == pytest.approx(0.5)  # down
    assert (rotation(0, 0, 90) @ [1, 0, 0])[1] == pytest.approx(1)  # clockwise: right to down
    np.testing.assert_allclose(rotation(0, 0, 0), np.eye(3))


def test_projection_of_a_point_ahead_is_the_centre() -> None:
    pixels = camera.project(np.array([[[0, 0, 1000], [100, 0, 1000]]], np.float32), 365, 129)
    np.testing.assert_allclose(pixels[0], [[64, 64, 1000], [100.5, 64, 1000]])


def test_z_buffer_of_a_slanted_triangle_is_its_plane_and_nearer_wins() -> None:
    plane = np.array([[-9, -9, 100], [60, -9, 300], [-9, 60, 300]], np.float32)
    front = np.array([[10, 10, 50], [20, 10, 50], [10, 20, 50]], np.float32)
    triangles = np.array([[0, 1, 2], [3, 5, 4]], np.int32)
    depth = camera.depth_maps(np.concatenate([plane, front])[None], triangles, 32)[0]
    share = (5 + 9 + 3 + 9) / 69  # of the way from the first corner to the other edge
    assert depth[3, 5] == pytest.approx(1 / ((1 - share) / 100 + share / 300), rel=1e-5)
    assert depth[12, 12] == pytest.approx(50)
    assert depth[31, 31] == camera.EMPTY  # beyond the slanted edge


def test_a_perfect_sensor_only_rounds() -> None:
    true = np.full((1, 16, 16), 900.4, np.float32)
    read = sensor.sense(true, PERFECT, np.random.default_rng(0))
    assert read.shape == (1, 8, 8)
    assert read.dtype == np.uint16
    assert (read == 900).all()


def test_axial_noise_has_the_stated_size_and_grows_with_the_square() -> None:
    noisy = sensor.Sensor(axial=2.0, lateral=0, missing=0, flying=0, wall=WALL)
    spread = {}
    for mm in (1000, 2000):
        true = np.full((24, 128, 128), mm, np.float32)
        spread[mm] = sensor.sense(true, noisy, np.random.default_rng(0)).std()
    assert spread[2000] == pytest.approx(4 * spread[1000], rel=0.1)
    assert spread[1000] == pytest.approx(2.0, rel=0.15)


def test_edges_lose_readings_and_fly() -> None:
    true = np.full((1, 64, 64), 3000, np.float32)
    true[:, :, 11:41] = 800
    worst = sensor.Sensor(axial=0, lateral=0, missing=0.5, flying=0.5, wall=WALL)
    read = sensor.sense(true, worst, np.random.default_rng(0))[0]
    assert (read == 0).any()
    assert ((read > 810) & (read < 2900)).any()
    assert (read[:, 8:18] == 800).all()


@pytest.mark.slow
def test_a_person_is_the_same_in_every_set_and_the_same_seed_gives_the_same_bytes() -> None:
    few, many = small(subjects=3).data.virtual, small(subjects=4).data.virtual
    one = list(virtual.people_frames(few, 7))
    two = list(virtual.people_frames(many, 7))
    for (images, rows), (others, other_rows) in zip(one, two, strict=False):
        np.testing.assert_array_equal(images, others)
        assert rows == other_rows
    assert not np.array_equal(one[0][0], next(virtual.people_frames(few, 8))[0])


@pytest.mark.slow
def test_the_set_on_disk_says_what_is_true(tmp_path) -> None:
    p = small()
    virtual.collect(p, tmp_path / "raw")
    faces = FaceSet.open(tmp_path / "raw")
    assert len(faces) == 3 * 7
    assert faces.images.dtype == np.uint16
    assert list(faces.table["subject"].unique()) == ["0000", "0001", "0002"]
    for unit in (1, 2, 4, 5, 6, 7, 9, 12, 15, 17, 20, 23, 24, 25, 26, 27):
        assert faces.table[f"au{unit}"].between(0, 1).all()
    # The reading at the true nose is the true distance, to the noise and half a face's slope.
    for image, row in zip(faces.images, faces.table.itertuples(), strict=True):
        reading = image[round(row.nose_row), round(row.nose_column)]
        assert reading == pytest.approx(row.distance, abs=15)


def test_hair_only_adds_and_a_bald_head_is_unchanged(model: heads.Heads) -> None:
    person = people.draw(seeding.stream(1, "person", 0), model.change_labels)
    bald = people.Person(**{**person.__dict__, "hair": 0.0})
    head = model.template
    np.testing.assert_array_equal(shells.scalp(head, bald), head)
    hairy = shells.scalp(head, people.Person(**{**person.__dict__, "hair": 15.0}))
    grown = np.linalg.norm(hairy - shells.SKULL, axis=1) - np.linalg.norm(
        head - shells.SKULL, axis=1
    )
    assert grown.min() > -1e-3
    assert grown.max() > 10
    assert grown[model.tip] == pytest.approx(0, abs=1e-3)


def test_presets_scale_the_emotions_and_the_noise() -> None:
    strength, roughness = {}, {}
    for preset in virtual.PRESETS:
        camera_ = small(preset=preset, emotions=["Surprise", "Neutral"]).data.virtual
        frames, rows = next(virtual.people_frames(camera_, 3))
        strength[preset] = rows[0]["au1"] + rows[0]["au2"]
        middle = frames[:, 24:40, 24:40].astype(float)
        roughness[preset] = np.abs(np.diff(middle, 2, axis=2)).mean()
    assert strength["easy"] > strength["default"] > strength["hard"]
    assert roughness["easy"] < roughness["hard"]


def test_flesh_changes_depth_as_its_bumps_say(model: heads.Heads) -> None:
    """Seen from the front, on ground that is not steep: a point moves along its normal."""
    weights = np.zeros((1, len(model.action_labels)))
    weights[0, model.action_labels.index("smileFlesh")] = 1
    moved = model.frames(model.template, weights)[0]
    slope = flesh.normals(model.template, model.triangles)
    flat = (slope[:, 2] < -0.9) & (model.template[:, 2] < flesh.BEHIND)
    wanted = flesh.depth(model.template, flesh.BUMPS["smileFlesh"])
    found = (moved - model.template)[:, 2] / slope[:, 2] ** 2
    np.testing.assert_allclose(found[flat], wanted[flat], atol=1e-3)
    assert wanted[flat].max() > 1
    assert wanted[flat].min() < -1
    behind = model.template[:, 2] >= flesh.BEHIND
    assert (moved == model.template)[behind].all()


def test_bumps_are_the_same_on_both_sides() -> None:
    points = np.array([[20.0, 30.0, 5.0], [-20.0, 30.0, 5.0], [0.0, 26.0, 0.0]])
    right, left, middle = flesh.depth(points, ((20.0, 30.0, 3.0), (0.0, 26.0, 2.0)))
    assert right == pytest.approx(left)
    assert right > 3
    assert middle == pytest.approx(2 + 2 * 3 * np.exp(-(20**2 + 4**2) / (2 * flesh.WIDE**2)))


def test_an_open_jaw_brings_the_chin_down_more_than_back(model: heads.Heads) -> None:
    wide = np.zeros((len(emotions.AUS), 2))
    for unit, value in (emotions.EMOTIONS["Surprise"] | emotions.STYLES["Surprise"][-1]).items():
        wide[emotions.AUS.index(unit)] = value
    weights = emotions.actions(wide, model.action_labels)
    head = model.template
    moved = model.frames(head, weights[None])[0] - head
    middle = np.flatnonzero((np.abs(head[:, 0]) < 5) & (head[:, 2] < 60) & (head[:, 1] > 20))
    chin = middle[np.argmax(head[middle, 1] * (head[middle, 2] < 45))]
    assert moved[chin, 1] > 15
    assert moved[chin, 1] > moved[chin, 2]


def test_a_person_has_a_style_of_their_own_the_same_left_and_right(model: heads.Heads) -> None:
    labels = model.action_labels
    one, same, other = (emotions.style(seed, labels) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.allclose(one, other)
    left, right = (one[labels.index(f"mouthSmile{side}")] for side in ("Left", "Right"))
    assert left == right


def test_frames_show_the_style_of_their_person(monkeypatch: pytest.MonkeyPatch) -> None:
    few = small(emotions=["Happiness", "Neutral"]).data.virtual
    (styled, _), *_ = virtual.people_frames(few, 7)
    monkeypatch.setattr(emotions, "style", lambda _, labels: np.ones(len(labels)))
    (plain, _), *_ = virtual.people_frames(few, 7)
    assert not np.array_equal(styled, plain)


def test_a_smile_shows_teeth_or_not_and_never_goes_without_its_corners() -> None:
    drawn = np.stack(
        [emotions.draw_units("Happiness", 1, 1, np.random.default_rng(k)) for k in range(300)]
    )
    corners, parted = (drawn[:, emotions.AUS.index(unit)].mean(1) for unit in (12, 25))
    assert corners.min() > 0.5
    assert 0.2 < (parted < 0.1).mean() < 0.6


def test_a_head_has_the_size_of_its_person_and_resting_flesh(model: heads.Heads) -> None:
    person = people.draw(seeding.stream(1, "person", 0), model.change_labels)
    plain, wide = (
        model.neutral(dataclasses.replace(person, size=size)) - model.rest
        for size in ((1.0, 1.0, 1.0), (1.2, 1.0, 1.0))
    )
    np.testing.assert_allclose(wide[:, 0], 1.2 * plain[:, 0], atol=1e-3)
    np.testing.assert_allclose(wide[:, 1:], plain[:, 1:], atol=1e-3)
    assert np.abs(model.rest).max() > 2  # mm
    np.testing.assert_array_equal(model.rest[model.tip], 0)
