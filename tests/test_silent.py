"""What would come out wrong without a sound: a test for each change that nothing else noticed."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import write_features

from depthfaces import comparison
from depthfaces.alarms.gather import gather
from depthfaces.classify import arms, protocol
from depthfaces.classify.family import CLASSIFIERS
from depthfaces.classify.sample import Sample
from depthfaces.classify.svm import Svm
from depthfaces.evolve import results
from depthfaces.faces import FaceSet
from depthfaces.features.store import FeatureSet, open_all
from depthfaces.few import amounts, sources, unit
from depthfaces.few import answer as few
from depthfaces.few.choices import Choice
from depthfaces.metrics import fidelity as fidelity_of
from depthfaces.metrics import measure
from depthfaces.metrics.fidelity import Sides
from depthfaces.metrics.neighbours import nearest_pairs
from depthfaces.metrics.sides import HELD_OUT, SPLIT_OF_SIDE, TRAIN, Side
from depthfaces.verdict import rule
from depthfaces.verdict.arm import Arm
from depthfaces.verdict.predictions import by_arm
from depthfaces.verdict.turns import Turns
from tests.test_few import AUGMENTED, REAL, SHUFFLED, crowd, in_turns, said, settings
from tests.test_verdict import BASE, QUICK, TOPPED, planted

Sets = dict[str, FeatureSet]


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Sets:
    """Feature sets of planted classes; 72 train faces of six people."""
    folder = tmp_path_factory.mktemp("silent")
    write_features(folder)
    return open_all(folder)


# Classifiers and arms


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Sample, Sample]]:
    """Return a list that gets what each SVM learns from and what it is tuned on."""
    seen = []

    class Spy(Svm):
        @classmethod
        def fit(cls, train, validation, seed, settings):
            seen.append((train, validation))
            return super().fit(train, validation, seed, settings)

    monkeypatch.setitem(CLASSIFIERS, "svm", Spy)
    return seen


def doses(*wanted: float) -> Any:
    """Return the parameters with other doses of `classify`."""
    return QUICK.model_copy(
        update={"classify": QUICK.classify.model_copy(update={"doses": list(wanted)})}
    )


def test_classifiers_are_tuned_on_validation_people(sets, fits) -> None:
    protocol.fit(protocol.Job(Arm("real"), "svm"), sets, doses(1.0))
    ((_, held),) = fits
    assert np.array_equal(held.x, sets["real"].part("validation").x)


def test_topped_arms_stand_on_the_largest_dose_of_the_base(sets, fits) -> None:
    for dose in (0.5, 2.0):
        protocol.fit(protocol.Job(Arm("topped", "synthetic", dose), "svm"), sets, doses(0.5, 2.0))
    assert [len(train.y) for train, _ in fits] == [72 * (1 + 2 + 0.5), 72 * (1 + 2 + 2)]


def test_only_the_faces_of_the_source_weigh_otherwise() -> None:
    part = Sample(np.arange(6.0)[:, None], np.arange(6) % 3)
    samples = {"real": part, "augmented": part, "kde": part}
    base = Arm("control", "augmented", 2.0)
    for weight in (0.5, 2.0):
        arm = Arm("topped", "kde", 1.0, weight)
        built = arms.build(arm, base, samples, np.random.default_rng(0))
        assert built.w.tolist() == [1] * 6 + [1] * 12 + [weight] * 6


# Few people


def test_changed_faces_keep_the_labels_of_those_they_were_made_from(monkeypatch) -> None:
    faces = crowd({"a": "train", "b": "train"})
    given = np.asarray(faces.images, np.float32)
    monkeypatch.setattr(
        sources,
        "changed",
        lambda few, times, *_: iter([("augmented", np.tile(given, (times, 1, 1)))]),
    )
    label = {image.tobytes(): y for image, y in zip(given, faces.targets, strict=True)}
    found = unit.sets(faces, settings(doses=[1.0, 3.0]), None, 0)
    for name, images, y in (next(found) for _ in range(2)):
        assert len(y) == len(images), name
        assert [label[image.tobytes()] for image in images] == y.tolist(), name


def test_every_topped_arm_of_few_people_stands_on_the_middle_dose(fits) -> None:
    part = Sample(np.random.default_rng(0).normal(size=(12, 4)), np.arange(12) % 3)
    samples = {name: ({"features": part.x}, part.y) for name in ("real", "augmented", "kde")}
    wanted = settings(doses=[1.0, 4.0, 16.0])
    for dose in (1.0, 16.0):
        lesson = unit.Lesson(samples, {"features": part.x}, 0)
        unit.fit(Arm("topped", "kde", dose), "svm", lesson, wanted)
    assert [len(train.y) for train, _ in fits] == [12 * (1 + 4 + 1), 12 * (1 + 4 + 16)]


def levels(count: int, **shares: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return answers of arms by key, the same for each of `count` numbers of people."""
    known = {Arm.of(key.replace("_", " ")): share for key, share in shares.items()}
    table, learned = in_turns({REAL: 0.5, AUGMENTED: 0.6, SHUFFLED: 0.4, **known})
    rows = pd.DataFrame([{"draw": k, "person": one[0]} for k, one in learned.items()])
    each = range(1, count + 1)
    return tuple(pd.concat([one.assign(people=k) for k in each]) for one in (table, rows))


