import ast
import os
import signal
import subprocess
import sys
import time
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from depthfaces import evolve, files, params
from depthfaces.errors import IntegrityError
from depthfaces.evolve import SEARCHES, contest, results
from depthfaces.evolve.archive import kept, spacing
from depthfaces.evolve.fitness import FITNESSES
from depthfaces.evolve.ga import crossed, mutate
from depthfaces.evolve.journal import Journal, key
from depthfaces.evolve.nearness import Nearness
from depthfaces.evolve.search import Record, Scored, Settings, Space, diversity, run
from depthfaces.evolve.shell import outside
from depthfaces.faces import FaceSet
from depthfaces.schema import Evolve, Ga
from stages import evolve as stage
from tests.conftest import tiny, write_params

TOP = Path(__file__).parents[1]


def settings(method: str = "ga", **changes: object) -> Settings:
    p = params.check(tiny(ga=changes, evolve={"method": method}))
    return Settings(p.evolve, p.ga, p.pso, p.cmaes, p.qd)


def sphere(z: np.ndarray) -> Scored:
    """The nearer to (1, 1, ...), the better."""
    return Scored(-np.square(z - 1.0).sum(axis=1), z, z[:, :2])


def noisy(z: np.ndarray) -> Scored:
    """No good parent has good children: what is kept is kept by elitism alone."""
    worth = [np.random.default_rng(zlib.crc32(row.tobytes())).random() for row in z]
    return Scored(np.array(worth), z, z[:, :2])


def broken(z: np.ndarray) -> Scored:
    """A fitness that is never a number."""
    return Scored(np.full(len(z), np.nan), z, z[:, :2])


def searched(method: str, score=sphere, generations: int = 8, **changes: object) -> Record:
    search = SEARCHES[method](6, settings(**changes), np.random.default_rng(5))
    return run(search, score, generations)


def anywhere(limit: float = np.inf) -> Nearness:
    """Nearness to real faces that lie nowhere near: nothing is a copy."""
    found = Nearness.__new__(Nearness)
    found.unit, found.limit = 0.0, limit
    return found


def best(record: Record) -> np.ndarray:
    return np.array([row["best"] for row in record.curve])


def test_names_in_params_are_the_members() -> None:
    assert set(Evolve.model_fields["method"].annotation.__args__) == set(SEARCHES)
    assert set(Ga.model_fields["fitness"].annotation.__args__) == set(FITNESSES)


