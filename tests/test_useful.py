"""The fitness `useful`: students who are unsure, teachers who are sure, and rounds of both."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import same_files, tiny, write_params

from depthfaces import files, params, seeding
from depthfaces.classify.fused import shipped_nets
from depthfaces.classify.sample import Sample
from depthfaces.classify.svm import Svm
from depthfaces.errors import DataError
from depthfaces.evolve import fitness, journal, judge, rounds
from depthfaces.evolve.fitness import Evidence, Pair, Quality, Useful
from depthfaces.evolve.journal import Journal
from depthfaces.evolve.judge import Examples, Panel
from depthfaces.evolve.nearness import Nearness
from depthfaces.evolve.results import Outcome
from depthfaces.evolve.rounds import Emotion, Hunt, explore, joined
from depthfaces.evolve.search import Record, Settings, Space
from depthfaces.evolve.student import School, described
from depthfaces.evolve.teacher import Package
from depthfaces.faces import FaceSet
from depthfaces.few import sources
from depthfaces.few.shared import Shared
from depthfaces.schema import Params
from stages import evolve as stage


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Nets this small are no work for two."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Says:
    """A recogniser that gives every face these probabilities of three emotions."""

    def __init__(self, *probabilities: float) -> None:
        self.log = np.log(probabilities)

    def log_probability(self, faces: np.ndarray) -> np.ndarray:
        return np.tile(self.log, (len(faces), 1))


class SaysToo(Panel):
    """A panel that gives every face the probabilities of another recogniser."""

    def __init__(self, other: Says) -> None:
        super().__init__([], [])
        object.__setattr__(self, "other", other)

    def log_probability(self, faces: np.ndarray) -> np.ndarray:
        return self.other.log_probability(faces)


def evidence(train: FaceSet, *pairs: Pair) -> Evidence:
    """Evidence of a critic that believes everything, and judges who say what the teacher says."""
    critic = lambda faces, target: np.full(len(faces), 1.0)  # noqa: E731 - as short as that
    return Evidence(SaysToo(pairs[0].teacher), Nearness(train), critic, [(0.0, 0.5)] * 3, pairs)


@pytest.fixture(scope="module")
def train(drawn: Path) -> FaceSet:
    return FaceSet.open(drawn).split("train")


@pytest.fixture(scope="module")
def validation(drawn: Path) -> FaceSet:
    return FaceSet.open(drawn).split("validation")


def wish(teacher: str = "judges", how_often: int = 3, **changes: object) -> Params:
    useful = {"teacher": teacher, "rounds": how_often}
    return params.check(tiny(ga={"fitness": "useful", **changes}, useful=useful))


def worth(train: FaceSet, student: Says, teacher: Says, target: int = 0) -> float:
    score = Useful(evidence(train, Pair(student, teacher)))
    return float(score(np.ones((1, 16)), np.roll(train.images[:1], 2, axis=2), target).fitness[0])


def test_use_by_hand(train: FaceSet) -> None:
    sure, unsure = Says(0.8, 0.1, 0.1), Says(0.4, 0.3, 0.3)
    gain = worth(train, unsure, sure) - worth(train, Says(1.0, 1e-9, 1e-9), sure)
    assert gain == pytest.approx(fitness.SURPRISE * 0.8 * -np.log(0.4))
    two = Useful(evidence(train, Pair(unsure, sure), Pair(sure, unsure)))
    each = worth(train, unsure, sure), worth(train, sure, unsure)
    found = two(np.ones((1, 16)), np.roll(train.images[:1], 2, axis=2), 0).fitness
    assert found == pytest.approx(np.mean(each))


def test_to_be_sure_of_another_emotion_counts_no_more_than_to_know_nothing(train: FaceSet) -> None:
    sure = Says(0.8, 0.1, 0.1)
    clueless, wrong = Says(1 / 3, 1 / 3, 1 / 3), Says(0.01, 0.98, 0.01)
    assert worth(train, wrong, sure) == pytest.approx(worth(train, clueless, sure))
    assert worth(train, clueless, sure) > worth(train, Says(0.5, 0.25, 0.25), sure)


def test_surprise_counts_only_where_the_teacher_believes(train: FaceSet) -> None:
    clueless = Says(1 / 3, 1 / 3, 1 / 3)
    believed, doubted = Says(0.8, 0.1, 0.1), Says(0.1, 0.8, 0.1)
    assert worth(train, clueless, believed) > worth(train, believed, believed)
    assert worth(train, believed, believed) > worth(train, clueless, doubted)


def test_without_surprise_it_is_quality_judged_by_the_teacher(
    train: FaceSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitness, "SURPRISE", 0.0)
    known = evidence(train, Pair(Says(0.2, 0.4, 0.4), Says(0.7, 0.2, 0.1)))
    z = 3 * np.random.default_rng(0).standard_normal((4, 16))
    faces = np.concatenate([train.images[:1], -train.images[:1], train.images[5:7][:, :, ::-1]])
    one, two = (kind(known)(z, faces, 1) for kind in (Useful, Quality))
    assert np.allclose(one.fitness, two.fitness)


def test_the_penalties_are_those_of_quality(train: FaceSet) -> None:
    known = evidence(train, Pair(Says(0.3, 0.3, 0.4), Says(0.9, 0.05, 0.05)))
    z = np.ones((3, 16))
    z[2] *= 3
    faces = np.concatenate([train.images[:1], -train.images[:1], train.images[:1]])
    useful, quality = (
        kind.worth(faces, 0) - kind(z, faces, 0).fitness for kind in (Useful(known), Quality(known))
    )
    assert useful == pytest.approx(quality)
    assert useful[0] == pytest.approx(fitness.COPY, abs=1e-4)
    assert useful[1] > 1  # no face
    assert useful[2] > useful[0] + 1  # outside the prior's shell


def test_the_package_teaches_the_emotions_it_is_asked_for(train: FaceSet) -> None:
    preprocess = params.check(tiny()).preprocess
    teacher = Package.of(train.classes, "mm", preprocess)
    assert teacher
    some = teacher.log_probability(train.images[:5])
    assert np.allclose(np.exp(some).sum(axis=1), 1)
    every = Package.of(shipped_nets().classes, "mm", preprocess).log_probability(train.images[:5])
    columns = [shipped_nets().classes.index(label) for label in train.classes]
    gaps = every[:, columns] - some  # one number a face: what the emotions share among them
    assert np.allclose(gaps, gaps[:, :1])
    assert every.shape == (5, 7)


def test_the_package_declines_what_it_does_not_know() -> None:
    preprocess = params.check(tiny()).preprocess
    assert Package.of(["Fear", "Boredom"], "mm", preprocess) is None
    assert Package.of(["Fear"], "relative", preprocess) is None
    assert Package.of(["Fear"], "mm", preprocess.model_copy(update={"crop": 150.0})) is None


def test_the_teacher_leaves_the_generators_threads_alone(train: FaceSet) -> None:
    """Its net takes one; a run that goes on would then make other bits than one that did not."""
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        Package(train.classes).log_probability(train.images[:2])
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@pytest.fixture(scope="module")
def panel(train: FaceSet, validation: FaceSet) -> Panel:
    """Two judges after one pass over the faces."""
    parts = [Examples.of(part, train.classes) for part in (train, validation)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judge, "EPOCHS", 1)
        return judge.panel(parts[0], parts[1], 2, seeding.stream(1, "judges"))


@pytest.fixture(scope="module")
def school(train: FaceSet, validation: FaceSet, panel: Panel) -> School:
    """Students of judges."""
    return School.of(train, validation, panel, wish(), 3)


@pytest.fixture(scope="module")
def one_student(train: FaceSet, validation: FaceSet, panel: Panel) -> School:
    """The student of the package."""
    return School.of(train, validation, panel, wish("package"), 3)


@pytest.fixture
def learned(monkeypatch: pytest.MonkeyPatch) -> list[Sample]:
    """What every student learned from, as they come."""
    found: list[Sample] = []
    of_cost = Svm.of_cost
    monkeypatch.setattr(
        Svm, "of_cost", lambda seen, *rest: (found.append(seen), of_cost(seen, *rest))[1]
    )
    return found


def test_students_of_judges_meet_only_whom_their_judge_never_met(
    train: FaceSet, school: School, learned: list[Sample]
) -> None:
    pairs = school.pairs()
    assert [pair.teacher.nets for pair in pairs] == [[net] for net in school.panel.nets]
    seen = described(train.images)
    for strangers, lesson in zip(school.panel.left_out, learned, strict=True):
        rows = [np.flatnonzero((seen == row).all(axis=1)) for row in lesson.x]
        people = {train.table["group"][row[0]] for row in rows if len(row)}
        assert people == set(strangers)
        assert 0 < len(people) < 6


def test_who_is_left_out_is_who_a_judge_never_meets(
    train: FaceSet, validation: FaceSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    met: list[set[str]] = []
    monkeypatch.setattr(
        judge, "fit", lambda seen, *rest: (met.append(set(seen.groups)), (None, {}))[1]
    )
    parts = [Examples.of(part, train.classes) for part in (train, validation)]
    everybody = set(train.table["group"])
    for count in (3, 6):
        met.clear()
        found = judge.panel(parts[0], parts[1], count, seeding.stream(1, "judges"))
        assert [everybody - set(groups) for groups in found.left_out] == met
    assert not any(len(groups) for groups in found.left_out)  # six judges of six people


def test_students_of_the_package_meet_everybody_once_more_changed(
    train: FaceSet, validation: FaceSet, one_student: School
) -> None:
    school = one_student
    assert len(school.pairs()) == 1
    assert school.about() == {"teacher": "package", "rounds": 3}
    assert len(school.real.y) == 2 * len(train)
    straight, changed = np.split(school.real.x, 2)
    assert np.array_equal(straight, described(train.images))
    assert not (straight == changed).all(axis=1).any()
    again = School.of(train, validation, school.panel, wish("package"), 3)
    assert np.array_equal(again.real.x, school.real.x)


def test_a_student_is_no_longer_surprised_by_what_was_found(
    train: FaceSet, one_student: School
) -> None:
    """Planted: faces upside down, all of them called the first emotion."""
    odd = np.ascontiguousarray(train.images[:24, ::-1])
    found = Sample(described(odd), np.zeros(24, np.int64))
    before, after = (
        pairs[0].student.log_probability(odd)[:, 0].mean()
        for pairs in (one_student.pairs(), one_student.pairs(found))
    )
    assert after > before + 0.3


def test_what_was_found_weighs_no_more_than_real_faces(
    one_student: School, learned: list[Sample]
) -> None:
    school = one_student
    for times in (1, 4):
        x = np.tile(school.real.x, (times, 1))
        school.pairs(Sample(x, np.tile(school.real.y, times)))
    real = len(school.real.y)
    assert [one.w[real:].sum() for one in learned] == pytest.approx([real, real])
    assert (learned[0].w == 1).all()


def test_one_emotion_has_no_students(train: FaceSet, validation: FaceSet) -> None:
    alone = train.pick(np.flatnonzero(train.table["label"] == "Neutral"))
    with pytest.raises(DataError, match="useful expected two emotions to tell apart"):
        School.of(alone, validation, Panel([], []), wish(), 3)


def outcome(births: int, generations: int, rows: list[int], first: float) -> Outcome:
    """An outcome whose latent k has the fitness `first` + k, children of the one before them."""
    numbers = np.arange(births)
    record = Record(
        z=np.full((births, 2), first) + numbers[:, None],
        fitness=first + numbers,
        places=np.zeros((births, 2)),
        measures=np.zeros((births, 2)),
        generation=numbers * generations // births,
        parents=np.stack([numbers - 1, np.full(births, -1)], axis=1),
        operator=np.full(births, "draw"),
        curve=[{"generation": k, "best": first} for k in range(generations)],
    )
    return Outcome("Fear", "ga", record, np.array(rows))


def test_one_round_is_itself() -> None:
    one = outcome(4, 2, [3, 1], 0.0)
    assert joined([one]) is one


def test_rounds_are_joined_by_hand() -> None:
    found = joined([outcome(4, 2, [3, 1, 0], 0.0), outcome(6, 3, [5, 0], 100.0)])
    assert found.rows.tolist() == [3, 9, 1, 4, 0]  # the best of each round in turn
    assert found.record.z[found.rows, 0].tolist() == [3, 105, 1, 100, 0]
    assert found.record.generation.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert found.record.parents[:, 0].tolist() == [-1, 0, 1, 2, -1, 4, 5, 6, 7, 8]
    assert (found.record.parents[:, 1] == -1).all()
    assert [row["generation"] for row in found.record.curve] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("total", "parts"), [(12, 3), (7, 3), (250, 3), (1, 3), (5, 1)])
def test_shares_are_even_and_nothing_is_lost(total: int, parts: int) -> None:
    found = rounds._even(total, parts)
    assert len(found) == parts
    assert sum(found) == total
    assert max(found) - min(found) <= 1


def blobs(z: np.ndarray) -> np.ndarray:
    """Faces (n, 32, 32) that latents (n, 8) shape: three bumps of three heights."""
    y, x = np.mgrid[-1:1:32j, -1:1:32j]
    bumps = [np.exp(-8 * ((x - dx) ** 2 + (y - 0.4) ** 2)) for dx in (-0.4, 0.0, 0.4)]
    return np.clip(np.tensordot(z[:, :3], bumps, 1) - 0.5, -1, 1).astype(np.float32)


def hunted(
    train: FaceSet, school: School | None, settings: Params, folder: Path, render=blobs
) -> list[Outcome]:
    critic = lambda faces, target: np.full(len(faces), 1.0)  # noqa: E731 - as short as that
    near = Nearness.__new__(Nearness)
    near.unit, near.limit = 0.0, np.inf  # nothing is a copy
    known = Evidence(SaysToo(Says(0.5, 0.3, 0.2)), near, critic, [(0.0, 0.5)] * 3)
    emotions = [Emotion(name, render, Space(8, k)) for k, name in enumerate(train.classes)]
    told = Settings(settings.evolve, settings.ga, settings.pso, settings.cmaes, settings.qd)
    return explore(Hunt(emotions, known, school), told, Journal(folder, "a"), 12)


@pytest.fixture(scope="module")
def whole(
    train: FaceSet, school: School, tmp_path_factory: pytest.TempPathFactory
) -> list[Outcome]:
    """A hunt in three rounds."""
    return hunted(train, school, wish(), tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def plain(train: FaceSet, tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    """The same for quality, without rounds."""
    return hunted(train, None, params.check(tiny()), tmp_path_factory.mktemp("plain"))


def test_rounds_have_the_same_budget_as_none(whole: list[Outcome], plain: list[Outcome]) -> None:
    assert [(one.label, one.method) for one in whole] == [(one.label, one.method) for one in plain]
    for one, other in zip(whole, plain, strict=True):
        assert len(one.record.z) == len(other.record.z) == 60
        assert len(one.rows) == len(set(one.rows)) == 12
        assert len(one.record.curve) == 3


def test_in_the_first_round_the_control_draws_as_it_always_does(
    whole: list[Outcome], plain: list[Outcome]
) -> None:
    """And in the later ones it draws anew."""
    for one, other in zip(whole[1::2], plain[1::2], strict=True):
        assert np.array_equal(one.record.z[:20], other.record.z[:20])
        assert len(np.unique(one.record.z, axis=0)) == 60


def test_each_method_has_students_of_its_own_who_learn_what_it_found(
    train: FaceSet, school: School, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lessons: list[Sample | None] = []
    pairs = School.pairs
    monkeypatch.setattr(
        School, "pairs", lambda self, found=None: (lessons.append(found), pairs(self, found))[1]
    )
    found = hunted(train, school, wish(), tmp_path)
    assert lessons[:2] == [None, None]
    for place, method in ((4, "ga"), (5, "random")):
        mine = [one for one in found if one.method == method]
        made = described(np.concatenate([blobs(one.record.z[one.rows]) for one in mine]))
        gaps = np.array([np.abs(made - row).sum(axis=1).min() for row in lessons[place].x])
        assert gaps.max() < 1e-5  # all but the last round's
        assert np.bincount(lessons[place].y).tolist() == [8, 8, 8]
    assert not np.array_equal(lessons[4].x, lessons[5].x)


def test_a_killed_hunt_goes_on_to_the_same_end(
    train: FaceSet, school: School, whole: list[Outcome], tmp_path: Path
) -> None:
    """In the second round, where the students have learned anew already."""
    calls: list[int] = []

    def dying(z: np.ndarray) -> np.ndarray:
        calls.append(len(z))
        if len(calls) == 15:  # six of them for the students to learn
            raise KeyboardInterrupt
        return blobs(z)

    with pytest.raises(KeyboardInterrupt):
        hunted(train, school, wish(), tmp_path, dying)
    known = Journal(tmp_path, "a").known
    assert known > 6  # the first round's six, and some of the second's
    again = hunted(train, school, wish(), tmp_path)
    for one, other in zip(whole, again, strict=True):
        assert np.array_equal(one.record.z, other.record.z)
        assert np.array_equal(one.record.fitness, other.record.fitness)
        assert np.array_equal(one.rows, other.rows)


def test_rounds_without_a_generation_are_refused() -> None:
    with pytest.raises(
        params.ParamsError, match=r"useful\.rounds: expected at most ga\.gen.* 3, found 4"
    ):
        wish(how_often=4)
    params.check(tiny(useful={"rounds": 4}))  # of quality nobody asks


def test_the_code_of_students_and_the_packages_nets_bind_a_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    checksum = files.checksum
    monkeypatch.setattr(files, "checksum", lambda path: (read.append(path), checksum(path))[1])
    journal.key(1)
    names = {"/".join(path.parts[-2:]) for path in read}
    assert {
        "classify/svm.py",
        "features/hog.py",
        "evolve/student.py",
        "net/net.safetensors",
    } <= names


@pytest.mark.slow
def test_stage_writes_the_same_bytes_twice_and_says_who_taught(
    trained: Path, drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        place = write_params(
            tmp_path / name, ga={"fitness": "useful"}, useful={"teacher": "package"}
        )
        monkeypatch.chdir(place)
        stage.main(drawn, trained / "gan", place / "latents", place / "evolve")
    for folder in ("latents", "evolve"):
        assert same_files(tmp_path / "one" / folder, tmp_path / "two" / folder) > 0
    about = files.read_json(tmp_path / "one" / "latents" / "config.json")
    assert about["useful"] == {"teacher": "package", "rounds": 3}
    assert "useful" not in files.read_json(trained / "latents" / "config.json")
    for name in about["files"].values():
        with np.load(tmp_path / "one" / "latents" / name, allow_pickle=False) as archive:
            assert len(np.unique(archive["z"], axis=0)) == 12
            assert set(archive["generation"]) == {0, 1, 2}  # some of every round


@pytest.mark.slow
def test_few_people_evolve_for_usefulness_too(train: FaceSet) -> None:
    few = train.pick(np.isin(train.table["group"], np.unique(train.table["group"])[:2]))
    made = {}
    for kind in ("quality", "useful"):
        told = params.check(
            tiny(
                ga={"fitness": kind},
                experiment={"sources": ["synthetic"]},
                useful={"teacher": "judges"},
            )
        )
        made[kind] = dict(sources.made(few, few.targets, told, Shared(None, None), 5))["synthetic"]
    assert np.isfinite(made["useful"]).all()
    assert not np.array_equal(made["quality"], made["useful"])
