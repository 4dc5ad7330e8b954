"""Few people: who is learned from and asked, what is chosen by whom, and how sure it all is."""

from itertools import combinations
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from conftest import LABELS, draw, same_files, write_params

from depthfaces import files, params
from depthfaces.errors import DataError
from depthfaces.faces import FaceSet
from depthfaces.few import alone, amounts, choices, experiment, sheet, sources, unit
from depthfaces.few.answer import answer, in_turn
from depthfaces.few.choices import Choice
from depthfaces.few.shared import Shared
from depthfaces.few.task import Task
from depthfaces.verdict import predictions, rule
from depthfaces.verdict.arm import Arm
from depthfaces.verdict.predictions import Faces, Run
from depthfaces.verdict.turns import Turns
from stages import few as stage

SETTINGS = params.load()
REAL, POSED, TOPPED = Arm("real"), Arm("control", "posed", 4.0), Arm("topped", "kde", 4.0)
AUGMENTED, SHUFFLED = Arm("control", "augmented", 4.0), Arm("shuffled", "kde", 4.0)


def crowd(subjects: dict[str, str], frames: int = 2) -> FaceSet:
    """Return drawn faces of `subjects` {name: split}, so many frames of each label."""
    rng = np.random.default_rng(0)
    rows = [
        {"id": f"{name}-{label}-{frame}", "label": label, "subject": name, "split": split}
        for name, split in subjects.items()
        for label in LABELS
        for frame in range(frames)
    ]
    table = pd.DataFrame(rows).assign(group=lambda rows: rows["subject"], unit="mm")
    images = np.stack([draw(row["label"], rng) for row in rows]).astype(np.float32)
    return FaceSet(images, table)


def settings(**changes: object) -> params.Params:
    """Return the parameters with changes of the experiment."""
    changed = SETTINGS.experiment.model_copy(update=changes)
    quick = SETTINGS.compare.model_copy(update={"bootstrap": 2000})
    return SETTINGS.model_copy(update={"experiment": changed, "compare": quick})


def many(splits: dict[str, int]) -> FaceSet:
    """Return faces of so many people in each split."""
    names = {f"{split}{k}": split for split, count in splits.items() for k in range(count)}
    return crowd(names)


def test_test_people_are_asked_where_they_are_enough():
    faces = many({"train": 5, "validation": 2, "test": 10})
    task = Task.of(faces, SETTINGS)
    assert not task.turns
    assert task.pool == [f"train{k}" for k in range(5)]
    assert set(faces.table["split"][task.tested(("train0",))]) == {"test"}


def test_people_take_turns_where_too_few_are_held_out():
    faces = many({"train": 4, "validation": 1, "test": 9})
    task = Task.of(faces, SETTINGS)
    assert task.turns and len(task.pool) == 14
    tested = set(faces.table["subject"][task.tested(("test1", "train0"))])
    assert tested == set(task.pool) - {"test1", "train0"}
    assert set(faces.table["subject"][task.rows(("test1",))]) == {"test1"}


def test_of_unknown_people_one_stands_for_a_face_of_each_emotion():
    faces = many({"train": 6, "test": 3})
    faces.table["subject"] = ""
    faces.table["group"] = faces.table["id"]
    task = Task.of(faces, SETTINGS)
    assert len(task.pool) == 12 and not task.turns
    for person in task.pool:
        assert sorted(task.label[task.rows((person,))]) == sorted(LABELS)
    assert not task.is_complete((task.pool[0],)) and task.is_complete(tuple(task.pool[:2]))
    assert set(faces.table["split"][task.rows(tuple(task.pool))]) == {"train"}
    assert set(faces.table["split"][task.tested(())]) == {"test"}


def test_two_sets_are_two_sets_of_people_even_under_the_same_names():
    task = Task.apart(
        many({"train": 3}), FaceSet(many({"train": 3}).images[::-1] * 0.9, many({"train": 3}).table)
    )
    assert task.pool == ["train0", "train1", "train2"]
    assert task.faces.table["id"].is_unique
    assert len(task.tested(("train0",))) == len(task.faces) / 2
    assert not set(task.rows(tuple(task.pool))) & set(task.tested(()))


def test_the_same_face_in_both_sets_is_refused():
    with pytest.raises(DataError, match="found one in both"):
        Task.apart(many({"train": 3}), many({"train": 3}))


