"""The baselines camera and reenact: planted heads, motions and turns are found again."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from depthfaces import params, pretrain, seeding
from depthfaces.baselines import about, camera, donors, morphable, motion, parts, reenact, surface
from depthfaces.baselines.cast import Cast
from depthfaces.baselines.morphable import Model
from depthfaces.baselines.surface import STRAIGHT, View
from depthfaces.depth import frontal
from depthfaces.depth.crop import Window, fill
from depthfaces.depth.pose import rotation
from depthfaces.errors import DataError
from depthfaces.faces import FaceSet
from depthfaces.sources.virtual import people_frames
from tests.conftest import tiny

WINDOW = Window(64, 180.0, -20.0, 100.0)
PITCH = 180 / 64
NOTHING = reenact.NOTHING


@pytest.fixture(scope="module")
def model() -> Model:
    """The morphable head."""
    return morphable.load()


def hill(across: float = 0.0, nearer: float = 0.0) -> np.ndarray:
    """Return a smooth head (64, 64) in [-1, 1] with a nose `across` mm to the right."""
    y, x = np.mgrid[:64, :64] * PITCH - 31.5 * PITCH
    behind = 10 + (x**2 / 75 + y**2 / 110) * 0.6
    behind -= (10 + nearer) * np.exp(-((x - across) ** 2 + y**2) / (2 * 9**2))
    return WINDOW.encode(np.where((x / 70) ** 2 + (y / 84) ** 2 < 1, behind, 100).astype("f4"))


def again(image: np.ndarray, view: View = STRAIGHT) -> np.ndarray:
    """Return a face (64, 64) in mm, lifted and seen from `view`."""
    return surface.shown(surface.lift(image, WINDOW), NOTHING, view, WINDOW)


def rendered(head: morphable.Fit, model: Model) -> np.ndarray:
    """Return what a camera sees of a head of the model, (64, 64) in [-1, 1]."""
    points = (motion.placed(head, model)[model.corners] * model.shares[..., None]).sum(1)
    behind = surface.z_buffer(points, np.zeros((len(points), 2), "f4"), WINDOW)
    return WINDOW.encode(fill(behind, behind < 100, 100))


def strengths(model: Model, **values: float) -> np.ndarray:
    """Return the weights (A,) of actions by name."""
    return morphable.start(model, **values).weights


def test_no_motion_and_no_turn_give_the_face_back() -> None:
    behind = WINDOW.decode(hill())
    seen = again(hill())
    head = behind < 99
    assert ((seen < 99) != head).mean() < 0.01
    both = head & (seen < 99)
    assert np.abs(seen - behind)[both].mean() < 0.1
    assert np.abs(seen - behind)[both].max() < 1


def test_the_background_stays_background() -> None:
    corners = again(hill())[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert np.array_equal(WINDOW.encode(corners), np.full(4, -1, "f4"))
    noisy = surface.sensed(again(hill()), WINDOW, np.random.default_rng(0))
    assert ((noisy == -1) == (again(hill()) >= 100)).all()


def test_a_turn_is_that_of_the_frontal_view() -> None:
    """`frontal.rotate_surface` undoes a rotation, so the transpose makes it."""
    turn = rotation(12, -6, 3)
    ours = again(hill(), View(turn, 1.0, np.zeros(2, "f4")))
    behind = WINDOW.decode(hill())
    theirs = frontal.rotate_surface(behind, (31.5, 31.5), PITCH, np.ascontiguousarray(turn.T), 100)
    theirs = fill(theirs, theirs < 100, 100)
    both = (ours < 99) & (theirs < 99)
    assert both.sum() > 1500
    assert np.median(np.abs(ours - theirs)[both]) < 1


def test_scale_and_shift_of_a_view() -> None:
    moved = again(hill(), View(np.eye(3, dtype="f4"), 1.0, np.array([2 * PITCH, -PITCH], "f4")))
    there = np.roll(again(hill()), (-1, 2), (0, 1))
    assert np.abs(moved - there)[10:-10, 10:-10].max() < 0.5
    larger = again(hill(), View(np.eye(3, dtype="f4"), 1.05, np.zeros(2, "f4")))
    assert (larger < 99).sum() / (again(hill()) < 99).sum() == pytest.approx(1.05**2, abs=0.02)


def test_moved_points_move_the_nose_by_as_much() -> None:
    points, solid = surface.lift(hill(), WINDOW)
    near = np.exp(-(points[..., 0] ** 2 + points[..., 1] ** 2) / (2 * 20**2))[..., None]
    way = np.array([2 * PITCH, 0, -6], "f4")
    moved = surface.Surface((points + near * way).astype("f4"), solid)
    seen = surface.shown(moved, NOTHING, STRAIGHT, WINDOW)
    before, after = (np.unravel_index(one.argmin(), one.shape) for one in (again(hill()), seen))
    assert abs(after[1] - before[1] - 2) <= 1
    assert abs(after[0] - before[0]) <= 1
    assert seen.min() - again(hill()).min() == pytest.approx(-6, abs=1)


def test_the_nearest_points_hide_the_others() -> None:
    points = np.array([[0.5, 0.5, 30], [0.5, 0.5, 12], [0.5, 0.5, 14]], "f4")
    seen = surface.z_buffer(points, np.zeros((3, 2), "f4"), WINDOW)
    assert seen[32, 32] == pytest.approx(13)  # those of one surface are averaged
    assert (np.delete(seen, 32 * 64 + 32) == 100).all()


def test_a_point_is_read_at_the_middle_of_its_pixel() -> None:
    middle = 0.5 * PITCH
    points = np.array([[middle + 1, middle, 20]], "f4")
    seen = surface.z_buffer(points, np.array([[0.5, 0]], "f4"), WINDOW)
    assert seen[32, 32] == pytest.approx(19.5)


def test_the_nose_is_read_where_it_was() -> None:
    before = WINDOW.decode(hill())
    moved = np.where(before < 100, before + 7, 100).astype("f4")
    assert np.allclose(surface.renosed(moved, before, WINDOW), before, atol=1e-4)


def test_parted_lips_are_a_furrow_of_bounded_depth() -> None:
    points, solid = surface.lift(hill(), WINDOW)
    points[80:, :, 1] += 20
    mouth = np.zeros(solid.shape, bool)
    mouth[74:86, 54:74] = True
    between = motion.furrow(surface.Surface(points, solid), mouth, 1.0, WINDOW)
    assert len(between) == 20 * round(motion.HOLLOW / PITCH)
    lip = points[79:81, 54:74, 2]
    assert 18 < between[:, 2].max() - lip.max() < 24
    deepest = motion.furrow(surface.Surface(points, solid), mouth, 5.0, WINDOW)[:, 2].max()
    assert deepest - lip.max() == pytest.approx(motion.HOLLOW, abs=1)
    assert len(motion.furrow(surface.lift(hill(), WINDOW), mouth, 1.0, WINDOW)) == 0


def test_calming_keeps_a_smooth_motion_and_lips_apart() -> None:
    flat = np.full((40, 40, 3), 3.0)
    assert np.allclose(motion.calmed(flat), flat)
    apart = flat.copy()
    apart[20:] = 30
    calmed = motion.calmed(apart)
    assert np.allclose(calmed[:20], 3, atol=motion.TORN)
    assert np.allclose(calmed[20:], 30, atol=motion.TORN)


def test_a_planted_head_is_found(model: Model) -> None:
    shape = np.zeros(len(model.shapes))
    shape[:3] = 1, -1, 0.5
    turn = rotation(10, -5, 0).astype(float)
    image = rendered(morphable.start(model, shape)._replace(turn=turn), model)
    face = morphable.target(WINDOW.decode(image), WINDOW)
    found, heads = donors.resting([face], model)
    cosine = (np.trace(heads[0].turn.T @ turn) - 1) / 2
    assert np.degrees(np.arccos(min(cosine, 1))) < 4
    own, planted = (np.tensordot(one, model.shapes, 1)[model.vertices] for one in (found, shape))
    assert np.sqrt(((own - planted) ** 2).sum(1).mean()) < 4


def test_planted_actions_are_found(model: Model) -> None:
    shape = np.zeros(len(model.shapes))
    plan = strengths(model, jawOpen=0.8)
    image = rendered(morphable.start(model, shape)._replace(weights=plan), model)
    found = donors.acting(morphable.target(WINDOW.decode(image), WINDOW), shape, model)
    jaw = model.labels.index("jawOpen")
    assert found.weights[jaw] == pytest.approx(0.8, abs=0.25)
    assert found.weights[jaw] == found.weights.max()


def test_a_change_is_the_planted_motion(model: Model) -> None:
    plan = strengths(model, mouthSmileLeft=0.9, mouthSmileRight=0.9)
    first = morphable.start(model)
    neutral, smile = (
        morphable.target(WINDOW.decode(rendered(head, model)), WINDOW)
        for head in (first, first._replace(weights=plan))
    )
    held = [(face, donors.acting(face, first.shape, model, (0.0,))) for face in (neutral, smile)]
    assert np.abs(donors.change(held[:1], held[:1], model)).max() < 1e-6
    moved = donors.change(held[:1], held[1:], model)[model.vertices].ravel()
    planted = np.tensordot(plan, model.actions, 1)[model.vertices].ravel()
    assert np.corrcoef(moved, planted)[0, 1] > 0.6


def test_a_jaw_that_opens_makes_a_hollow_and_a_lower_chin(model: Model) -> None:
    head = morphable.start(model)
    image = rendered(head, model)
    rest = motion.settle(image, head, model, WINDOW)
    still = motion.act(rest, np.zeros(model.mean.shape), model, WINDOW)
    assert np.allclose(still.points, surface.lift(image, WINDOW).points)
    jaw = np.tensordot(strengths(model, jawOpen=0.8), model.actions, 1)
    opened = motion.act(rest, jaw, model, WINDOW)
    seen = surface.shown(opened, motion.furrow(opened, rest.mouth, 1.3, WINDOW), STRAIGHT, WINDOW)
    before = WINDOW.decode(image)
    column = slice(31, 33)
    hollow = (seen - before)[38:52, column].max()
    assert hollow > 12
    chins = [np.flatnonzero(one[:, 31] < 60).max() for one in (before, seen)]
    assert chins[1] - chins[0] >= 2


def test_joined_with_itself_a_face_stays() -> None:
    joined = parts.join(hill(), [hill()], WINDOW, np.random.default_rng(0))
    assert np.abs(WINDOW.decode(joined) - WINDOW.decode(hill())).max() < 0.1


def test_halves_are_those_of_the_two_faces() -> None:
    upper, lower = hill(nearer=3), hill(across=8)
    joined = parts.join(upper, [lower], WINDOW, np.random.default_rng(0))
    assert np.abs(WINDOW.decode(joined) - WINDOW.decode(upper))[:20].max() < 0.5
    below = (WINDOW.decode(joined) - WINDOW.decode(lower))[50:, 15:49]
    assert np.abs(below).max() < parts.MOST + 0.5
    assert below.std() < 0.5


def test_the_best_fitting_half_is_taken() -> None:
    far = WINDOW.encode(np.where(hill() > -1, WINDOW.decode(hill()) * 1.8, 100).astype("f4"))
    joined = parts.join(hill(), [far, hill()], WINDOW, np.random.default_rng(0))
    assert np.abs(WINDOW.decode(joined) - WINDOW.decode(hill())).max() < 0.1


def settings(**changes: dict[str, object]) -> params.Params:
    """Return tiny parameters."""
    return params.check(tiny(**changes))


def few(drawn: Path, **change: object) -> FaceSet:
    """Return three people's faces, with columns of the table changed."""
    faces = FaceSet.open(drawn)
    part = faces.pick(faces.table["subject"].isin(["000", "001", "004"]).to_numpy())
    return FaceSet(part.images, part.table.assign(**change))


