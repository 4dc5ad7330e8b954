"""The command `recognise`: new files through the preparation, the features and a classifier."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import draw, write_params
from PIL import Image
from sklearn.metrics import f1_score

from bench import few
from depthfaces import __main__ as commands
from depthfaces import files, params, shipped
from depthfaces import recognise as recognising
from depthfaces.classify import kept as kept_models
from depthfaces.depth.crop import Window
from depthfaces.depth.dataset import window
from depthfaces.depth.prepare import prepare
from depthfaces.export.write import millimetres
from depthfaces.faces import FaceSet, FaceWriter
from depthfaces.features.lbp import grey_levels
from depthfaces.features.pixels import reduce
from depthfaces.features.store import describe
from depthfaces.recognise import Answer, Camera, Refused, face, recognise
from depthfaces.sources import virtual
from stages import classify, features

CAMERA = Camera(365.0, 4096)
REAL = Path("../shared/data/real-depth")


@pytest.fixture(scope="module")
def place(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workplace with classifiers of the drawn faces."""
    rng = np.random.default_rng(2)
    quick = {"models": ["svm", "cnn"], "seeds": 1, "published": False}
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


def kept(place: Path, name: str = "svm") -> kept_models.Kept:
    return kept_models.load(place / "models" / "classify", name)


def test_prepared_faces_are_recognised(place: Path, drawn: Path, tmp_path: Path) -> None:
    test = FaceSet.open(drawn).split("test")
    names = [tmp_path / f"{number}.npy" for number in range(len(test))]
    for name, image in zip(names, test.images, strict=True):
        np.save(name, image)
    answers = list(recognise(names, kept(place), CAMERA))
    assert [answer.file for answer in answers] == names
    found = [answer.ranking[0][0] for answer in answers]
    assert np.mean(np.array(found) == test.table["label"]) > 0.9
    for answer in answers:
        shares = [share for _, share in answer.ranking]
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) == pytest.approx(1, abs=1e-6)


def test_a_preview_is_the_face_it_shows(place: Path, drawn: Path, tmp_path: Path) -> None:
    image = FaceSet.open(drawn).images[0]
    Image.fromarray(grey_levels(image)).save(tmp_path / "a.png")
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
    told = list(recognise([tmp_path / name for name in names], kept(place), CAMERA))
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
        assert isinstance(line, Refused)
        assert line.file == tmp_path / name
        assert reason in line.reason


def test_depth_is_refused_where_grey_was_learned(
    place: Path, frame: np.ndarray, tmp_path: Path
) -> None:
    np.save(tmp_path / "a.npy", frame)
    one = kept(place)
    grey_kept = one._replace(config=one.config | {"unit": "relative"})
    (told,) = recognise([tmp_path / "a.npy"], grey_kept, CAMERA)
    assert isinstance(told, Refused)
    assert "expected 8-bit grey" in told.reason


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
        commands.main(["recognise", "x.npy", "--models", "elsewhere"])
    assert caught.value.code == 3
    assert "dvc repro classify" in capsys.readouterr().err


