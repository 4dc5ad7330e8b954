"""Quality, mode collapse, and the rating page of the study dfeatures."""

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import write_faces
from test_report import Page
from test_study_dfeatures import settings

from depthfaces.__main__ import main
from depthfaces.errors import DataError
from depthfaces.faces import FaceSet
from depthfaces.metrics.undefined import UndefinedError, Value
from depthfaces.studies.dfeatures import collapse, quality, rating, sets
from depthfaces.studies.dfeatures.quality import FaceQuality

HEAD = ",".join(rating.CSV_COLUMNS)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> sets.StudySet:
    """A set of 64 px with people held out."""
    folder = tmp_path_factory.mktemp("home") / "faces"
    return sets.split_set("drawn", write_faces(folder, 12, 4, 64), 1000, 1)


# Birthday test


def test_birthday_finds_how_many_faces_there_are() -> None:
    """Of 40 equally likely faces: half of the draws hold a twin at about 1.18 sqrt(40) = 7.4."""
    rng = np.random.default_rng(0)
    points = rng.normal(0, 1, (40, 5))[rng.integers(0, 40, 400)]
    face_counts = collapse.first_twins(points, 1e-6, 2000, rng)
    support = collapse.estimate_support(face_counts, 400)
    assert support.faces_until_twin == pytest.approx(7.4, abs=1)
    assert support.distinct_faces == pytest.approx(40, rel=0.25)


def test_one_face_meets_itself_at_once() -> None:
    rng = np.random.default_rng(0)
    face_counts = collapse.first_twins(np.zeros((30, 2)), 0.1, 50, rng)
    assert set(face_counts) == {2.0}
    assert collapse.share_with_twins(face_counts, np.array([1, 2, 30])).tolist() == [0, 1, 1]


def test_no_twins_is_undefined_with_the_least_there_must_be() -> None:
    rng = np.random.default_rng(0)
    face_counts = collapse.first_twins(np.arange(100.0)[:, None], 0.5, 20, rng)
    assert np.isinf(face_counts).all()
    with pytest.raises(UndefinedError, match="more than 7213"):
        collapse.estimate_support(face_counts, 100)


def test_limit_is_of_other_people() -> None:
    """Two frames of one person are as near as can be, and do not count."""
    points = np.array([[0.0], [0.0], [10.0], [10.0]])
    group = np.array(["a", "a", "b", "b"])
    assert collapse.sameness_limit(points, group) == 10
    with pytest.raises(UndefinedError, match="two people"):
        collapse.sameness_limit(points, np.array(["a"] * 4))


def test_nearest_pairs_find_a_planted_copy() -> None:
    points = np.random.default_rng(0).normal(0, 1, (20, 4))
    points[13] = points[4] + 1e-9
    pairs = collapse.nearest_pairs(points, 3)
    assert pairs[0].tolist() == [4, 13]
    assert len(set(pairs.ravel())) == 6
    assert collapse.nearest_pairs(points[:3], 5).shape == (1, 2)


# Quality


def test_real_faces_beat_noise_and_one_face_is_a_collapse(home: sets.StudySet) -> None:
    torch.set_num_threads(1)
    plan = settings(autoencoder_steps=60).studies.dfeatures
    space = quality.FaceSpace.fit(home, plan, 1)
    rng = np.random.default_rng(0)
    real, held_out = home.train.images, home.held_out.images
    noise = rng.uniform(-1, 1, real.shape).astype(np.float32)
    repeated = np.repeat(real[:1], len(real), axis=0)
    values = {
        name: quality.measure_quality(space, held_out, fake, 2, 1).values
        for name, fake in {"real": real, "noise": noise, "one": repeated}.items()
    }
    assert values["real"]["ssim_nearest"].value > values["noise"]["ssim_nearest"].value + 0.3
    assert values["real"]["recall"].value > 0.5 > values["one"]["recall"].value
    assert values["one"]["ms_ssim"].value == pytest.approx(1)
    assert values["one"]["half"].value == 2
    assert values["one"]["inception_score"].value == pytest.approx(1)
    assert "needs 128 faces" in values["real"]["fd"].reason
    assert set(quality.MEASURE_TITLES) <= set(values["real"])