@pytest.fixture(scope="module")
def sampler(drawn: Path) -> reenact.Reenacted:
    """Three people, each with four faces of three labels."""
    found = reenact.fit(few(drawn), few(drawn), settings(), 1)
    assert isinstance(found, reenact.Reenacted)
    return found


def test_each_label_has_its_ways(sampler: reenact.Reenacted) -> None:
    assert reenact.ways(sampler.cast, "Happiness") == ["pose", "expression", "donor", "parts"]
    assert reenact.ways(sampler.cast, "Neutral") == ["pose", "expression", "parts"]
    faces = sampler(np.array([0, 1, 2]), 5)
    assert faces.shape == (3, 32, 32)
    assert faces.dtype == np.float32
    assert np.abs(faces).max() <= 1
    assert (faces == -1).mean() > 0.1


def test_a_change_is_another_person_s(sampler: reenact.Reenacted) -> None:
    changes = sampler.cast.changes
    assert set(changes["Happiness"]) == {"000", "001", "004"}
    one = {"Happiness": {"000": changes["Happiness"]["000"]}}
    cast = dataclasses.replace(sampler.cast, changes=one)
    takers = {cast.actors["Neutral"][number][0] for number in cast.takers("Happiness")}
    assert takers == {"001", "004"}


def test_a_single_person_gives_nothing_to_another(drawn: Path) -> None:
    faces = FaceSet.open(drawn)
    alone = faces.pick(faces.table["subject"].to_numpy() == "000")
    sampler = reenact.fit(alone, alone, settings(), 1)
    assert reenact.ways(sampler.cast, "Happiness") == ["pose", "expression", "parts"]
    assert np.isfinite(sampler(np.array([0, 1, 2, 2]), 5)).all()


