"""What is written as true of each frame: it fits together, and nothing is written unasked."""

import json
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from depthfaces import params, seeding
from depthfaces.faces import FaceSet
from depthfaces.schema import Params, Virtual
from depthfaces.schema.data import Truth
from depthfaces.sources import virtual
from depthfaces.sources.virtual import (
    camera,
    emotions,
    flesh,
    heads,
    landmarks,
    people,
    scene,
    shells,
    truth,
)

FOCAL, SIZE = 700.0, 256
ALL = list(truth.KINDS)
UNITS = [{}, {12: (0.9, 0.2), 6: 0.8}, {1: 1.0, 2: 1.0, 25: 1.0, 26: 0.9, 27: 1.0}]


def small(**change: object) -> Params:
    content = params.read()
    content["data"]["virtual"] |= {"subjects": 3, "frames": 1, "size": 64, "focal": 182.5}
    content["data"]["virtual"] |= {"emotions": ["Fear", "Neutral"], **change}
    return params.check(content)


@pytest.fixture(scope="module")
def rendered() -> dict[str, np.ndarray]:
    """The truth about three frames of a person, seen large."""
    change = {"size": SIZE, "focal": FOCAL, "truth": ALL}
    chosen: Virtual = params.load().data.virtual.model_copy(update=change)
    views = np.array([[0.0, 0, 0, 900, 0, 0], [25, 0, 5, 850, 10, 0], [-12, 8, 0, 950, 0, -6]])
    return virtual.render(chosen, UNITS, 2, 7, views).truth


def test_the_kinds_are_those_of_the_schema() -> None:
    assert set(truth.KINDS) == set(get_args(Truth))
    assert params.load().data.virtual.truth == []


