"""Nothing that is fitted or chosen sees the test split: change every test face, nothing moves."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from conftest import draw, same_files, write_params

from depthfaces import files, params
from depthfaces.comparison import Inputs, compare, measured
from depthfaces.errors import IntegrityError
from depthfaces.faces import FaceSet, FaceWriter
from depthfaces.verdict import rule
from stages import baseline, classify, evolve, export, features, train

# Small, and each kind of thing that is fitted or chosen is there.
QUICK = {"models": ["svm", "tree"], "seeds": 1, "published": False}


def poisoned(faces: FaceSet, folder: Path) -> None:
    """Write `faces` with every test face replaced by one that another label belongs to."""
    rng = np.random.default_rng(5)
    images = np.array(faces.images)
    for row in np.flatnonzero(faces.table["split"] == "test"):
        other = "Surprise" if faces.table["label"][row] != "Surprise" else "Neutral"
        images[row] = draw(other, rng)[:, ::-1]
    with FaceWriter(folder, images.shape[1:], np.float32) as writer:
        writer.append(images, faces.table.to_dict("records"))


def run(place: Path, faces: Path) -> None:
    """Run every stage that fits or chooses something."""
    train.main(faces, place / "none", place / "models" / "gan", place / "train")
    latents = place / "models" / "latents"
    evolve.main(faces, place / "models" / "gan", latents, place / "evolve")
    export.main(faces, place / "models" / "gan", latents, place / "data" / "synthetic")
    baseline.main(faces, "kde", place / "data" / "baselines" / "kde")
    sets = (faces, place / "data" / "synthetic", place / "data" / "baselines")
    features.main(*sets, place / "data" / "features")
    classify.main(
        place / "data" / "features",
        place / "data" / "predictions.csv",
        place / "classify.json",
        place / "models" / "classify",
    )


@pytest.fixture(scope="module")
def both(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two workplaces: with the drawn faces, and with other faces in their test split."""
    top = tmp_path_factory.mktemp("poison")
    places = (top / "clean", top / "poisoned")
    poisoned(FaceSet.open(drawn), top / "poisoned" / "data" / "faces")
    (top / "clean" / "data").mkdir(parents=True)
    (top / "clean" / "data" / "faces").symlink_to(drawn)
    for place in places:
        write_params(place, classify=QUICK, compare={"autoencoder_steps": 3, "dimensions": 6})
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(place)
            run(place, place / "data" / "faces")
    return places


@pytest.mark.parametrize(
    "what", ["models/gan", "models/latents", "data/synthetic", "data/baselines"]
)
def test_generator_search_export_and_baselines_never_see_a_test_face(both, what):
    clean, other = both
    assert same_files(clean / what, other / what) > 0


def test_classifiers_and_what_is_chosen_for_them_never_see_a_test_face(both):
    clean, other = both
    for name in ("svm", "tree"):
        assert same_files(clean / "models/classify" / name, other / "models/classify" / name) > 0
    one, two = (files_of(place) for place in both)
    assert one == two
    for name in ("augmented", "posed"):
        path = f"data/features/{name}.npz"
        assert (clean / path).read_bytes() == (other / path).read_bytes()


def files_of(place: Path) -> dict:
    """Return what was chosen for the kept classifiers, from their config."""
    return dict(files.read_json(place / "models" / "classify" / "config.json")["models"])


@pytest.mark.slow
@pytest.mark.parametrize("teacher", ["package", "judges"])
def test_students_and_their_teachers_never_see_a_test_face(both, tmp_path, monkeypatch, teacher):
    useful = {"ga": {"fitness": "useful"}, "useful": {"teacher": teacher, "rounds": 2}}
    for name, place in zip(("clean", "poisoned"), both, strict=True):
        monkeypatch.chdir(write_params(tmp_path / name, **useful))
        gan, found = place / "models" / "gan", tmp_path / name
        evolve.main(place / "data" / "faces", gan, found / "latents", found / "evolve")
    assert same_files(tmp_path / "clean" / "latents", tmp_path / "poisoned" / "latents") > 0
    assert same_files(tmp_path / "clean" / "evolve", tmp_path / "poisoned" / "evolve") > 0


def test_the_answers_on_test_do_change(both):
    """So that the tests above could fail."""
    clean, other = ((place / "data" / "predictions.csv").read_text() for place in both)
    assert clean != other


def test_spaces_are_fitted_to_train_faces_alone(both, monkeypatch):
    """What encodes train and synthetic faces is the same, whatever the test faces are."""
    found = []
    for place in both:
        monkeypatch.chdir(place)
        sides, vectors = measured(Inputs.open(place / "data"), params.load())
        found.append((sides, vectors))
    (clean, one), (other, two) = found
    assert set(one) >= {"surface", "autoencoder"}
    for name in ("synthetic", "real-train"):
        assert np.array_equal(clean.sides[name].points, other.sides[name].points)
        assert np.array_equal(clean.sides[name].probabilities, other.sides[name].probabilities)
        for space in ("surface", "autoencoder"):
            assert np.array_equal(one[space][name], two[space][name])


def with_synthetic(clean: Path, data: Path, images: np.ndarray) -> Inputs:
    """Return the inputs of `clean`, copied to `data`, with other synthetic images."""
    shutil.copytree(clean / "data", data)
    with files.atomic(data / "synthetic" / "images.npy") as path, path.open("wb") as stream:
        np.save(stream, images)
    return Inputs.open(data)


def test_copies_stop_the_verdict(both, tmp_path, monkeypatch):
    clean, _ = both
    generated = FaceSet.open(clean / "data" / "synthetic")
    train = FaceSet.open(clean / "data" / "faces").split("train")
    monkeypatch.chdir(clean)
    inputs = with_synthetic(clean, tmp_path / "data", train.images[: len(generated)])
    documents = compare(inputs, *measured(inputs, params.load()), params.load())
    assert documents["verdict.json"]["verdict"] == rule.STOPPED
    words = [alarm["words"] for alarm in documents["metrics.json"]["alarms"]["alarms"]]
    assert documents["verdict.json"]["alarms"] == words
    assert documents["headline.json"]["alarms"] == len(words) > 0


def test_a_test_face_among_the_generated_ones_stops_the_comparison(both, tmp_path, monkeypatch):
    clean, _ = both
    real, generated = (FaceSet.open(clean / "data" / name) for name in ("faces", "synthetic"))
    images = np.array(generated.images)
    images[3] = real.split("test").images[0]
    inputs = with_synthetic(clean, tmp_path / "data", images)
    monkeypatch.chdir(clean)
    with pytest.raises(IntegrityError, match="synthetic: expected no held-out face"):
        measured(inputs, params.load())