def test_searches_never_see_the_gan() -> None:
    for path in Path(evolve.__file__).parent.glob("*.py"):
        names = [
            ast.unparse(node)
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        assert not [name for name in names if "depthfaces.gan" in name], path


def test_mutation_of_strength_zero_is_the_parent() -> None:
    z = np.random.default_rng(0).standard_normal((4, 6), np.float32)
    assert np.array_equal(mutate(z, 0.0, np.random.default_rng(1)), z)


@pytest.mark.parametrize("strength", [0.1, 0.5, 1.0])
def test_mutation_keeps_the_prior(strength: float) -> None:
    rng = np.random.default_rng(0)
    children = mutate(rng.standard_normal((20000, 4), np.float32), strength, rng)
    assert np.abs(children.mean(axis=0)).max() < 0.03
    assert np.abs(np.cov(children.T) - np.eye(4)).max() < 0.04


def test_crossover_takes_each_coordinate_from_a_parent() -> None:
    mask = np.array([[True, False, True]])
    assert crossed(np.zeros((1, 3)), np.ones((1, 3)), mask).tolist() == [[1, 0, 1]]


def test_without_variation_children_are_parents() -> None:
    record = searched("ga", crossover=0.0, mutation=0.0)
    first = {row.tobytes() for row in record.z[record.generation == 0]}
    assert {row.tobytes() for row in record.z} == first


@pytest.mark.parametrize("method", SEARCHES)
def test_the_best_never_falls(method: str) -> None:
    assert (np.diff(best(searched(method, noisy, 20, elites=1))) >= 0).all()


def test_without_elites_the_best_of_the_ga_falls() -> None:
    assert (np.diff(best(searched("ga", noisy, 20, elites=0))) < 0).any()


def test_lineages_only_climb_when_all_are_elites() -> None:
    search = SEARCHES["ga"](6, settings(elites=20), np.random.default_rng(5))
    before = np.full(20, -np.inf)
    for _ in range(5):
        search.tell(noisy(search.ask().z))
        assert (search.fitness >= before).all()
        before = search.fitness.copy()


@pytest.mark.parametrize("method", ["ga", "pso", "cmaes", "map-elites"])
def test_each_method_climbs_and_random_does_not(method: str) -> None:
    climbed, drawn = searched(method, generations=30), searched("random", generations=30)
    assert len(climbed.z) == len(drawn.z)
    assert best(climbed)[-1] > best(drawn)[-1]
    late = climbed.fitness[climbed.generation >= 20]
    assert np.median(late) > np.median(drawn.fitness) + 1


@pytest.mark.parametrize("method", ["pso", "cmaes"])
def test_what_is_asked_lies_in_the_shell(method: str) -> None:
    record = searched(method, generations=20)
    assert (outside(record.z[record.generation > 0]) == 0).all()


@pytest.mark.parametrize("method", SEARCHES)
def test_the_global_random_streams_stay_alone(method: str) -> None:
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - to see that nobody moved it
    searched(method, generations=3)
    assert np.array_equal(np.random.get_state()[1], before)  # noqa: NPY002 - as above


def test_map_elites_keeps_the_best_of_each_cell() -> None:
    search = SEARCHES["map-elites"](6, settings(), np.random.default_rng(5))
    record = run(search, sphere, 8)
    kept = search.archive.data(["objective", "index", "born"])
    cells = search.archive.index_of(record.measures)
    for worth, cell, born in zip(kept["objective"], kept["index"], kept["born"], strict=True):
        assert worth == record.fitness[cells == cell].max()
        assert record.fitness[born] == worth


def test_lineage_leads_back_to_draws() -> None:
    record = searched("ga")
    numbers = np.arange(len(record.z))
    assert (record.parents < numbers[:, None]).all()
    assert (record.parents[record.operator == "draw"] == -1).all()
    assert (record.parents[record.operator == "mutation"][:, 1] == -1).all()
    assert (record.parents[record.operator == "crossover"] >= 0).all()
    assert set(record.operator[record.generation == 0]) == {"draw"}


def test_parents_are_who_they_are_said_to_be() -> None:
    record = searched("ga", crossover=0.0, mutation=0.0)
    born = np.flatnonzero(record.generation > 0)
    assert np.array_equal(record.z[born], record.z[record.parents[born, 0]])


@pytest.mark.parametrize("method", SEARCHES)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_ranks_worst(method: str, bad: float) -> None:
    def score(z: np.ndarray) -> Scored:
        found = sphere(z)
        return found._replace(fitness=np.where(np.arange(len(z)) % 3 == 0, bad, found.fitness))

    record = searched(method, score, 5)
    assert np.isneginf(record.fitness[::20]).all()
    assert best(record)[-1] == record.fitness.max() < 0


@pytest.mark.parametrize("method", SEARCHES)
def test_a_search_that_sees_only_nan_ends(method: str) -> None:
    record = searched(method, broken)
    assert np.isneginf(record.fitness).all()
    with pytest.raises(IntegrityError, match="Fear: random found no latent of finite fitness"):
        results.outcomes("Fear", {"random": record}, 3, anywhere())


@pytest.mark.parametrize("method", SEARCHES)
def test_equal_fitness_everywhere_ends_with_different_faces(method: str) -> None:
    record = searched(method, lambda z: Scored(np.ones(len(z)), z, z[:, :2]))
    rows = results.outcomes("Fear", {"random": record}, 10, anywhere())[0].rows
    assert len(np.unique(record.z[rows], axis=0)) == len(rows) == 10


@pytest.mark.parametrize("method", SEARCHES)
def test_equal_seeds_give_equal_records(method: str) -> None:
    one, two = searched(method), searched(method)
    assert np.array_equal(one.z, two.z)
    assert one.curve == two.curve


def test_the_control_always_runs_with_the_same_budget(tmp_path: Path) -> None:
    space = Space(6, 1)
    found = contest(sphere, space, settings(), Journal(tmp_path, "a"))
    assert list(found) == ["ga", "random"]
    assert len(found["ga"].z) == len(found["random"].z) == 60
    alone = contest(sphere, space, settings("random"), Journal(tmp_path, "a"))
    assert list(alone) == ["random"]


@pytest.mark.parametrize("method", SEARCHES)
def test_a_killed_search_goes_on_to_the_same_end(method: str, tmp_path: Path) -> None:
    calls = []

    def dying(z: np.ndarray) -> Scored:
        calls.append(len(z))
        if len(calls) == 5:
            raise KeyboardInterrupt
        return noisy(z)

    space, chosen = Space(6, 1), settings(method, generations=6)
    whole = contest(noisy, space, chosen, Journal(tmp_path / "other", "a"))
    with pytest.raises(KeyboardInterrupt):
        contest(dying, space, chosen, Journal(tmp_path, "a"))
    again = contest(dying, space, chosen, Journal(tmp_path, "a"))
    assert len(calls) == 1 + sum(len(set(record.generation)) for record in whole.values())
    for name, record in whole.items():
        assert np.array_equal(record.z, again[name].z)
        assert np.array_equal(record.fitness, again[name].fitness)
        assert record.curve == again[name].curve


def test_a_torn_or_foreign_journal_is_not_believed(tmp_path: Path) -> None:
    journal, z = Journal(tmp_path, "a"), np.ones((3, 6), np.float32)
    journal.keep("x", sphere)(z)
    file = tmp_path / "a" / "x" / "00000.npz"
    assert journal.known == 1
    other = journal.keep("x", noisy)(2 * z)  # other latents than those it knows
    assert np.array_equal(other.fitness, noisy(2 * z).fitness)
    file.write_bytes(file.read_bytes()[:100])
    assert np.array_equal(journal.keep("x", sphere)(z).fitness, sphere(z).fitness)
    assert Journal(tmp_path, "b").known == 0
    assert not file.exists()  # another run's journal is given up


def test_a_key_tells_runs_apart() -> None:
    assert key(1, settings()) == key(1, settings())
    assert len({key(1, settings()), key(2, settings()), key(1, settings(mutation=0.1))}) == 3


def test_diversity_is_the_root_mean_square_distance() -> None:
    points = np.random.default_rng(0).random((7, 3))
    gaps = [((a - b) ** 2).sum() for i, a in enumerate(points) for b in points[:i]]
    assert diversity(points) == pytest.approx(np.sqrt(np.mean(gaps)))
    assert diversity(points[:1]) == 0


def line(*spots: float) -> np.ndarray:
    return np.array(spots)[:, None]


def test_the_archive_takes_the_best_of_each_cell() -> None:
    """Cells of 0, 4 and 10 hold places 0 and 1, 3.5 and 4.5, and 10."""
    spots, worth = line(0.0, 1.0, 3.5, 4.5, 10.0), np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    assert kept(worth, spots, line(0.0, 4.0, 10.0), 3).tolist() == [4, 3, 1]
    assert kept(worth, spots, line(0.0, 4.0, 10.0), 2).tolist() == [4, 3]


def test_the_archive_fills_up_with_the_unlike_but_never_with_twins() -> None:
    """Cells of 0, 4 and 8 whose middle stays empty: 1.5 is unlike, 0.5 less so, 0 there already."""
    spots, worth = line(0.0, 0.0, 0.5, 1.5, 9.0), np.array([9.0, 8.0, 7.0, 6.0, 5.0])
    assert kept(worth, spots, line(0.0, 4.0, 8.0), 5).tolist() == [0, 4, 3, 2]


def test_the_archive_leaves_out_what_has_no_fitness() -> None:
    worth = np.array([-np.inf, 1.0, np.nan])
    assert kept(worth, line(0.0, 4.0, 8.0), line(0.0, 4.0, 8.0), 3).tolist() == [1]
    assert len(kept(worth, line(0.0, 4.0, 8.0), np.empty((0, 1)), 3)) == 0


def test_draws_without_a_fitness_are_no_anchors() -> None:
    """A face that is no number would be nearest to all others."""
    record = searched("random")
    places, fitness = record.places.copy(), record.fitness.copy()
    places[0], fitness[0] = np.nan, -np.inf
    spoilt = replace(record, places=places, fitness=fitness)
    rows = results.outcomes("Fear", {"random": spoilt}, 12, anywhere())[0].rows
    anchors = places[1:13]
    assert rows.tolist() == kept(fitness, places, anchors, 12).tolist()
    assert len(rows) == 12


def test_spacing_by_hand() -> None:
    assert spacing(line(0.0, 1.0, 4.0, 8.5)) == 2.0
    assert spacing(line(3.0)) == 0


def test_stage_keeps_the_best_distinct_latents(trained: Path, drawn: Path) -> None:
    config = files.read_json(trained / "latents" / "config.json")
    assert list(config["files"]) == FaceSet.open(drawn).classes
    curves = pd.read_csv(trained / "evolve" / "curves.csv")
    assert len(curves) == 3 * 2 * 3
    for label, name in config["files"].items():
        with np.load(trained / "latents" / name, allow_pickle=False) as archive:
            assert archive["z"].shape == (12, 8)
            assert (outside(archive["z"]) == 0).all()
            assert len(np.unique(archive["z"], axis=0)) == 12
            ours = curves[(curves["emotion"] == label) & (curves["method"] == "ga")]
            assert archive["fitness"][0] <= ours["best"].max() + 1e-4  # six digits there


def test_stage_shows_the_control_beside(trained: Path) -> None:
    table = pd.read_csv(trained / "evolve" / "archives.csv")
    assert (table.groupby("emotion")["method"].agg(list).map(tuple) == ("ga", "random")).all()
    assert (table["evaluations"] == 60).all()


@pytest.mark.slow
def test_stage_gives_the_same_bytes_twice(
    trained: Path, drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write_params(tmp_path))
    stage.main(drawn, trained / "gan", tmp_path / "latents", tmp_path / "evolve")
    for folder in ("latents", "evolve"):
        for path in (trained / folder).iterdir():
            assert files.checksum(path) == files.checksum(tmp_path / folder / path.name), path.name


def test_more_generations_find_other_faces() -> None:
    """A fitness that stops at a cap filled the archive in a few generations, for good."""
    long = searched("ga", generations=50, crossover=0.5)
    short = searched("ga", generations=30, crossover=0.5)
    assert np.array_equal(long.z[: len(short.z)], short.z)
    kept = [
        record.fitness[results.outcomes("Fear", {"random": record}, 12, anywhere())[0].rows]
        for record in (short, long)
    ]
    assert kept[1].max() > kept[0].max()
    assert len(set(kept[1]) - set(kept[0])) >= 3


def test_stage_draws_every_picture(trained: Path) -> None:
    for name in ("curves", "diversity", "sheet", "norms", "reached"):
        with Image.open(trained / "evolve" / f"{name}.png") as picture:
            assert picture.convert("L").getextrema() == (0, 255), name


def test_stage_leaves_no_journal_when_it_ends_well(trained: Path) -> None:
    assert [path for path in (trained / "checkpoints").rglob("*") if path.is_file()] == []


@pytest.mark.slow
def test_a_killed_stage_goes_on_and_ends_the_same(
    trained: Path, drawn: Path, tmp_path: Path
) -> None:
    """SIGKILL in the middle of the search, then the same command again."""
    place = write_params(tmp_path)
    command = [sys.executable, "-m", "stages.evolve", drawn, trained / "gan", "latents", "evolve"]
    around = {"cwd": place, "env": {**os.environ, "PYTHONPATH": str(TOP)}, "text": True}
    first = subprocess.Popen(command, **around, stderr=subprocess.DEVNULL)
    journal = place / "checkpoints" / "evolve"
    while len(list(journal.rglob("*.npz"))) < 4:
        assert first.poll() is None, "ended before it could be killed"
        time.sleep(0.01)
    first.kill()
    assert first.wait() == -signal.SIGKILL
    assert not list((place / "latents").iterdir())  # tried for writing, and empty
    known = len(list(journal.rglob("*.npz")))
    again = subprocess.run(command, **around, capture_output=True, check=True)
    assert f"goes on after {known} scored generations" in again.stderr
    for folder in ("latents", "evolve"):
        for path in (trained / folder).iterdir():
            assert files.checksum(path) == files.checksum(place / folder / path.name), path.name
    assert not [path for path in journal.rglob("*") if path.is_file()]