def test_landmarks_lie_on_the_surface_that_is_seen(rendered: dict[str, np.ndarray]) -> None:
    visible = rendered["landmarks_visible"]
    assert visible[0].sum() > 60
    assert not visible[1].all()  # turned by 25 degrees
    off = []
    for depth, flat, points, seen in zip(
        rendered["depth"], rendered["landmarks_2d"], rendered["landmarks_3d"], visible, strict=True
    ):
        assert depth.shape == (SIZE, SIZE)
        middle = (SIZE - 1) / 2 + FOCAL * points[:, :2] / points[:, 2:]
        np.testing.assert_allclose(flat, middle, atol=1e-3)
        column, row = flat[seen].T
        left, top = np.floor(column).astype(int), np.floor(row).astype(int)
        x, y = column - left, row - top
        around = np.stack([depth[top + b, left + a] for b in (0, 1) for a in (0, 1)])
        shares = np.stack([(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y])
        near, far = around.min(0), np.where(around > 0, around, np.inf).max(0)
        inner = (near > 0) & (far - near < 6)  # no outline, where a pixel's depth is another's
        assert inner.sum() > 35
        off += list(np.abs((shares * around).sum(0) - points[seen, 2])[inner])
        assert (points[seen, 2] < far + 2).all()
    assert np.median(off) < 0.3  # mm
    assert np.quantile(off, 0.95) < 2


def test_a_hidden_landmark_lies_behind_what_is_seen(rendered: dict[str, np.ndarray]) -> None:
    hidden = ~rendered["landmarks_visible"][1]
    column, row = np.rint(rendered["landmarks_2d"][1, hidden]).astype(int).T
    behind = rendered["landmarks_3d"][1, hidden, 2] - rendered["depth"][1, row, column]
    assert np.median(behind) > landmarks.NEAREST
    # The head looks to the image's right: what is hidden there is that side's jaw line.
    assert hidden[9:17].sum() > hidden[:8].sum()


@pytest.mark.parametrize("side", [-50, 50])
def test_a_landmark_beyond_the_border_is_not_visible(side: int) -> None:
    chosen = params.load().data.virtual.model_copy(update={"truth": ["landmarks"]})
    views = np.array([[0.0, 0, 0, 900, side, 0]])  # half of the face is cut off
    true = virtual.render(chosen, [{}], 2, 7, views).truth
    inside = (np.abs(true["landmarks_2d"] - (chosen.size - 1) / 2) < chosen.size / 2).all(-1)
    assert 10 < inside.sum() < 58
    assert not true["landmarks_visible"][~inside].any()
    assert true["landmarks_visible"][inside].mean() > 0.9


def test_landmarks_are_mirror_images_and_in_their_order() -> None:
    template = heads.load().template
    points = template[landmarks.vertices(template)]
    assert len(set(landmarks.vertices(template))) == len(landmarks.NAMES) == 68
    twin = [*range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, *range(35, 30, -1)]
    twin += [45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40, *range(54, 47, -1), *range(59, 54, -1)]
    twin += [64, 63, 62, 61, 60, 67, 66, 65]
    np.testing.assert_allclose(points[twin] * [-1, 1, 1], points, atol=0.02)
    for line in (points[:17], points[17:27], points[31:36], points[48:55], points[60:65]):
        assert (np.diff(line[:, 0]) > 0).all()
    assert (np.diff(points[27:31, 1]) > 0).all()
    np.testing.assert_array_equal(points[30], template[heads.load().tip])
    assert points[62, 1] < points[66, 1] < points[57, 1] < points[8, 1]


def test_lip_landmarks_follow_the_mouth(rendered: dict[str, np.ndarray]) -> None:
    gap = rendered["landmarks_3d"][:, 66, 1] - rendered["landmarks_3d"][:, 62, 1]
    assert gap[0] < 3
    assert gap[2] > 20  # mm: wide open


def test_normals_are_those_of_the_depth_where_it_is_smooth(rendered: dict[str, np.ndarray]) -> None:
    angles = []
    for depth, normal in zip(rendered["depth"], rendered["normals"].astype(float), strict=True):
        solid = depth > 0
        np.testing.assert_allclose(np.linalg.norm(normal[solid], axis=-1), 1, atol=2e-3)
        assert not normal[~solid].any()
        ray = (np.indices((SIZE, SIZE))[::-1] - (SIZE - 1) / 2) / FOCAL
        points = np.stack([*(ray * depth), depth], -1)
        down, along = (points[2:, 1:-1] - points[:-2, 1:-1], points[1:-1, 2:] - points[1:-1, :-2])
        own = np.cross(down, along)
        own /= np.maximum(np.linalg.norm(own, axis=-1, keepdims=True), 1e-9)
        bend = np.abs(depth[2:, 1:-1] + depth[:-2, 1:-1] - 2 * depth[1:-1, 1:-1])
        bend += np.abs(depth[1:-1, 2:] + depth[1:-1, :-2] - 2 * depth[1:-1, 1:-1])
        smooth = (bend < 0.1) & (np.linalg.norm(down, axis=-1) < 6) & solid[1:-1, 1:-1]
        smooth &= np.linalg.norm(along, axis=-1) < 6
        assert smooth.mean() > 0.1
        length = np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 0.1)  # of float16
        cosine = (own * (normal / length)[1:-1, 1:-1]).sum(-1)[smooth]
        angles += list(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
    assert np.median(angles) < 0.5
    assert np.quantile(angles, 0.9) < 5


def test_normals_of_a_plane_and_its_pixels_are_exact() -> None:
    points = np.array([[-300, -300, 800], [300, -300, 900], [-300, 300, 860], [300, 300, 960]])
    triangles = np.array([[0, 1, 2], [1, 3, 2]], np.int32)
    shot = scene.Shot(np.empty(0), np.empty(0), points[None].astype(np.float32), triangles, False)
    known = truth.Known(shot, scene.Optics(100.0, 33), np.empty(0), np.empty(0))
    depth, normal = truth.depth(known)["depth"][0], truth.normals(known)["normals"][0]
    wanted = np.array([1 / 6, 0.1, -1]) / np.linalg.norm([1 / 6, 0.1, -1])
    np.testing.assert_allclose(normal[15, 15], wanted, atol=1e-3)
    np.testing.assert_allclose(normal[20, 25], wanted, atol=1e-3)
    # z = 880 + x / 6 + y / 10 mm, on the ray of the pixel.
    assert depth[20, 25] == pytest.approx(880 / (1 - 0.09 / 6 - 0.04 / 10), rel=1e-5)
    np.testing.assert_array_equal(depth == 0, (normal == 0).all(-1))


def test_the_mesh_is_what_is_seen(rendered: dict[str, np.ndarray]) -> None:
    """Each pixel's ray meets the mesh first at its depth: asked of some, without a z-buffer."""
    triangles = truth.triangles()
    rng = np.random.default_rng(0)
    for points, depth in zip(rendered["mesh"], rendered["depth"], strict=True):
        there = np.isfinite(points).all(-1)
        corners = camera.project(points, FOCAL, SIZE)[triangles[there[triangles].all(1)]]
        solid = np.argwhere(depth > 0)
        for row, column in solid[rng.integers(len(solid), size=40)]:
            place = np.tile(np.float32([column, row]), (len(corners), 1))
            nearest = landmarks.crossing(place, corners).min()
            assert depth[row, column] == pytest.approx(nearest, abs=0.05)


def test_people_without_long_hair_have_none_in_the_mesh() -> None:
    first, long = len(heads.load().template), int(np.prod(shells.LOCKS))
    chosen = params.load().data.virtual.model_copy(update={"truth": ["mesh"], "size": 64})
    labels = heads.load().change_labels
    hair = [people.draw(seeding.stream(7, "person", k), labels).locks for k in range(40)]
    person = int(np.argmax(hair))
    assert hair[0] == 0 < hair[person]
    with_hair = virtual.render(chosen, [{}], person, 7).truth["mesh"]
    assert np.isfinite(with_hair).all()
    points = virtual.render(chosen, [{}], 0, 7).truth["mesh"]
    assert points.shape == (1, first + long + int(np.prod(shells.SHOULDERS)), 3)
    assert points.shape == with_hair.shape
    assert np.isnan(points[:, first : first + long]).all()
    assert np.isfinite(points[:, :first]).all()
    assert np.isfinite(points[:, first + long :]).all()
    assert truth.triangles().max() == points.shape[1] - 1


def test_a_set_has_a_row_a_frame_and_strengths_that_average_to_its_columns(tmp_path: Path) -> None:
    chosen = small(truth=ALL)
    virtual.collect(chosen, tmp_path / "raw")
    faces, folder = FaceSet.open(tmp_path / "raw"), tmp_path / "raw" / "truth"
    arrays = {path.stem: np.load(path) for path in folder.glob("*.npy")}
    assert arrays["ids"].tolist() == list(faces.table["id"])
    assert {len(a) for name, a in arrays.items() if name != "triangles"} == {len(faces)}
    names = json.loads((folder / "names.json").read_text())
    assert names["actions"]["actions"] == [f"au{unit}" for unit in emotions.AUS]
    assert len(names["landmarks"]) == arrays["landmarks_2d"].shape[1] == 68
    assert len(names["actions"]["action_weights"]) == arrays["action_weights"].shape[1]
    for row, column in enumerate(names["actions"]["actions"]):
        mean = arrays["actions"][:, row].mean(1)
        np.testing.assert_allclose(mean, faces.table[column], atol=6e-4)
    assert np.ptp(arrays["actions"], axis=2).max() > 0.01  # the sides differ
    tip = arrays["landmarks_2d"][:, landmarks.NAMES.index("nose 3")]
    np.testing.assert_allclose(tip, faces.table[["nose_column", "nose_row"]], atol=0.01)
    assert arrays["landmarks_3d"][:, 30, 2] == pytest.approx(faces.table["distance"], abs=0.01)
    seen = (faces.images > 0) & (arrays["depth"] > 0)
    assert np.median(np.abs(faces.images[seen] - arrays["depth"][seen])) < 4


def test_without_asking_nothing_is_written_and_the_frames_are_the_same(tmp_path: Path) -> None:
    virtual.collect(small(truth=["depth"]), tmp_path / "raw")
    assert {path.name for path in (tmp_path / "raw/truth").iterdir()} == {
        "depth.npy", "ids.npy", "names.json",
    }  # fmt: skip
    first = (tmp_path / "raw/images.npy").read_bytes()
    virtual.collect(small(), tmp_path / "raw")  # what was true of another set goes
    assert not (tmp_path / "raw/truth").exists()
    assert (tmp_path / "raw/images.npy").read_bytes() == first


def test_a_set_that_breaks_off_leaves_no_truth(tmp_path: Path) -> None:
    def broken() -> None:
        with truth.writer(tmp_path / "truth", ["actions"], 4) as keep:
            known = truth.Known(None, None, np.zeros((2, 3, 2)), np.zeros((2, 5)))
            keep([{"id": "a"}, {"id": "b"}], known)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken()
    assert not list((tmp_path / "truth").iterdir())


def test_vertex_normals_point_out_of_the_head() -> None:
    model = heads.load()
    normal = flesh.normals(model.template, model.triangles)
    assert normal[model.tip, 2] < -0.8
