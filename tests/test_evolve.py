import ast
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from depthfaces import evolve, files, params
from depthfaces.errors import IntegrityError
from depthfaces.evolve import SEARCHES, contest, results
from depthfaces.evolve.archive import distinct, spacing
from depthfaces.evolve.fitness import outside
from depthfaces.evolve.ga import Genetic, crossed, mutate
from depthfaces.evolve.search import Record, diversity, run
from depthfaces.faces import FaceSet
from depthfaces.schema import Ga
from stages import evolve as stage
from tests.conftest import tiny, write_params


def ga(**changes: object) -> Ga:
    return params.check(tiny(ga=changes)).ga


def sphere(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The nearer to (1, 1, ...), the better."""
    return -np.square(z - 1).sum(axis=1), z


def noisy(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """No good parent has good children: what is kept is kept by elitism alone."""
    worth = [np.random.default_rng(abs(hash(row.tobytes())) % 2**32).random() for row in z]
    return np.array(worth), z


def searched(method: str, score=sphere, generations: int = 8, **changes: object) -> Record:
    search = SEARCHES[method](6, ga(**changes), np.random.default_rng(5))
    return run(search, score, generations)


def best(record: Record) -> np.ndarray:
    return np.array([row["best"] for row in record.curve])


def test_names_in_params_are_the_members() -> None:
    assert set(Ga.model_fields["method"].annotation.__args__) == set(SEARCHES)


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


def test_the_best_never_falls() -> None:
    assert (np.diff(best(searched("ga", noisy, 20, elites=1))) >= 0).all()
    assert (np.diff(best(searched("ga", noisy, 20, elites=0))) < 0).any()  # the test can fail
    assert (np.diff(best(searched("random", noisy, 20))) >= 0).all()


def test_the_ga_climbs_and_random_does_not() -> None:
    climbed, drawn = searched("ga", generations=30), searched("random", generations=30)
    assert len(climbed.z) == len(drawn.z)
    assert climbed.curve[-1]["mean"] > drawn.curve[-1]["mean"] + 3
    assert best(climbed)[-1] > best(drawn)[-1]


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


def test_nan_ranks_worst() -> None:
    search = Genetic(2, ga(elites=1, population=4), np.random.default_rng(0))
    search.ask()
    search.tell(np.array([np.nan, -5.0, np.nan, -9.0]))
    assert search.best == -5


def test_a_search_that_sees_only_nan_ends() -> None:
    record = searched("ga", lambda z: (np.full(len(z), np.nan), z))
    assert np.isneginf(record.fitness).all()
    with pytest.raises(IntegrityError, match="Fear: random found no latent of finite fitness"):
        results.outcomes("Fear", {"random": record}, 3)


def test_equal_seeds_give_equal_records() -> None:
    one, two = searched("ga"), searched("ga")
    assert np.array_equal(one.z, two.z)
    assert one.curve == two.curve


def test_the_control_always_runs_with_the_same_budget() -> None:
    found = contest(sphere, 6, ga(method="ga"), 1)
    assert list(found) == ["ga", "random"]
    assert len(found["ga"].z) == len(found["random"].z) == 60
    assert list(contest(sphere, 6, ga(method="random"), 1)) == ["random"]


def test_diversity_is_the_root_mean_square_distance() -> None:
    points = np.random.default_rng(0).random((7, 3))
    gaps = [((a - b) ** 2).sum() for i, a in enumerate(points) for b in points[:i]]
    assert diversity(points) == pytest.approx(np.sqrt(np.mean(gaps)))
    assert diversity(points[:1]) == 0


def test_the_archive_takes_the_best_that_differ() -> None:
    spots = np.array([[0.0], [0.1], [5.0], [5.1], [9.0]])
    worth = np.array([5.0, 4.0, 3.0, 2.0, 1.0])
    assert distinct(worth, spots, 3, 1.0).tolist() == [0, 2, 4]


def test_the_archive_fills_up_with_nearer_ones_but_never_with_twins() -> None:
    spots = np.array([[0.0], [0.0], [0.5], [9.0]])
    assert distinct(np.array([4.0, 3.0, 2.0, 1.0]), spots, 4, 1.0).tolist() == [0, 3, 2]


def test_the_archive_leaves_out_what_has_no_fitness() -> None:
    worth = np.array([-np.inf, 1.0, np.nan])
    assert distinct(worth, np.array([[0.0], [4.0], [8.0]]), 3, 1.0).tolist() == [1]


def test_spacing_by_hand() -> None:
    assert spacing(np.array([[0.0], [1.0], [4.0]]), 1.0) == 3
    assert spacing(np.array([[0.0], [1.0], [4.0]]), 0.0) == 1


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
            assert archive["fitness"][0] <= ours["best"].max() + 1e-5


def test_stage_shows_the_control_beside(trained: Path) -> None:
    table = pd.read_csv(trained / "evolve" / "archives.csv")
    assert (table.groupby("emotion")["method"].agg(list).map(tuple) == ("ga", "random")).all()
    assert (table["evaluations"] == 60).all()


def test_stage_gives_the_same_bytes_twice(
    trained: Path, drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write_params(tmp_path))
    stage.main(drawn, trained / "gan", tmp_path / "latents", tmp_path / "evolve")
    for folder in ("latents", "evolve"):
        for path in (trained / folder).iterdir():
            assert files.checksum(path) == files.checksum(tmp_path / folder / path.name), path.name
