"""The four cells between the plain GAN and the synthetic set are made by one code."""

from pathlib import Path

import numpy as np
import pytest

from depthfaces import files
from depthfaces.export.rows import Origin
from depthfaces.faces import FaceSet
from depthfaces.gan import store
from stages import ablation as stage
from stages import baseline
from tests.conftest import write_params


@pytest.fixture(scope="module")
def place(drawn: Path, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workplace after `baseline gan` and `ablation`, the second of these twice."""
    place = write_params(tmp_path_factory.mktemp("ablation"), ga={"population": 7})
    made = trained / "gan", trained / "latents"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        baseline.main(drawn, "gan", place / "sets" / "gan")
        stage.main(drawn, *made, place / "sets", place / "latents")
        (place / "again" / "gan").mkdir(parents=True)
        (place / "again" / "gan" / "model").symlink_to(place / "sets" / "gan" / "model")
        stage.main(drawn, *made, place / "again", place / "latents")
    return place


def test_distillation_alone_is_plain_draws_of_the_distilled_net(
    place: Path, drawn: Path, trained: Path
) -> None:
    faces = FaceSet.open(place / "sets" / "kd")
    assert set(faces.table["method"]) == {"plain"}
    assert (faces.table["label"].value_counts() == 6).all()
    origin = Origin(store.load(trained / "gan", drawn), place, {})
    for image, (_, row) in zip(faces.images, faces.table.iterrows(), strict=True):
        assert np.array_equal(origin.remake(row), image)


def test_evolution_alone_is_what_was_found_in_the_plain_net(place: Path, drawn: Path) -> None:
    plain = store.load(place / "sets" / "gan" / "model", drawn)
    assert plain.config["kd"]["enabled"] is False
    faces = FaceSet.open(place / "sets" / "gan_ga")
    assert (faces.table.groupby("label")["method"].value_counts() == 3).all()
    origin = Origin.open(plain, place / "latents")
    for image, (_, row) in zip(faces.images, faces.table.iterrows(), strict=True):
        assert np.array_equal(origin.remake(row), image)


def test_the_kept_net_is_the_one_that_made_the_baseline(place: Path, drawn: Path) -> None:
    """Were another net kept, evolution would start from faces that the baseline never shows."""
    config = files.read_json(place / "sets" / "gan" / "model" / "config.json")
    assert config["faces"] == store.fingerprint(drawn)
    assert config["gan"]["steps"] == 2


def test_both_searches_have_the_same_settings(place: Path, trained: Path) -> None:
    """Whatever params.yaml says by now: here its population is another."""
    one, two = (
        files.read_json(top / "latents" / "config.json")["settings"] for top in (place, trained)
    )
    assert one == two
    assert one["ga"]["population"] == 20


def test_the_same_bytes_twice_and_no_journal_left(place: Path) -> None:
    for name in ("kd", "gan_ga"):
        for file in ("images.npy", "metadata.csv"):
            one, two = (files.checksum(place / top / name / file) for top in ("sets", "again"))
            assert one == two, (name, file)
    assert not list((place / "checkpoints" / "ablation").rglob("*.npz"))