def test_without_neutral_faces_poses_and_parts_are_left(drawn: Path) -> None:
    faces = few(drawn)
    loud = faces.pick(faces.table["label"].to_numpy() != "Neutral")
    sampler = reenact.fit(loud, loud, settings(), 1)
    assert reenact.ways(sampler.cast, "Happiness") == ["pose", "parts"]
    assert np.isfinite(sampler(np.array([0, 1]), 5)).all()


def test_labels_that_are_no_emotions_have_no_expression(drawn: Path) -> None:
    faces = few(drawn)
    table = faces.table.replace({"label": {"Surprise": "Wink"}})
    sampler = reenact.fit(FaceSet(faces.images, table), faces, settings(), 1)
    assert reenact.ways(sampler.cast, "Wink") == ["pose", "donor", "parts"]


def test_unknown_people_act_alone(drawn: Path) -> None:
    """Nobody's neutral face is known beside another face of theirs, so no change is."""
    faces = few(drawn, subject="", group="")
    sampler = reenact.fit(faces, faces, settings(), 1)
    assert reenact.ways(sampler.cast, "Happiness") == ["pose", "expression", "parts"]


def test_one_face_of_a_label_makes_no_parts(drawn: Path) -> None:
    faces = few(drawn)
    one = np.flatnonzero(faces.table["label"].to_numpy() != "Surprise").tolist()
    one.append(int(np.flatnonzero(faces.table["label"].to_numpy() == "Surprise")[0]))
    sampler = reenact.fit(faces.pick(np.array(one)), faces, settings(), 1)
    assert "parts" not in reenact.ways(sampler.cast, "Surprise")