def test_every_choice_is_taken_where_there_are_no_more_than_draws():
    task = Task.within(many({"train": 6}))
    found = choices.choose(task, [1, 3], 20, np.random.default_rng(0))
    ones = [one for one in found if one.people == 1]
    threes = [one for one in found if one.people == 3]
    assert {one.learned for one in ones} == {(name,) for name in task.pool}
    assert {frozenset(one.learned) for one in threes} == {
        frozenset(people) for people in combinations(task.pool, 3)
    }
    assert all(one.lower == () for one in ones)
    assert all(one.lower == one.learned[:1] for one in threes)
    assert [one.draw for one in threes] == list(range(20))


def test_draws_lie_inside_larger_ones():
    task = Task.within(many({"train": 30}))
    found = choices.choose(task, [8, 2, 4], 5, np.random.default_rng(0))
    by = {(one.people, one.draw): one for one in found}
    for draw_ in range(5):
        assert by[2, draw_].learned == by[4, draw_].learned[:2] == by[4, draw_].lower
        assert by[4, draw_].learned == by[8, draw_].learned[:4] == by[8, draw_].lower
        assert by[2, draw_].lower == by[2, draw_].learned[:1]
    assert len({by[8, draw_].learned for draw_ in range(5)}) == 5


def test_more_people_than_there_are_is_an_error():
    with pytest.raises(DataError, match="at most 5"):
        choices.choose(Task.within(many({"train": 6})), [6], 2, np.random.default_rng(0))


def test_people_learned_from_show_every_emotion():
    faces = many({"train": 9})
    lacking = faces.table["subject"].isin(["train0", "train1"]) & (
        faces.table["label"] == LABELS[0]
    )
    task = Task.within(faces.pick(~lacking.to_numpy()))
    found = choices.choose(task, [1, 2, 5], 9, np.random.default_rng(0))
    assert all(task.is_complete(one.learned) for one in found)
    assert all(not one.lower or task.is_complete(one.lower) for one in found)
    assert ("train0",) not in {one.learned for one in found}


def said(arm: Arm, people: list[str], right: float, draw_: int = 0, seed: int = 0) -> pd.DataFrame:
    """Return answers about four faces a label of each of `people`, a share `right` of them true."""
    rng = np.random.default_rng([seed, draw_, *map(ord, arm.key)])
    rows = [(person, label) for person in people for label in LABELS for _ in range(4)]
    person, label = map(np.array, zip(*rows, strict=True))
    true = np.searchsorted(sorted(LABELS), label)
    wrong = (true + rng.integers(1, len(LABELS), len(true))) % len(LABELS)
    called = np.where(rng.random(len(true)) < right, true, wrong)
    names = np.array([f"{one}-{k}" for k, one in enumerate(person)])
    run = Run(arm, 1, draw_, "svm", 0)
    faces = Faces(names, person, label)
    return predictions.answers(run, "test", faces, sorted(LABELS), np.eye(len(LABELS))[called])


def test_amounts_are_chosen_on_people_not_learned_from():
    one, four = Arm("topped", "kde", 1.0), Arm("topped", "kde", 4.0)
    controls = [Arm("control", "augmented", 1.0), Arm("control", "posed", 4.0)]
    rows = pd.concat([said(arm, ["z"], 0.5) for arm in (REAL, one, four, *controls)])
    choice = Choice(3, 0, ("a", "b", "c"), ("a",))
    # On b and c the first of each is better, on the test person z the second.
    told = {one: (0.9, 0.1), four: (0.3, 1.0), controls[0]: (0.9, 0.1), controls[1]: (0.3, 1.0)}
    lower = pd.concat(
        [
            said(arm, people, share)
            for arm, shares in told.items()
            for people, share in zip((["b", "c"], ["z"]), shares, strict=True)
        ]
    )
    found = predictions.by_arm(pd.concat(amounts.chosen(rows, lower, choice, 4.0)))
    taken = {Arm("control", "chosen"): controls[0], Arm("topped", "kde"): one}
    for name, arm in {**taken, Arm("topped", "chosen"): one}.items():
        mine = predictions.by_arm(rows)[arm]
        assert found[name]["predicted"].tolist() == mine["predicted"].tolist()
    default = predictions.by_arm(pd.concat(amounts.chosen(rows, None, choice, 4.0)))
    for name, arm in {Arm("control", "chosen"): controls[1], Arm("topped", "kde"): four}.items():
        mine = predictions.by_arm(rows)[arm]
        assert default[name]["predicted"].tolist() == mine["predicted"].tolist()