def test_every_dose_of_few_people_is_compared_with_the_base_it_stands_on() -> None:
    amounts = {f"topped_kde@{dose}": 0.7 for dose in (1, 4, 16)}
    amounts |= {f"control_posed@{dose}": 0.6 for dose in (1, 4, 16)}
    wanted = settings(
        people=[1], models=["svm"], sources=["kde"], doses=[1.0, 4.0, 16.0], weights=[1.0]
    )
    found = few.answer(*levels(1, **amounts), wanted)
    assert [cell["control"] for cell in found["cells"]] == ["control posed@4"] * 3
    assert found["primary"]["arm"] == "topped kde@4"


def test_p_of_few_people_counts_the_cells_of_every_level() -> None:
    amounts = {"control_posed@4": 0.6, "topped_kde@4": 0.72}
    wanted = settings(people=[1], models=["svm"], sources=["kde"], doses=[4.0], weights=[1.0])
    one, three = (few.answer(*levels(count, **amounts), wanted) for count in (1, 3))
    assert len(three["cells"]) == 3 * len(one["cells"]) == 3
    assert one["cells"][0]["p"] == pytest.approx(one["p"])
    assert three["cells"][0]["p"] == pytest.approx(min(1, 3 * one["p"]))
    assert one["p"] < 0.3


def test_the_luck_of_those_learned_from_counts_though_others_are_asked() -> None:
    """Every second draw of them teaches all, the others nothing; all who are asked are alike."""
    rows = pd.concat([said(REAL, ["t0", "t1", "t2"], draw % 2, draw) for draw in range(6)])
    turns = Turns(rows, {k: [f"p{k}"] for k in range(6)}, 4000, np.random.default_rng(0))
    middle = np.quantile(turns.score(rows).draws, [0.25, 0.75])
    # Left out, each moves the mean of .5 by .1; there are two degrees of freedom of three asked.
    spread = np.sqrt(5 / 6 * 6 * 0.1**2)
    assert middle == pytest.approx([0.5 - 0.816 * spread, 0.5 + 0.816 * spread], rel=0.1)


def test_amounts_are_not_chosen_by_those_who_are_asked() -> None:
    """Of the one person who may choose the first is better, of the six others the second."""
    one, four = Arm("topped", "kde", 1.0), Arm("topped", "kde", 4.0)
    control, asked = Arm("control", "posed", 4.0), [f"z{k}" for k in range(6)]
    rows = pd.concat([said(arm, ["z"], 0.5) for arm in (one, four, control)])
    shares = {one: (1.0, 0.0), four: (0.4, 1.0), control: (0.5, 0.5)}
    lower = pd.concat(
        [
            said(arm, people, share)
            for arm, pair in shares.items()
            for people, share in zip((["b"], asked), pair, strict=True)
        ]
    )
    found = amounts.chosen(rows, lower, Choice(2, 0, ("a", "b"), ("a",)), 4.0)
    taken = by_arm(pd.concat(found))[Arm("topped", "kde")]
    assert taken["predicted"].tolist() == by_arm(rows)[one]["predicted"].tolist()


def test_draws_that_share_people_are_not_taken_for_independent(monkeypatch) -> None:
    used = []
    monkeypatch.setattr(few, "Turns", lambda *given: used.append(given) or Turns(*given))
    rows = pd.concat([said(REAL, ["t0", "t1"], 0.7, draw) for draw in range(2)])
    for second in ("p3", "p0"):
        people = [(0, "p0"), (0, "p1"), (1, "p2"), (1, second)]
        few.scoreboard(rows, pd.DataFrame(people, columns=["draw", "person"]), settings())
        assert len(used) == (second == "p0")


def test_whoever_takes_part_on_either_side_is_left_out_in_turn() -> None:
    rows = pd.concat([said(REAL, ["p0", "t0"], 0.7, draw) for draw in range(2)])
    turns = Turns(rows, {0: ["p0"], 1: ["p1"]}, 10, np.random.default_rng(0))
    assert turns.samples == [["p0", "p1", "t0"]]


# Alarms


