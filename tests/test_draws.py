"""Several draws: what is mean and what is spread, by closed forms and on planted sets."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import LABELS, write_features

from depthfaces import params
from depthfaces.features.store import FeatureSet, open_all
from depthfaces.metrics.draws import (
    DRAW_COUNT,
    DrawnValue,
    capacity_ratio,
    draw_fraction,
    largest_matched_rows,
    redraw_rows,
    spread_correction,
    summarise_draws,
)
from depthfaces.metrics.fidelity import Sides, fidelity
from depthfaces.metrics.frechet import frechet_distance
from depthfaces.metrics.manifold import precision
from depthfaces.metrics.memory import authentic_share, closest_share
from depthfaces.metrics.sides import TRAIN, VALIDATION, choose_rows
from depthfaces.metrics.undefined import Value
from depthfaces.report import tables

SETTINGS = params.load()
QUICK = SETTINGS.model_copy(
    update={"compare": SETTINGS.compare.model_copy(update={"dimensions": 6})}
)


def labels(**counts: int) -> np.ndarray:
    return np.array([name for name, count in counts.items() for _ in range(count)])


def values(*numbers: float | None) -> list[dict[str, Value]]:
    return [{"x": Value(number, "" if number is not None else "too few")} for number in numbers]


def test_equal_draws_have_no_spread() -> None:
    first, *again = values(3.0, 3.0, 3.0)
    assert summarise_draws(first, again, 2.5) == {"x": DrawnValue(3.0, 0.0)}


def test_the_value_is_the_mean_and_the_spread_that_of_new_faces() -> None:
    first, *again = values(1.0, 2.0, 6.0)
    found = summarise_draws(first, again, 4.0)["x"]
    assert found.value == 3
    # Deviations -2, -1, 3 with n - 1; a quarter of the set drawn at once.
    assert found.sd == pytest.approx(np.sqrt(7) / np.sqrt(1 - 1 / 4))


def test_smaller_draws_give_the_spread_and_not_the_value() -> None:
    first, *again = values(9.0, 1.0, 3.0)
    assert summarise_draws(first, again, 1.0)["x"] == DrawnValue(9.0, pytest.approx(np.sqrt(2)))


def test_what_has_no_value_keeps_its_reason_and_one_draw_has_no_spread() -> None:
    first, *again = values(1.0, None)
    assert summarise_draws(first, again, 2.0)["x"] == DrawnValue(None, None, "too few")
    assert summarise_draws(first, again, 1.0)["x"] == DrawnValue(1.0, None)
    assert summarise_draws(values(None)[0], again, 1.0)["x"] == DrawnValue(None, None, "too few")
    assert summarise_draws(first, [], 3.0)["x"] == DrawnValue(1.0, None)


def test_draws_take_at_most_half_of_a_set() -> None:
    assert [draw_fraction(times) for times in (1.0, 1.5, 2.0, 9.0)] == [0.5, 0.75, 1.0, 1.0]
    assert [spread_correction(times) for times in (1.0, 2.0)] == pytest.approx([1, np.sqrt(2)])
    assert spread_correction(1e9) == pytest.approx(1)


@pytest.mark.parametrize("times", [1.0, 1.5, 2.0, 3.0])
def test_the_spread_of_draws_is_that_of_new_faces(times: float) -> None:
    """Means of 200 faces vary by 1 / sqrt(200), whatever the set that they are drawn from."""
    rng = np.random.default_rng(0)
    pool = rng.normal(size=int(200 * times))
    pool = (pool - pool.mean()) / pool.std(ddof=1)
    chosen, known = labels(a=200), labels(a=len(pool))
    means = [pool[redraw_rows(known, chosen, rng)].mean() for _ in range(4000)]
    assert np.std(means) * spread_correction(times) == pytest.approx(1 / np.sqrt(200), rel=0.05)


def test_draws_keep_the_mix_and_take_no_face_twice() -> None:
    pool, chosen = labels(a=40, b=70), labels(a=20, b=10)
    assert capacity_ratio(pool, chosen) == 2
    one, two = (redraw_rows(pool, chosen, np.random.default_rng(seed)) for seed in (0, 1))
    for rows in (one, two):
        assert len(np.unique(rows)) == 30
        assert np.sum(pool[rows] == "a") == 20
    assert set(one) != set(two)
    assert len(redraw_rows(labels(a=20, b=70), chosen, np.random.default_rng(0))) == 15


def test_a_whole_set_is_every_face_in_the_mix_of_the_chosen_ones() -> None:
    rng = np.random.default_rng(0)
    assert len(largest_matched_rows(labels(a=49, b=49), labels(a=3, b=3), rng)) == 98
    pool = labels(a=45, b=70)
    rows = largest_matched_rows(pool, labels(a=20, b=10), rng)
    assert np.unique(pool[rows], return_counts=True)[1].tolist() == [45, 22]


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, FeatureSet]:
    """Feature sets: 36 held-out faces, 72 of train, 180 synthetic ones."""
    folder = tmp_path_factory.mktemp("draws")
    write_features(folder)
    return open_all(folder)


def measured(sets: dict[str, FeatureSet]) -> tuple[dict, Sides]:
    sides = Sides(sets, {}, QUICK)
    return fidelity(sets, sides, {}, QUICK)["sets"]["synthetic"], sides


def test_distances_are_means_of_draws_of_equal_size(sets) -> None:
    found, sides = measured(sets)
    assert sides.capacity_ratio("synthetic") == 5
    clouds = [
        sides.fakes["synthetic"],
        *(sides.draw_side("synthetic", k) for k in range(1, DRAW_COUNT)),
    ]
    assert {len(cloud) for cloud in clouds} == {36}
    each = [
        frechet_distance(real=sides.reference.held_out.points, fake=cloud.points)
        for cloud in clouds
    ]
    assert len(set(each)) == DRAW_COUNT
    assert found["fd"]["value"] == pytest.approx(np.mean(each))
    assert found["fd"]["sd"] == pytest.approx(np.std(each, ddof=1) * spread_correction(5))
    floors = [sides.reference.train, *(sides.draw_side(TRAIN, k) for k in range(1, DRAW_COUNT))]
    each = [
        frechet_distance(real=sides.reference.held_out.points, fake=cloud.points)
        for cloud in floors
    ]
    assert found["fd"]["floor"] == pytest.approx(np.mean(each))


def test_what_else_is_measured_changes_no_draw_of_a_set(sets) -> None:
    """So `judge` finds for an exported set what the report says of it."""
    alone, beside = (
        choose_rows(sets, QUICK),
        choose_rows(sets | {"another": sets["synthetic"]}, QUICK),
    )
    assert {name: rows.tolist() for name, rows in alone.items()} == {
        name: rows.tolist() for name, rows in beside.items() if name != "another"
    }


def test_shares_of_faces_are_those_of_all_faces(sets) -> None:
    """A third of the faces are copies of train faces: no draw has to hit exactly that third."""
    fake, train = sets["synthetic"], sets["real"].part("train")
    x, copied = fake.x.copy(), np.arange(len(fake)) % 3 == 0
    for label in LABELS:
        mine = np.flatnonzero(copied & (fake.label == label))
        x[mine] = np.resize(train.x[train.label == label], (len(mine), x.shape[1]))
    found, sides = measured(sets | {"synthetic": replace(fake, x=x)})
    points, reference = sides.space.embedding(x), sides.reference
    near = {"train": reference.all_train, "fake": points}
    assert found["authentic_share"]["value"] == pytest.approx(authentic_share(**near))
    assert found["authentic_share"]["value"] <= 2 / 3
    held = reference.held_out.points
    inside = precision(real=held, fake=points, neighbours=QUICK.compare.neighbours)
    assert found["precision"]["value"] == pytest.approx(inside)
    trains = [one.train.points for one in sides.draw_references()]
    assert len(trains) == DRAW_COUNT
    closer = [closest_share(train=one, held_out=held, fake=points) for one in trains]
    assert found["closest_share"]["value"] == pytest.approx(np.mean(closer))
    assert found["authentic_share"]["sd"] > 0


def test_a_set_of_equal_faces_has_no_spread(sets) -> None:
    fake = sets["synthetic"]
    first = {label: fake.x[fake.label == label][0] for label in LABELS}
    x = np.stack([first[label] for label in fake.label])
    found, _ = measured(sets | {"synthetic": replace(fake, x=x)})
    del found["closest_share"]  # it varies with the train faces that are drawn
    assert {name for name, one in found.items() if one["sd"] is None} <= {"copying_z"}
    assert all(one["sd"] == pytest.approx(0, abs=1e-9) for one in found.values())


def test_a_set_no_larger_than_what_is_compared_is_halved(sets) -> None:
    fake = sets["synthetic"]
    few = np.concatenate([np.flatnonzero(fake.label == label)[:12] for label in LABELS])
    found, sides = measured(sets | {"synthetic": fake.pick(few)})
    assert sides.capacity_ratio("synthetic") == 1
    held, ours = sides.reference.held_out.points, sides.fakes["synthetic"].points
    assert found["fd"]["value"] == pytest.approx(frechet_distance(real=held, fake=ours))
    halves = [sides.draw_side("synthetic", k) for k in range(1, DRAW_COUNT + 1)]
    assert {len(half) for half in halves} == {18}
    each = [frechet_distance(real=held, fake=half.points) for half in halves]
    assert found["fd"]["sd"] == pytest.approx(np.std(each, ddof=1))


def test_memorisations_floor_is_that_of_all_people_who_took_no_part(sets) -> None:
    found, sides = measured(sets)
    points = sides.compared_side(VALIDATION).points
    assert len(points) == np.sum(sets["real"].split == "validation")
    floor = authentic_share(train=sides.reference.all_train, fake=points)
    assert found["authentic_share"]["floor"] == pytest.approx(floor)
    assert found["authentic_share"]["floor_sd"] > 0


def test_the_page_shows_the_spread() -> None:
    assert tables.spread(8.0153, 0.2034) == "8.02 ± 0.2"
    assert tables.spread(-5.93, 1.234) == "−5.93 ± 1.2"
    assert (tables.spread(0.5, None), tables.spread(None, None)) == ("0.5", "–")