def in_turns(shares: dict[Arm, float], count: int = 6, seed: int = 0) -> tuple[pd.DataFrame, dict]:
    """Return answers where each of `count` people is learned from once, the others are asked."""
    people = [f"p{k}" for k in range(count)]
    tables = [
        said(arm, [one for one in people if one != taught], share, draw_, seed)
        for draw_, taught in enumerate(people)
        for arm, share in shares.items()
    ]
    return pd.concat(tables, ignore_index=True), {k: [one] for k, one in enumerate(people)}


def test_turns_leave_out_each_person_from_both_sides():
    table, learned = in_turns({REAL: 0.7}, count=4)
    turns = Turns(table, learned, 4000, np.random.default_rng(0))
    scored = turns.score(table)
    means = []
    for person in turns.tested_people:
        kept = table[
            (table["person"] != person)
            & ~table["draw"].isin([draw_ for draw_, people in learned.items() if person in people])
        ]
        by_draw = [_macro_f1(rows) for _, rows in kept.groupby("draw")]
        means.append(np.mean(by_draw))
    spread = np.sqrt(3 / 4 * np.sum((means - np.mean(means)) ** 2))
    whole = np.mean([_macro_f1(rows) for _, rows in table.groupby("draw")])
    assert scored.value == pytest.approx(whole)
    middle = np.quantile(scored.draws - whole, [0.25, 0.75])
    # Quartiles of Student's t with three degrees of freedom: 0.765.
    assert np.allclose(middle, [-0.765 * spread, 0.765 * spread], rtol=0.06)


def _macro_f1(rows: pd.DataFrame) -> float:
    each = []
    for label in LABELS:
        hits = ((rows["label"] == label) & (rows["predicted"] == label)).sum()
        each.append(
            2 * hits / ((rows["label"] == label).sum() + (rows["predicted"] == label).sum())
        )
    return float(np.mean(each))


def test_an_interval_of_people_in_turn_holds_what_it_says():
    """Whoever is learned from or asked moves all that they touch; the mean difference is 0."""
    held = 0
    rng = np.random.default_rng(0)
    people = [f"p{k}" for k in range(6)]
    for trial in range(200):
        luck = 0.12 * rng.standard_normal((2, 6))
        tables = []
        for draw_, taught in enumerate(people):
            for k, asked in enumerate(people):
                if asked != taught:
                    for arm, sign in ((REAL, -0.5), (TOPPED, 0.5)):
                        share = 0.6 + sign * (luck[0, draw_] + luck[1, k])
                        tables.append(said(arm, [asked], share, draw_, 1000 * trial + k))
        table = pd.concat(tables, ignore_index=True)
        turns = Turns(table, {k: [one] for k, one in enumerate(people)}, 400, rng)
        scores = [turns.score(rows) for rows in predictions.by_arm(table).values()]
        low, high = np.quantile(scores[1].draws - scores[0].draws, [0.025, 0.975])
        held += low <= 0 <= high
    assert 180 <= held <= 199


@pytest.mark.parametrize(("gain", "verdict"), [(0.25, rule.USEFUL), (-0.25, rule.HARMFUL)])
def test_a_planted_gain_is_found_by_six_people_in_turn(gain, verdict):
    shares = {REAL: 0.55, AUGMENTED: 0.6, POSED: 0.6, TOPPED: 0.6 + gain, SHUFFLED: 0.4}
    table, learned = in_turns(shares)
    rows = [{"people": 1, "draw": k, "person": one[0]} for k, one in learned.items()]
    wanted = settings(people=[1], models=["svm"], sources=["kde"], doses=[4.0], weights=[1.0])
    found = answer(table, pd.DataFrame(rows), wanted)
    assert found["verdict"] == verdict
    assert found["primary"] == {"model": "svm", "arm": TOPPED.key, "control": POSED.key}
    assert found["people"] == 6 and found["levels"][0]["in_turn"]
    assert found["rule"]["min_subjects"] == 6


def test_useful_needs_every_control_beaten():
    shares = {REAL: 0.55, AUGMENTED: 0.95, POSED: 0.6, TOPPED: 0.85, SHUFFLED: 0.4}
    table, learned = in_turns(shares)
    rows = [{"people": 1, "draw": k, "person": one[0]} for k, one in learned.items()]
    wanted = settings(people=[1], models=["svm"], sources=["kde"], doses=[4.0], weights=[1.0])
    found = answer(table, pd.DataFrame(rows), wanted)
    assert found["verdict"] == rule.NO_EVIDENCE
    assert "augmented" in found["reasons"][0]


