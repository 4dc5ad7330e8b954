"""The command `recognise`: new files through the preparation, the features and a classifier."""

from pathlib import Path

import numpy as np
import pytest
from conftest import draw, write_params
from PIL import Image

from depthfaces import __main__ as commands
from depthfaces import params
from depthfaces.classify import keep
from depthfaces.depth.crop import Window
from depthfaces.depth.prepare import prepare
from depthfaces.errors import DataError
from depthfaces.export.write import millimetres
from depthfaces.faces import FaceSet, FaceWriter
from depthfaces.features.lbp import grey
from depthfaces.recognise import Camera, face, recognise
from depthfaces.sources import virtual
from stages import classify, features

CAMERA = Camera(365.0, 4096)


@pytest.fixture(scope="module")
def place(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workplace with classifiers of the drawn faces."""
    rng = np.random.default_rng(2)
    quick = {"models": ["svm", "cnn"], "seeds": 1, "people": [], "published": False}
    place = write_params(
        tmp_path_factory.mktemp("recognise"),
        classify={**quick, "doses": [1.0], "cnn_epochs": 2, "cnn_width": 4},
        preprocess={"size": 32},
    )
    with FaceWriter(place / "synthetic", (32, 32), np.float32) as writer:
        for number, label in enumerate(("Happiness", "Neutral", "Surprise") * 2):
            row = {"id": f"g{number}", "label": label, "split": "synthetic"}
            writer.append(draw(label, rng)[None], [row])
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        features.main(drawn, place / "synthetic", place / "baselines", place / "features")
        classify.main(
            place / "features", place / "out.csv", place / "out.json", place / "models" / "classify"
        )
    return place


@pytest.fixture(scope="module")
def frame() -> np.ndarray:
    """A raw frame of a virtual person, mm."""
    content = params.read()
    content["data"]["virtual"] |= {"subjects": 3, "frames": 1, "emotions": ["Neutral", "Fear"]}
    frames, _ = next(iter(virtual.people_frames(params.check(content).data.virtual, 31)))
    return np.asarray(frames[0])


def kept(place: Path, name: str = "svm") -> keep.Kept:
    return keep.load(place / "models" / "classify", name)


def test_prepared_faces_are_recognised(place: Path, drawn: Path, tmp_path: Path) -> None:
    test = FaceSet.open(drawn).split("test")
    names = [tmp_path / f"{number}.npy" for number in range(len(test))]
    for name, image in zip(names, test.images, strict=True):
        np.save(name, image)
    answers = recognise(names, kept(place), CAMERA)
    assert [answer.file for answer in answers] == names
    found = [answer.ranking[0][0] for answer in answers]
    assert np.mean(np.array(found) == test.table["label"]) > 0.9
    for answer in answers:
        shares = [share for _, share in answer.ranking]
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) == pytest.approx(1, abs=1e-6)


def test_a_preview_is_the_face_it_shows(place: Path, drawn: Path, tmp_path: Path) -> None:
    image = FaceSet.open(drawn).images[0]
    Image.fromarray(grey(image)).save(tmp_path / "a.png")
    assert np.allclose(face(tmp_path / "a.png", kept(place).config, CAMERA), image, atol=1 / 255)


def test_exported_depth_is_the_face_it_was_made_of(
    place: Path, drawn: Path, tmp_path: Path
) -> None:
    """Exported: whole millimetres, of which a window of 120 has one in 60 of the half."""
    image = FaceSet.open(drawn).images[0]
    Image.fromarray(millimetres(image, -20.0, 100.0)).save(tmp_path / "a.png")
    found = face(tmp_path / "a.png", kept(place).config, CAMERA)
    assert np.allclose(found, image, atol=0.5 / 60 + 0.02)


def test_a_raw_frame_goes_through_the_preparation(
    place: Path, frame: np.ndarray, tmp_path: Path
) -> None:
    Image.fromarray(frame).save(tmp_path / "a.png")
    np.save(tmp_path / "a.npy", frame.astype(float))
    settings = params.load().preprocess
    window = Window(32, settings.crop, settings.front, settings.back)
    expected = prepare([frame], [365.0], window, settings.confidence, settings.frontalise)[0].image
    for name in ("a.png", "a.npy"):
        assert np.array_equal(face(tmp_path / name, kept(place).config, CAMERA), expected)


def test_all_files_that_cannot_be_used_are_told_with_reasons(
    place: Path, frame: np.ndarray, tmp_path: Path
) -> None:
    (tmp_path / "note.txt").write_text("no face")
    Image.new("L", (40, 50), 7).save(tmp_path / "constant.png")
    Image.fromarray(np.arange(2000, dtype=np.uint8).reshape(40, 50)).save(tmp_path / "grey.png")
    np.save(tmp_path / "wall.npy", np.full((99, 99), 3000) + np.arange(99))
    np.save(tmp_path / "many.npy", np.zeros((2, 32, 32)))
    names = ["none.png", "note.txt", "constant.png", "grey.png", "wall.npy", "many.npy"]
    with pytest.raises(DataError) as caught:
        recognise([tmp_path / name for name in names], kept(place), CAMERA)
    told = str(caught.value).split("; ")
    for name, reason, line in zip(
        names,
        (
            "no such file",
            "save it as PNG",
            "constant",
            "8-bit grey of 50 x 40 says nothing of millimetres: expected a 16-bit depth frame, or",
            r"(focal length 365 pixels)",
            "expected a 2-D array",
        ),
        told,
        strict=True,
    ):
        assert line.startswith(f"{tmp_path / name}: ")
        assert reason in line


def test_depth_is_refused_where_grey_was_learned(
    place: Path, frame: np.ndarray, tmp_path: Path
) -> None:
    np.save(tmp_path / "a.npy", frame)
    with pytest.raises(DataError, match="expected 8-bit grey"):
        one = kept(place)
        recognise(
            [tmp_path / "a.npy"], one._replace(config=one.config | {"unit": "relative"}), CAMERA
        )


@pytest.mark.parametrize("model", ["svm", "cnn"])
def test_command_prints_a_line_a_file(
    place: Path,
    drawn: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
    model: str,
) -> None:
    for number in (0, 1):
        np.save(place / f"{number}.npy", FaceSet.open(drawn).images[number])
    monkeypatch.chdir(place)
    commands.main(["recognise", "0.npy", "1.npy", "--model", model])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["0.npy", "1.npy"]
    assert all("Surprise" in line and "Neutral" in line for line in lines)


def test_command_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(write_params(tmp_path))
    with pytest.raises(SystemExit) as caught:
        commands.main(["recognise", "x.npy"])
    assert caught.value.code == 3
    assert "dvc repro classify" in capsys.readouterr().err