def test_the_alarms_get_every_split_and_its_images(sets) -> None:
    rng = np.random.default_rng(0)
    images = {
        name: FaceSet(rng.random((len(sets[name]), 8, 8)), pd.DataFrame({"id": sets[name].id}))
        for name in ("real", "synthetic")
    }
    sides = Sides(sets, {}, QUICK)
    real, fake = gather(sets, images, sides.space)
    assert fake.images is not None and len(fake.images) == len(sets["synthetic"])
    for name, part in real._asdict().items():
        mine = sets["real"].split == name
        assert np.array_equal(part.people, sets["real"].subject[mine])
        assert np.allclose(part.images, images["real"].images[mine])


def test_a_copied_set_stops_the_verdict_though_no_alarm_rings(sets, monkeypatch) -> None:
    monkeypatch.setattr(comparison, "heard", lambda *_: {"count": 0, "alarms": []})
    answers = planted({**BASE, TOPPED: 0.92})
    for name, verdict in (("synthetic", rule.USEFUL), ("real", rule.STOPPED)):
        copied = sets | {"synthetic": sets[name].part(sets[name].split[0])}
        inputs = comparison.Inputs(copied, {}, answers)
        sides = Sides(copied, {}, QUICK)
        found = comparison.compare(inputs, sides, {}, QUICK)["verdict.json"]
        assert found["verdict"] == verdict
        assert bool(found["alarms"]) == (verdict == rule.STOPPED)


def test_archives_hold_no_copies() -> None:
    z = np.ones((3, 16))
    record = SimpleNamespace(z=z * np.array([[1.0], [1.0], [9.0]]), places=np.zeros((3, 1)))
    new = results.allowed(record, lambda places: np.array([0.5, 1.5, 1.5]))
    assert new.tolist() == [False, True, False]


# Measures


def cloud(spread: float, count: int = 200) -> np.ndarray:
    """Return points (n, 2) around 0."""
    return np.random.default_rng(int(10 * spread)).normal(0, spread, (count, 2))


def test_overlap_knows_which_side_is_real() -> None:
    found = measure.overlap_metrics(cloud(1.0), cloud(0.2), 5)
    assert found["precision"].value > 0.95
    assert found["recall"].value < 0.5
    assert found["density"].value > 0.5


def test_memory_knows_who_was_learned_from(sets) -> None:
    sides = Sides(sets, {}, QUICK)
    real = sides.reference
    found = {name: measure.memory_metrics(real, side) for name, side in (
        ("train", real.train.points), ("held out", real.held_out.points))}  # fmt: skip
    for name, sign in (("train", 1), ("held out", -1)):
        assert sign * (found[name]["closest_share"].value - 0.5) > 0.4
        assert sign * (found[name]["membership_auc"].value - 0.5) > 0.1
    assert found["train"]["copying_z"].value < -3 < found["held out"]["copying_z"].value


def test_sides_are_the_splits_they_are_called_by(sets) -> None:
    sides, split = Sides(sets, {}, QUICK), sets["real"].split
    for name, wanted in ((HELD_OUT, "test"), (TRAIN, "train")):
        assert SPLIT_OF_SIDE[name] == wanted
        assert set(split[sides.rows[name]]) == {wanted}
    assert len(sides.validation) == np.sum(split == "validation")
    known = {name: {tuple(p) for p in sides.space.embedding(sets["real"].part(name).x)}
             for name in ("train", "test")}  # fmt: skip
    assert {tuple(point) for one in sides.reference.train_people for point in one} == known["train"]
    assert {tuple(point) for one in sides.reference.test_people for point in one} == known["test"]


def test_further_spaces_are_fitted_to_train_faces(monkeypatch) -> None:
    vectors = {name: cloud(1.0 + k, 40) for k, name in enumerate((HELD_OUT, TRAIN, "kde"))}
    fitted = []
    fit = fidelity_of.Embedding.fit
    monkeypatch.setattr(
        fidelity_of.Embedding, "fit", lambda x, dimensions: fitted.append(x) or fit(x, dimensions)
    )
    fidelity_of.space_overlap(vectors, QUICK)
    assert len(fitted) == 1
    assert fitted[0] is vectors[TRAIN]


def test_the_most_suspicious_pairs_are_with_train_faces(sets) -> None:
    pairs = nearest_pairs(sets, Sides(sets, {}, QUICK).space.embedding)
    assert pairs
    assert {pair["train"] for pair in pairs} <= set(sets["real"].part("train").id)


def test_a_label_is_seen_where_the_reader_names_it() -> None:
    label = np.array(["a", "a", "b", "b"])
    side = Side(np.zeros((4, 1)), np.eye(2)[[0, 1, 1, 1]], label, None)
    assert measure.label_metrics(side, 0)["label_share"].value == 0.75