def test_with_others_held_out_ten_are_needed():
    tables = [
        said(arm, [f"t{k}" for k in range(9)], 0.6, draw_)
        for draw_ in range(6)
        for arm in (REAL, AUGMENTED, POSED, TOPPED, SHUFFLED)
    ]
    rows = [{"people": 1, "draw": k, "person": f"p{k}"} for k in range(6)]
    wanted = settings(people=[1], models=["svm"], sources=["kde"], doses=[4.0], weights=[1.0])
    found = answer(pd.concat(tables), pd.DataFrame(rows), wanted)
    assert found["verdict"] == rule.UNDERPOWERED and not found["levels"][0]["in_turn"]


QUICK = {
    "experiment": {
        "people": [1, 2],
        "sources": ["kde", "gmm", "mix"],
        "doses": [1.0, 2.0],
        "weights": [1.0],
    },
    "compare": {"bootstrap": 200},
    "ga": {"generations": 2, "population": 8},
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workplace whose params.yaml is tiny."""
    return write_params(tmp_path_factory.mktemp("few"), **QUICK)


def run(place: Path, drawn: Path, name: str) -> tuple[Path, Path]:
    """Run the stage and return its folders."""
    out, report = place / name / "data", place / name / "reports"
    stage.main(drawn, out, report)
    return out, report


def test_a_run_that_was_ended_goes_on_and_gives_the_same(place, drawn, monkeypatch):
    monkeypatch.chdir(place)
    done, real_run = [], unit.run

    def counted(*arguments):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(arguments[1].learned)
        return real_run(*arguments)

    monkeypatch.setattr(unit, "run", counted)
    with pytest.raises(KeyboardInterrupt):
        run(place, drawn, "first")
    first, done[:] = list(done), []
    monkeypatch.setattr(unit, "run", lambda *a: done.append(a[1].learned) or real_run(*a))
    one = run(place, drawn, "first")
    assert done and not set(first) & set(done)
    files_of = {path.name for path in (place / "checkpoints" / "few").rglob("*.csv")}
    assert len(files_of) == len(first) + len(done)
    for path in (place / "checkpoints" / "few").rglob("*"):
        if path.is_file():
            path.unlink()
    two = run(place, drawn, "second")
    for mine, other in zip(one, two, strict=True):
        assert same_files(mine, other)


def test_few_json_holds_every_arm_at_every_level(drawn, monkeypatch, tmp_path):
    wanted = {**QUICK["experiment"], "sources": ["synthetic", "kd", "kde", "mix"]}
    changes = {**QUICK, "experiment": wanted | {"weights": [0.5, 1.0]}}
    place = write_params(tmp_path, **changes)
    monkeypatch.chdir(place)
    out, report = run(place, drawn, "third")
    found = files.read_json(report / "few.json")
    assert [level["people"] for level in found["levels"]] == [1, 2]
    for level in found["levels"]:
        kinds = {Arm.of(name).source for name in level["arms"]}
        assert {"synthetic", "kd", "kde", "mix", "posed", "augmented", "chosen"} <= kinds
        assert "topped kd@2x0.5" in level["arms"] and "control chosen" in level["arms"]
    again = answer(*experiment.read(out), params.load())
    assert again["cells"] == found["cells"]
    assert len(found["cells"]) == 2 * (5 + 4 * 3)
    text = alone.tell.write(place / "told", found)
    assert "p is adjusted for their number" in text
    assert (place / "told" / "people.png").is_file()


def test_nothing_that_learns_or_chooses_sees_those_asked(place, drawn, monkeypatch, tmp_path):
    monkeypatch.chdir(place)
    faces, wanted = FaceSet.open(drawn), params.load()
    poisoned = FaceSet(np.array(faces.images), faces.table)
    test = (faces.table["split"] == "test").to_numpy()
    poisoned.images[test] = poisoned.images[test][:, ::-1] * 0.5
    held = len(set(faces.table["subject"][test]))
    wanted = wanted.model_copy(
        update={"experiment": wanted.experiment.model_copy(update={"held_out": held})}
    )
    told = []
    for number, each in enumerate((faces, poisoned)):
        task = Task.of(each, wanted)
        assert not task.turns
        found = experiment.run(task, wanted, tmp_path / str(number))
        told.append((found, experiment.shown(task, wanted, tmp_path / str(number))))
    (one, faces_one), (two, faces_two) = told
    assert all(np.array_equal(faces_one[name], faces_two[name]) for name in faces_one)
    assert one.learned.equals(two.learned)
    for path in (tmp_path / "0").glob("*.csv"):
        mine, other = predictions.read(path), predictions.read(tmp_path / "1" / path.name)
        known = mine["person"].isin(Task.of(faces, wanted).pool)
        assert known.any() and mine[known].equals(other[known])
    assert not one.predictions.equals(two.predictions)
    assert not in_turn(one.predictions, one.learned)


def test_sources_that_need_depth_are_left_out_of_photographs(capsys):
    faces = many({"train": 2})
    wanted = settings(sources=["reenact", "camera", "kde", "mix"])
    assert sources.usable(faces, wanted) == wanted
    grey = FaceSet(faces.images, faces.table.assign(unit="relative"))
    assert sources.usable(grey, wanted).experiment.sources == ["kde", "mix"]
    assert "reenact, camera" in capsys.readouterr().err
    other = FaceSet(faces.images, faces.table.assign(label="Smirk"))
    assert sources.usable(other, wanted).experiment.sources == ["reenact", "kde", "mix"]
    with pytest.raises(DataError, match="add kd"):
        sources.usable(grey, settings(sources=["camera", "mix"]))


def test_the_first_source_that_there_is_decides():
    shares = {REAL: 0.55, AUGMENTED: 0.6, POSED: 0.6, TOPPED: 0.9, SHUFFLED: 0.4}
    table, learned = in_turns(shares)
    rows = [{"people": 1, "draw": k, "person": one[0]} for k, one in learned.items()]
    wanted = settings(people=[1], sources=["reenact", "kde"], doses=[4.0], weights=[1.0])
    assert answer(table, pd.DataFrame(rows), wanted)["primary"]["arm"] == TOPPED.key


def test_a_search_that_is_not_asked_for_costs_few_people_nothing(tmp_path):
    """Answers are kept, and another search finds them again unless it made some of the faces."""
    task = Task.within(many({"train": 3}))

    def folder(generations: int, *names: str) -> Path:
        wanted = settings(sources=list(names))
        searched = wanted.ga.model_copy(update={"generations": generations})
        return experiment.folder_of(task, wanted.model_copy(update={"ga": searched}), tmp_path)

    assert folder(2, "kd") == folder(50, "kd") != folder(2, "kde")
    assert folder(2, "synthetic") != folder(50, "synthetic")


def test_asking_for_more_people_or_draws_finds_the_answers_there_are(tmp_path):
    """What was learned from one choice of people does not depend on the other choices."""
    task = Task.within(many({"train": 3}))

    def folder(**changes: Any) -> Path:
        return experiment.folder_of(task, settings(**changes), tmp_path)

    assert folder(people=[1]) == folder(people=[1, 2]) == folder(people=[1], draws=9)
    assert folder(people=[1]) != folder(people=[1], gan_steps=9)
    other = settings(people=[1]).model_copy(update={"seed": 8})
    assert experiment.folder_of(task, other, tmp_path) != folder(people=[1])


def test_the_sheet_shows_real_faces_first_and_what_is_made_of_them_last(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    faces = {name: rng.uniform(-1, 1, (6, 8, 8)) for name in ("real", "augmented", "posed", "kde")}
    sheet.write(tmp_path / "ordered.png", faces, LABELS)
    mixed = {name: faces[name] for name in ("kde", "posed", "real", "augmented")}
    sheet.write(tmp_path / "mixed.png", mixed, LABELS)
    assert (tmp_path / "ordered.png").read_bytes() == (tmp_path / "mixed.png").read_bytes()


@pytest.mark.parametrize(("kind", "relief"), [("mm", 120 / 180), ("relative", 0.0)])
def test_classifiers_are_told_whether_faces_are_photographs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str, relief: float
) -> None:
    class Listener:
        view: ClassVar[str] = "features"
        reliefs: ClassVar[set[float]] = set()

        @classmethod
        def fit(cls, train, validation, seed, params):
            cls.reliefs.add(params.net_relief)
            return cls()

        def predict(self, x):
            return np.full((len(x), len(LABELS)), 1 / len(LABELS))

    monkeypatch.setitem(unit.CLASSIFIERS, "svm", Listener)
    faces = many({"train": 3, "test": 10})
    faces = FaceSet(faces.images, faces.table.assign(unit=kind))
    wanted = sources.usable(faces, settings(sources=["kde"], models=["svm"], people=[2]))
    task = Task.of(faces, wanted)
    asked = task.tested(("train0", "train1"))
    views = unit.views(np.asarray(faces.images[asked], np.float32), wanted)
    shared = Shared.of(task.faces, wanted, tmp_path)
    unit.run(task, unit.Unit(("train0", "train1"), asked), views, wanted, shared)
    assert list(Listener.reliefs) == [pytest.approx(relief)]