def test_before_any_run_the_net_of_the_package_answers(
    frame: np.ndarray,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    monkeypatch.chdir(write_params(tmp_path))
    np.save("frame.npy", frame)
    commands.main(["recognise", "frame.npy"])
    told = capsys.readouterr()
    assert "the nets that come with the package answer" in told.err
    assert told.out.startswith("frame.npy: ")
    assert told.out.count("0.") == 7


@pytest.mark.parametrize(
    ("source", "model", "change", "package"),
    [
        ("virtual", "", {}, True),
        ("virtual", "svm", {}, False),
        ("folder", "", {}, False),
        ("virtual", "", {"classes": ["Contempt", "Fear"]}, False),
        ("virtual", "", {"preprocess": {"crop": 200.0}}, False),
        ("virtual", "", {"preprocess": {"size": 48}}, False),
        ("virtual", "", {"unit": "relative"}, False),
    ],
)
def test_the_package_answers_until_faces_of_ones_own_were_learned_from(
    tmp_path: Path, source: str, model: str, change: dict, *, package: bool
) -> None:
    usual = tmp_path / "classify"
    assert shipped.folder_to_ask(usual, usual, model, source) == shipped.FOLDER
    known = {"unit": "mm", "classes": ["Fear"], "models": {}}
    like = params.load().preprocess.model_dump() | change.get("preprocess", {})
    files.write_json(usual / "config.json", known | change | {"preprocess": like})
    expected = shipped.FOLDER if package else usual
    assert shipped.folder_to_ask(usual, usual, model, source) == expected
    assert shipped.folder_to_ask(tmp_path, usual, model, source) == tmp_path


def test_the_net_of_the_package_knows_the_emotions_of_other_virtual_people() -> None:
    settings = params.load()
    change = {"subjects": 8, "frames": 2, "emotions": ["Happiness", "Neutral", "Surprise"]}
    net = kept_models.load(shipped.FOLDER, "net")
    asked, right = settings.preprocess, []
    for frames, rows in virtual.people_frames(settings.data.virtual.model_copy(update=change), 5):
        found = prepare(list(frames), [365.0] * len(rows), window(asked), 0.3, frontalise=False)
        said = net.probabilities(reduce(np.stack([face.image for face in found]), 32)).argmax(1)
        right += [
            net.config["classes"][k] == row["label"] for k, row in zip(said, rows, strict=True)
        ]
    assert len(right) == 48
    assert np.mean(right) > 0.55  # chance is a seventh


@pytest.mark.skipif(not REAL.is_dir(), reason=f"{REAL} is not here")
def test_the_net_of_the_package_knows_recorded_people() -> None:
    faces = few.read(REAL, params.load())
    net = kept_models.load(shipped.FOLDER, "net")
    shares = net.probabilities(reduce(np.asarray(faces.images), 32))
    among = [net.config["classes"].index(label) for label in faces.classes]
    said = np.array(faces.classes)[shares[:, among].argmax(1)]
    assert f1_score(faces.table["label"], said, average="macro") > 0.75


def save_faces(folder: Path, drawn: Path, count: int) -> list[Path]:
    names = [folder / f"face{number}.npy" for number in range(count)]
    faces = FaceSet.open(drawn).images
    for number, name in enumerate(names):
        np.save(name, faces[number % len(faces)])
    return names


def test_one_unusable_file_costs_no_other_its_answer(
    place: Path,
    drawn: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    names = [name.name for name in save_faces(place, drawn, 40)]
    asked = ["none.png", *names[:35], str(place), *names[35:]]
    monkeypatch.chdir(place)
    commands.main(["recognise", *asked])
    told = capsys.readouterr()
    assert [line.split(":")[0] for line in told.out.splitlines()] == names
    lines = told.err.splitlines()
    assert lines[-3:] == [
        "files that could not be used: 2 of 42",
        "  none.png: no such file",
        f"  {place}: no such file",
    ]


def test_only_where_no_file_can_be_used_is_that_an_error(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(place)
    with pytest.raises(SystemExit) as caught:
        commands.main(["recognise", "a.png", "b" * 300 + ".png", "zero\0byte.npy"])
    told = capsys.readouterr()
    assert caught.value.code == 3
    assert told.out == ""
    assert "could not be used: 3 of 3\n  a.png: no such file\n" in told.err
    assert "error: expected depth images, found none among 3 files" in told.err


def test_answers_come_batch_by_batch(
    place: Path, drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = save_faces(tmp_path, drawn, 9)
    monkeypatch.setattr(recognising, "BATCH", 4)
    read: list[Path] = []
    plain = recognising.face
    monkeypatch.setattr(
        recognising, "face", lambda file, *rest: (read.append(file), plain(file, *rest))[1]
    )
    answers = recognise(names, kept(place), CAMERA)
    first = next(answers)
    assert read == names[:4]
    rest = list(answers)
    monkeypatch.setattr(recognising, "BATCH", 100)
    together = list(recognise(names, kept(place), CAMERA, threads=2))
    for one, other in zip([first, *rest], together, strict=True):
        assert one.file == other.file
        assert dict(one.ranking) == pytest.approx(dict(other.ranking), abs=1e-6)


def test_a_net_answers_of_many_files_as_of_each_alone(drawn: Path, tmp_path: Path) -> None:
    names, net = save_faces(tmp_path, drawn, 5), kept_models.load(shipped.FOLDER, "net")
    for name in names:
        np.save(name, np.load(name).repeat(2, axis=0).repeat(2, axis=1))  # of 64 x 64, as it knows
    together = list(recognise(names, net, CAMERA, threads=2))
    alone = [next(iter(recognise([name], net, CAMERA))) for name in names]
    assert [answer.file for answer in together] == names
    assert together == alone
    assert len({answer.ranking[0][1] for answer in alone}) == 5


def test_what_is_not_probable_enough_is_not_sure(place: Path, drawn: Path, tmp_path: Path) -> None:
    (name,) = save_faces(tmp_path, drawn, 1)
    one = kept(place)
    (answer,) = recognise([name], one, CAMERA)
    assert isinstance(answer, Answer)
    for least, sure in ((answer.ranking[0][1], True), (answer.ranking[0][1] + 1e-6, False)):
        models = {"svm": one.config["models"]["svm"] | {"calibration": one.calibration}}
        models["svm"]["calibration"] = one.calibration | {"sure_from": least}
        (told,) = recognise([name], one._replace(config=one.config | {"models": models}), CAMERA)
        assert told.sure is sure
        start = f"{name}: {answer.ranking[0][0] if sure else 'not sure'}  ("
        assert recognising.line(told).startswith(start)
        assert told.ranking == answer.ranking


def test_uncalibrated_probabilities_come_with_a_warning(
    place: Path, drawn: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    names = save_faces(tmp_path, drawn, 2)
    one = kept(place)
    recognising.tell(names, one, CAMERA)
    assert "not calibrated" not in capsys.readouterr().err
    models = {"svm": one.config["models"]["svm"] | {"calibration": None}}
    bare = one._replace(config=one.config | {"models": models})
    recognising.tell(names, bare, CAMERA)
    assert "warning: the probabilities of svm are not calibrated" in capsys.readouterr().err
    features_of = describe(np.stack([np.load(name) for name in names]), params.load().features)
    told = [dict(answer.ranking) for answer in recognise(names, bare, CAMERA)]
    for row, shares in zip(one.model.predict(features_of.x), told, strict=True):
        assert [shares[label] for label in one.config["classes"]] == pytest.approx(list(row))


@pytest.mark.parametrize("focal", ["nan", "-365", "0.001", "inf", "49.9", "5001"])
def test_a_focal_length_that_no_camera_has_is_refused_at_once(
    focal: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(params, "load", lambda: pytest.fail("looked further"))
    with pytest.raises(SystemExit) as caught:
        commands.main(["recognise", "x.npy", "--focal", focal])
    assert caught.value.code == 2
    expected = "--focal: expected a focal length in pixels between 50 and 5000, found "
    assert expected in capsys.readouterr().err


def test_an_unknown_model_is_refused_before_torch_loads(place: Path) -> None:
    code = (
        "import sys\nfrom depthfaces.__main__ import main\n"
        "try: main(['recognise', 'x.npy', '--model', 'oak'])\n"
        "except SystemExit as end: print(end.code, 'torch' in sys.modules)"
    )
    top = Path(commands.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=place,
        env=os.environ | {"PYTHONPATH": str(top)},
    )
    assert done.stdout.split() == ["2", "False"]
    assert "--model: expected one of cnn, svm, found 'oak'" in done.stderr


def test_a_large_array_is_refused_by_its_header(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands in the header of a sparse file would fill the memory."""
    path = tmp_path / "huge.npy"
    with path.open("wb") as file:
        header = {"descr": "<f8", "fortran_order": False, "shape": (200000, 200000)}
        np.lib.format.write_array_header_1_0(file, header)
        file.truncate(file.tell() + 8 * 200000**2)
    told = list(recognise([path], kept(place), CAMERA))
    assert "larger than 4096 pixels a side" in told[0].reason


def test_an_empty_prepared_face_is_no_face(place: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.full((32, 32), -1, np.float32))
    told = list(recognise([tmp_path / "a.npy"], kept(place), CAMERA))
    assert told == [Refused(tmp_path / "a.npy", "constant: every pixel is -1")]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ["ratings", "none.csv"],
            (3, "none.csv: expected a file of the rating page: No such file"),
        ),
        (["ratings", "."], (3, "expected a file of the rating page: Is a directory")),
        (["ratings", "photo.csv"], (3, "photo.csv: expected a file of the rating page: ")),
        (["sample", "--out", "photo.csv"], (2, "found that photo.csv is a file")),
        (["sample", "--out", "photo.csv/a/b"], (2, "found that photo.csv is a file")),
        (["sample", "--out", "gone"], (2, "found that gone is a file")),
        (["sample", "--out", "x" * 300], (2, "--out: expected a new folder: File name too long")),
    ],
)
def test_bad_paths_end_as_one_line(
    arguments: list[str],
    expected: tuple[int, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("photo.csv").write_bytes(b"\x89PNG\xff\x00")
    Path("gone").symlink_to("nowhere")
    more = ["--emotion", "Fear", "--count", "1"] if arguments[0] == "sample" else []
    with pytest.raises(SystemExit) as caught:
        commands.main([*arguments, *more])
    told = capsys.readouterr().err
    assert caught.value.code == expected[0]
    assert told.startswith("error: ")
    assert len(told.splitlines()) == 1
    assert expected[1] in told
