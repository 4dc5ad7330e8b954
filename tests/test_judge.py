"""The command `judge`: any two folders in, the report's page and numbers out."""

from pathlib import Path

import numpy as np
import pytest
from conftest import LABELS, draw, write_faces, write_params
from PIL import Image

from depthfaces import __main__ as commands
from depthfaces import files, params
from depthfaces.errors import DataError
from depthfaces.faces import FaceSet, FaceWriter
from depthfaces.judge import Folders, prepare

TOP = Path(__file__).parents[1]
SETTINGS = params.load()


def write_made(folder: Path, labels: tuple[str, ...] = LABELS, size: int = 32) -> Path:
    """Write a generated set as other programs may have it: no people, no splits."""
    rng = np.random.default_rng(2)
    with FaceWriter(folder, (size, size), np.float32) as writer:
        for number in range(20):
            for label in labels:
                row = {"id": f"g{number}-{label}", "label": label}
                writer.append(draw(label, rng, size)[None], [row])
    return folder


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return write_made(tmp_path / "made")


def test_real_people_keep_their_splits_and_made_faces_are_nobodys(drawn, made, tmp_path):
    prepare(Folders(drawn, made), tmp_path / "data", SETTINGS)
    real, other = (FaceSet.open(tmp_path / "data" / name) for name in ("faces", "synthetic"))
    before = FaceSet.open(drawn)
    assert np.array_equal(real.images, before.images)
    assert real.table["split"].tolist() == before.table["split"].tolist()
    assert real.people().tolist() == before.people().tolist()
    assert set(other.table["split"]) == {"synthetic"}
    assert set(other.table["subject"]) == {""}
    assert len(other) == 20 * len(LABELS)
    assert not list((tmp_path / "data").glob(".judge.*"))


def test_people_of_a_test_folder_are_held_out_and_no_others(drawn, made, tmp_path):
    other = write_faces(tmp_path / "other", subjects=4)
    table = other.table.assign(subject="t" + other.table["subject"], id="t" + other.table["id"])
    with FaceWriter(tmp_path / "test", (32, 32), np.float32) as writer:
        writer.append(np.array(other.images), table.to_dict("records"))
    prepare(Folders(drawn, made, tmp_path / "test"), tmp_path / "data", SETTINGS)
    real = FaceSet.open(tmp_path / "data" / "faces").table
    held = real[real["split"] == "test"]
    assert set(held["subject"]) == {f"t{k:03d}" for k in range(4)}
    assert set(real.loc[real["split"] != "test", "subject"]) == {f"{k:03d}" for k in range(12)}


def test_the_same_person_on_both_sides_is_refused(drawn, made, tmp_path):
    with pytest.raises(DataError, match="found subject 000 in both"):
        prepare(Folders(drawn, made, drawn), tmp_path / "data", SETTINGS)


def test_images_of_a_folder_are_prepared_first(made, tmp_path):
    rng = np.random.default_rng(3)
    for subject in range(12):
        for label in LABELS:
            place = tmp_path / "photos" / f"p{subject:02d}" / label / "a.png"
            place.parent.mkdir(parents=True)
            grey = 255 * (draw(label, rng, 64) + 1) / 2
            Image.fromarray(grey.astype(np.uint8)).save(place)
    settings = SETTINGS.model_copy(
        update={"preprocess": SETTINGS.preprocess.model_copy(update={"size": 32})}
    )
    prepare(Folders(tmp_path / "photos", made), tmp_path / "data", settings)
    real = FaceSet.open(tmp_path / "data" / "faces")
    assert real.images.shape == (36, 32, 32)
    assert len(set(real.people())) == 12
    assert set(real.table["split"]) == {"train", "validation", "test"}


@pytest.mark.parametrize(
    ("labels", "size", "words"),
    [
        (LABELS[:2], 32, "expected the labels Happiness, Neutral, Surprise, found"),
        (LABELS, 64, "expected .*32.* pixels as the real ones"),
    ],
)
def test_what_cannot_be_compared_is_refused(drawn, tmp_path, labels, size, words):
    other = write_made(tmp_path / "odd", labels, size)
    with pytest.raises(DataError, match=words):
        prepare(Folders(drawn, other), tmp_path / "data", SETTINGS)


def test_a_folder_that_is_not_there_is_said(drawn, tmp_path):
    with pytest.raises(DataError, match="expected a folder of images or a prepared set"):
        prepare(Folders(drawn, tmp_path / "nothing"), tmp_path / "data", SETTINGS)


@pytest.mark.slow
def test_the_command_writes_page_and_numbers(drawn, made, tmp_path, monkeypatch, capsys):
    place = write_params(
        tmp_path / "place",
        preprocess={"size": 32},
        classify={"models": ["svm"], "seeds": 1, "published": False},
        compare={"dimensions": 6, "bootstrap": 100, "embeddings": []},
        report={"dpi": 50, "columns": 3},
    )
    monkeypatch.chdir(place)
    monkeypatch.setenv("PYTHONPATH", str(TOP))
    out = tmp_path / "out"
    commands.main(["judge", "--real", str(drawn), "--synthetic", str(made), "--out", str(out)])
    assert capsys.readouterr().out == f"report: {out / 'index.html'}\n"
    assert files.read_json(out / "headline.json")["verdict"] == "UNDERPOWERED"
    assert "UNDERPOWERED" in (out / "index.html").read_text(encoding="utf-8")
    found = files.read_json(out / "verdict.json")
    assert found["people"] == 3
    assert "topped synthetic@1" in found["arms"]