def test_over_seeds_undefined_once_is_undefined() -> None:
    def measured(value: Value) -> FaceQuality:
        return FaceQuality({"fd": value}, None)

    seed_qualities = [measured(Value(1.0)), measured(Value(3.0))]
    assert quality.summarise_seeds(seed_qualities, "fd") == ([2.0, 1.0, 3.0], "")
    assert quality.summarise_seeds(seed_qualities[:1], "fd") == (1.0, "")
    assert quality.summarise_seeds([*seed_qualities, measured(Value(None, "why"))], "fd") == (
        None,
        "why",
    )


# The page


@pytest.fixture
def page() -> str:
    """The page of three faces of each kind."""
    rng = np.random.default_rng(0)
    real, fake = rng.uniform(-1, 1, (2, 3, 64, 64)).astype(np.float32)
    return rating.render_page(real, fake, "relative", np.random.default_rng(1))


def page_data(page: str) -> dict:
    """Return the JSON data of the page's script."""
    return json.loads(re.search(r'id="told">(.*?)</script>', page, re.DOTALL)[1])


def test_page_needs_nothing_else(page: str) -> None:
    assert "http" not in re.sub(r'base64,[^"]*', "", page)
    for tag, attributes in Page(page).tags:
        assert tag not in {"link", "iframe"} or attributes["href"] == "data:,"
        assert "src" not in attributes


def test_page_shows_every_face_and_tells_no_truth_in_the_open(page: str) -> None:
    page_content = page_data(page)
    truth = json.loads(base64.b64decode(page_content["truth"]))
    assert sorted(truth) == ["generated"] * 3 + ["real"] * 3
    assert truth != sorted(truth)
    assert [face["name"] for face in page_content["faces"]] == [f"{k:03d}" for k in range(1, 7)]
    assert all(
        face["source"].startswith("data:image/webp;base64,") for face in page_content["faces"]
    )
    assert len({face["source"] for face in page_content["faces"]}) == 6
    assert tuple(page_content["columns"]) == rating.CSV_COLUMNS


def test_page_is_the_same_twice_and_its_order_follows_the_stream(page: str) -> None:
    rng = np.random.default_rng(0)
    real, fake = rng.uniform(-1, 1, (2, 3, 64, 64)).astype(np.float32)
    assert rating.render_page(real, fake, "relative", np.random.default_rng(1)) == page
    assert rating.render_page(real, fake, "relative", np.random.default_rng(2)) != page


@pytest.mark.parametrize(("unit", "mode"), [("mm", "RGBA"), ("relative", "L")])
def test_depth_is_shown_as_relief_and_photographs_as_they_are(unit: str, mode: str) -> None:
    image = rating.face_picture(np.zeros((64, 64), np.float32), unit)
    assert (image.mode, image.size) == (mode, (128, 128))


def write(path: Path, *rows: str) -> Path:
    """Write judgements as the page does."""
    path.write_text("\r\n".join([HEAD, *rows, ""]), encoding="utf-8", newline="")
    return path


def test_judgements_are_counted_with_an_interval(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first_file = write(
        tmp_path / "a.csv", '"me","1","003","generated","real","900"', "me,2,001,real,real,80"
    )
    second_file = write(
        tmp_path / "b.csv", "you,1,003,generated,generated,7", "you,2,001,real,generated,7"
    )
    judgements = rating.read([first_file, second_file])
    assert judgements["generated"] == (1, 2)
    share, low, high = judgements["real"].interval
    assert (share, low + high) == (0.5, pytest.approx(1))
    main(["ratings", str(first_file), str(second_file)])
    assert capsys.readouterr().out.startswith("real faces taken for real: 1 of 2, 50.0 % (")


@pytest.mark.parametrize(
    ("rows", "error"),
    [(["me,1,003,real,maybe,7"], "expected real or generated"), ([], "no judgement of a real")],
)
def test_odd_judgements_are_refused(tmp_path: Path, rows: list[str], error: str) -> None:
    with pytest.raises(DataError, match=error):
        rating.read([write(tmp_path / "a.csv", *rows)])


def test_another_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match="expected columns rater"):
        rating.read([tmp_path / "a.csv"])


def test_faces_of_the_set_reach_the_page(home: sets.StudySet) -> None:
    text = rating.render_page(
        home.held_out.images[:2], home.train.images[:2], "mm", np.random.default_rng(0)
    )
    assert len(page_data(text)["faces"]) == 4
    assert isinstance(home.held_out.faces, FaceSet)