def test_parts_are_of_two_people(
    sampler: reenact.Reenacted, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast, faces = sampler.cast, sampler.cast.faces
    handed = []

    def spy(upper: np.ndarray, lowers: list, window: Window, rng: object) -> np.ndarray:
        owners = cast.owners
        mine = [k for k in range(len(faces)) if np.array_equal(faces.images[k], upper)]
        theirs = [
            k
            for k in range(len(faces))
            if any(np.array_equal(faces.images[k], lower) for lower in lowers)
        ]
        handed.append((owners[mine[0]], set(owners[theirs]), set(faces.table["label"][theirs])))
        return upper

    monkeypatch.setattr(reenact, "join", spy)
    reenact.parts(cast, "Happiness", np.random.default_rng(0))
    ((mine, theirs, labels),) = handed
    assert mine not in theirs
    assert labels == {"Happiness"}


def test_grey_images_cannot_be_re_enacted(drawn: Path) -> None:
    grey = few(drawn, unit="relative")
    with pytest.raises(DataError, match=r"reenact: expected depth in mm.*found grey images"):
        reenact.fit(grey, grey, settings(), 1)


def test_shares_are_kept(sampler: reenact.Reenacted, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = reenact.Scene(surface.lift(hill(), WINDOW), NOTHING)
    drawn_ways: list[str] = []

    def spy(name: str) -> object:
        def way(cast: Cast, label: str, rng: np.random.Generator) -> reenact.Scene:
            drawn_ways.append(name)
            return scene

        return way

    monkeypatch.setattr(reenact, "WAYS", {name: spy(name) for name in reenact.SHARES})
    face = hill()
    monkeypatch.setattr(reenact, "seen", lambda *_: face)
    reenact.Reenacted(sampler.cast, ["Happiness"])(np.zeros(2000, int), 3)
    found = pd.Series(drawn_ways).value_counts(normalize=True)
    assert sum(reenact.SHARES.values()) == pytest.approx(1)
    for name, share in reenact.SHARES.items():
        assert found[name] == pytest.approx(share, abs=0.03)


def test_the_camera_shows_each_face_before_any_again() -> None:
    shown = camera.Shown([np.arange(5.0).reshape(5, 1, 1), 10 + np.arange(3.0).reshape(3, 1, 1)])
    labels = np.array([0, 1] * 10)
    faces = shown(labels, 4)[:, 0, 0]
    assert ((faces >= 10) == (labels == 1)).all()
    first, second = faces[labels == 0], faces[labels == 1]
    assert sorted(first[:5]) == sorted(first[5:]) == [0, 1, 2, 3, 4]
    assert sorted(second[:3]) == sorted(second[3:6]) == sorted(second[6:9]) == [10, 11, 12]
    assert np.array_equal(faces, shown(labels, 4)[:, 0, 0])
    assert not np.array_equal(faces, shown(labels, 5)[:, 0, 0])


def test_the_camera_shows_others_than_the_source(drawn: Path) -> None:
    small = {"size": 64, "focal": 182.5, "emotions": ["Happiness", "Neutral", "Surprise"]}
    data = {"virtual": {**settings().data.virtual.model_dump(), **small}}
    chosen = settings(data=data)
    train = FaceSet.open(drawn).split("train")
    shown = camera.fit(train, train, chosen, 3)
    assert [faces.shape[1:] for faces in shown.faces] == [(32, 32)] * 3
    asked = pretrain.Asked("camera", "", 4, 2)
    virtual = pretrain.camera(train, chosen, asked)
    theirs = next(people_frames(virtual, chosen.seed))[0]
    ours = next(people_frames(virtual, seeding.number(3, "camera") % 2**31))[0]
    assert not np.array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            {"label": "Wink"},
            "camera: expected emotions .* found Wink: rename them, or take another",
        ),
        ({"unit": "relative"}, "camera: expected depth in mm, found grey images: take another"),
    ],
)
def test_the_camera_says_what_it_cannot_show(
    drawn: Path, change: dict[str, str], text: str
) -> None:
    faces = few(drawn, **change)
    with pytest.raises(DataError, match=text):
        camera.fit(faces, faces, settings(), 1)


def test_about_says_where_the_faces_come_from(drawn: Path) -> None:
    faces = few(drawn)
    shown = about("camera", faces, settings(), 1)
    assert (shown["faces_seen"], shown["baselines"]["camera_people"]) == (0, 4)
    assert shown["virtual"]["noise"] == settings().data.virtual.noise
    again = about("reenact", faces, settings(), 1)
    assert (again["faces_seen"], again["shares"]) == (36, reenact.SHARES)
