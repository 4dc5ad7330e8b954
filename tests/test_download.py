"""The download stage with the folder source: layouts, labels, formats, faults."""

import csv
import importlib.util
import os
import subprocess
import sys
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import pytest
from PIL import Image

from depthfaces import params
from depthfaces.errors import DataError, ParamsError
from depthfaces.faces import FaceSet
from depthfaces.schema import Data, Emotion, Params
from depthfaces.sources import SOURCES, folder, labels
from depthfaces.sources.archive import unzip

TOP = Path(__file__).parent.parent
DATA = TOP.parent / "shared" / "data"


def configured(path: Path | str, **changes: object) -> Params:
    """Return params.yaml with the folder source at `path` and other values changed."""
    content = params.read(TOP / "params.yaml")
    data = content["data"]
    data["source"] = "folder"
    data["folder"]["path"] = str(path)
    for name, value in changes.items():
        (data["folder"] if name in data["folder"] else data)[name] = value
    return params.check(content)


def collect(source: Path, out: Path, **changes: object) -> FaceSet:
    folder.collect(configured(source, **changes), out)
    return FaceSet.open(out)


def quarantine(out: Path) -> dict[str, str]:
    with (out / "quarantine.csv").open(encoding="utf-8", newline="") as file:
        return {row["file"]: row["reason"] for row in csv.DictReader(file)}


def grey(number: int = 0, height: int = 20, width: int = 18) -> np.ndarray:
    """Return an 8-bit image that differs with `number`."""
    return np.random.default_rng(number).integers(0, 256, (height, width), np.uint8)


def depth(number: int = 0, height: int = 20, width: int = 18) -> np.ndarray:
    """Return 16-bit millimetres."""
    return np.random.default_rng(number).integers(0, 9000, (height, width), np.uint16)


def save(path: Path, image: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)
    return path


def two_classes(top: Path, image: Callable[[int], np.ndarray] = grey) -> Path:
    """Write a set EMOTION/FILE of two images a class."""
    for number, name in enumerate(["angry/a.png", "angry/b.png", "happy/a.png", "happy/b.png"]):
        save(top / name, image(number))
    return top


def said(faces: FaceSet, *columns: str) -> list[tuple[str, ...]]:
    return [tuple(row) for row in faces.table[list(columns)].to_numpy().tolist()]


# Layouts


def test_emotion_folders(tmp_path: Path) -> None:
    faces = collect(two_classes(tmp_path / "in"), tmp_path / "out")
    assert said(faces, "id", "label", "subject", "split", "unit") == [
        ("angry/a.png", "Anger", "", "", "relative"),
        ("angry/b.png", "Anger", "", "", "relative"),
        ("happy/a.png", "Happiness", "", "", "relative"),
        ("happy/b.png", "Happiness", "", "", "relative"),
    ]
    assert np.array_equal(faces.images[2], grey(2))
    assert quarantine(tmp_path / "out") == {}


def test_subject_folders(tmp_path: Path) -> None:
    for name in ("007/sad/x.png", "007/joy/x.png", "01/joy/x.png"):
        save(tmp_path / "in" / name, grey())
    faces = collect(tmp_path / "in", tmp_path / "out")
    expected = [("007", "Happiness"), ("007", "Sadness"), ("01", "Happiness")]
    assert said(faces, "subject", "label") == expected


def test_folders_around_the_set_are_skipped(tmp_path: Path) -> None:
    two_classes(tmp_path / "in" / "archive" / "faces")
    faces = collect(tmp_path / "in", tmp_path / "out")
    assert faces.classes == ["Anger", "Happiness"]
    assert set(faces.table["subject"]) == {""}


@pytest.mark.parametrize("official", [True, False])
def test_train_and_test_folders(tmp_path: Path, official: bool) -> None:
    for place in ("Train", "valid", "test"):
        two_classes(tmp_path / "in" / "wrap" / place)
    faces = collect(tmp_path / "in", tmp_path / "out", official_split=official)
    expected = {"train", "validation", "test"} if official else {""}
    assert set(faces.table["split"]) == expected
    assert faces.classes == ["Anger", "Happiness"]


def test_an_official_split_must_cover_all(tmp_path: Path) -> None:
    two_classes(tmp_path / "in")
    with pytest.raises(DataError, match=r"expected every file below train/.* 'angry/a.png'"):
        collect(tmp_path / "in", tmp_path / "out", official_split=True)


def test_a_pattern(tmp_path: Path) -> None:
    for name in ("fear/s1_1.png", "fear/s2_1.png", "neutral/s1_1.png", "neutral/notes.png"):
        save(tmp_path / "in" / name, grey())
    pattern = r"(?P<label>\w+)/(?P<subject>s\d+)_.*"
    faces = collect(tmp_path / "in", tmp_path / "out", layout=pattern)
    assert said(faces, "label", "subject") == [("Fear", "s1"), ("Fear", "s2"), ("Neutral", "s1")]
    reason = "path does not match data.folder.layout"
    assert quarantine(tmp_path / "out") == {"neutral/notes.png": reason}


BAD_PATTERNS = ["(", "(?P<subject>.*)", "a{" + "9" * 30 + "}", "(" * 9000 + ")" * 9000]


@pytest.mark.parametrize("pattern", BAD_PATTERNS, ids=range(4))
def test_a_bad_pattern(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(ParamsError, match=r"data\.folder\.layout"):
        collect(two_classes(tmp_path / "in"), tmp_path / "out", layout=pattern)


@pytest.mark.parametrize("name", ["happy/s01/x.png", "a/b/c/x.png"])
def test_a_layout_that_cannot_be_told(tmp_path: Path, name: str) -> None:
    save(tmp_path / "in" / name, grey())
    save(tmp_path / "in" / "other" / "x.png", grey())
    with pytest.raises(DataError, match=f"'{name}': expected EMOTION/FILE .* data.folder.layout"):
        collect(tmp_path / "in", tmp_path / "out")


def test_a_table(tmp_path: Path) -> None:
    source = two_classes(tmp_path / "in" / "wrap")
    rows = [
        "File,Expression,subject,pose,yaw,width",
        "happy/b.png,smile,s1,left,-3.5,99",
        "happy/a.png,Joy,s1,right,2,99",
        "angry/a.png,smile,s2,,0,99",
        "angry/b.png,Joy,s2,,0,99",
        "angry/b.png,smile,s2,,0,99",
        "../angry/x.png,Joy,s2,,0,99",
        "happy/c.png,Joy,s2,,0,99",
    ]
    (source / "labels.csv").write_text("\ufeff" + "\r\n".join(rows), encoding="utf-8")
    faces = collect(tmp_path / "in", tmp_path / "out")
    assert said(faces, "id", "label", "subject", "pose", "yaw", "width") == [
        ("wrap/angry/a.png", "smile", "s2", "", 0, 18),
        ("wrap/happy/a.png", "Happiness", "s1", "right", 2, 18),
        ("wrap/happy/b.png", "smile", "s1", "left", -3.5, 18),
    ]
    assert quarantine(tmp_path / "out") == {
        "wrap/../angry/x.png": "listed in labels.csv, but no image in this folder",
        "wrap/angry/b.png": "listed 2 times in labels.csv",
        "wrap/happy/c.png": "listed in labels.csv, but no image in this folder",
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("file,subject\na,b\n", r"expected columns file,label\[,subject\]"),
        ("file,label\na,b,c\n", "not a table in UTF-8"),
        ('file,label\na,"b\n', "not a table in UTF-8"),
    ],
)
def test_a_bad_table(tmp_path: Path, text: str, words: str) -> None:
    (two_classes(tmp_path / "in") / "labels.csv").write_text(text)
    with pytest.raises(DataError, match=words):
        collect(tmp_path / "in", tmp_path / "out")


@pytest.mark.parametrize("label", ["", "../x", "a\\b", "..", "x" * 101, "a\tb"])
def test_labels_that_could_not_name_a_folder(tmp_path: Path, label: str) -> None:
    source = two_classes(tmp_path / "in")
    text = f"file,label\nangry/a.png,{label}\nhappy/a.png,happy\nhappy/b.png,sad\n"
    (source / "labels.csv").write_text(text)
    assert len(collect(source, tmp_path / "out")) == 2
    assert "label" in quarantine(tmp_path / "out")["angry/a.png"]


# Labels


@pytest.mark.parametrize(
    ("names", "emotion"),
    [
        ("happy happiness Happiness JOY joy", "Happiness"),
        ("angry anger Angry", "Anger"),
        ("fear fearful", "Fear"),
        ("disgust disgusted", "Disgust"),
        ("sad sadness", "Sadness"),
        ("surprise surprised", "Surprise"),
        ("neutral Neutral", "Neutral"),
        ("contempt", "Contempt"),
    ],
)
def test_names_of_emotions(names: str, emotion: str) -> None:
    assert {labels.canonical(name) for name in names.split()} == {emotion}


def test_other_names_are_kept_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("mouth-wide-open", "<script>", "=cmd()", "joy"):
        save(tmp_path / "in" / name / "x.png", grey())
    faces = collect(tmp_path / "in", tmp_path / "out")
    assert faces.classes == ["'=cmd()", "<script>", "Happiness", "mouth-wide-open"]
    spoken = capsys.readouterr()
    assert "label 'joy' -> Happiness\n" in spoken.err
    assert "label 'mouth-wide-open' -> mouth-wide-open (not an emotion" in spoken.err
    assert spoken.out == ""


def test_one_name_in_two_unicode_forms_is_one_class(tmp_path: Path) -> None:
    for form in ("NFC", "NFD"):
        save(tmp_path / "in" / unicodedata.normalize(form, "fröhlich") / "x.png", grey())
    save(tmp_path / "in" / "müde" / "x.png", grey())
    assert collect(tmp_path / "in", tmp_path / "out").classes == ["fröhlich", "müde"]


# Sets


def test_sixteen_bits_are_kept(tmp_path: Path) -> None:
    faces = collect(two_classes(tmp_path / "in", depth), tmp_path / "out", focal=580.0)
    assert faces.images.dtype == np.uint16
    assert np.array_equal(faces.images[3], depth(3))
    assert set(said(faces, "unit", "focal", "source")) == {("mm", 580.0, "folder")}


def test_smaller_frames_are_padded_at_the_right_and_bottom(tmp_path: Path) -> None:
    save(tmp_path / "in" / "angry" / "a.png", depth(0, 20, 30))
    save(tmp_path / "in" / "happy" / "a.png", depth(1, 25, 16))
    faces = collect(tmp_path / "in", tmp_path / "out")
    assert faces.images.shape == (2, 25, 30)
    assert said(faces, "height", "width") == [(20, 30), (25, 16)]
    assert np.array_equal(faces.images[1, :, :16], depth(1, 25, 16))
    assert not faces.images[1, :, 16:].any()
    assert not faces.images[0, 20:].any()


def test_unusable_files_are_listed_and_the_rest_is_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = two_classes(tmp_path / "in")
    (source / "happy" / "text.png").write_text("hello")
    (source / "angry" / "=cut.png").write_bytes((source / "angry" / "a.png").read_bytes()[:-40])
    save(source / "stray.png", grey())
    (source / "happy" / "notes.txt").write_text("not an image: passed over")
    assert len(collect(source, tmp_path / "out")) == 4
    assert quarantine(tmp_path / "out") == {
        "angry/=cut.png": "damaged: Truncated File Read",
        "happy/text.png": "not a PNG file",
        "stray.png": "lies in no class folder",
    }
    assert "3 files cannot be used" in capsys.readouterr().err


@pytest.mark.parametrize(("most", "unit"), [(depth, "mm"), (grey, "relative")])
def test_a_set_has_one_unit(tmp_path: Path, most: Callable[[int], np.ndarray], unit: str) -> None:
    source = two_classes(tmp_path / "in", most)
    save(source / "happy" / "odd.png", grey() if unit == "mm" else depth())
    faces = collect(source, tmp_path / "out")
    assert set(faces.table["unit"]) == {unit}
    assert f"most of the set is {unit}" in quarantine(tmp_path / "out")["happy/odd.png"]


def test_one_huge_image_does_not_blow_up_the_set(tmp_path: Path) -> None:
    source = two_classes(tmp_path / "in")
    save(source / "happy" / "huge.png", grey(height=2000, width=2000))
    with pytest.raises(DataError, match=r"the largest is 'happy/huge.png'"):
        collect(source, tmp_path / "out", max_gigabytes=0.001)


def test_the_order_in_a_folder_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = two_classes(tmp_path / "in")
    (source / "happy" / "bad.png").write_text("")
    (source / "angry" / "bad.png").write_text("")
    collect(source, tmp_path / "1")
    walk = os.walk

    def backwards(*given: object, **more: object) -> Iterator[tuple[str, list[str], list[str]]]:
        for root, folders, names in walk(*given, **more):
            yield root, folders, sorted(names, reverse=True)

    monkeypatch.setattr(os, "walk", backwards)
    collect(source, tmp_path / "2")
    for name in ("images.npy", "faces.csv", "quarantine.csv"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


def test_odd_names(tmp_path: Path) -> None:
    source = two_classes(tmp_path / "in ä 顔")
    names = ['müde/ein Bild, "eins".png', "müde/line\nbreak.PNG", "müde/-x;$(touch y).png"]
    for name in names:
        save(source / name, grey())
    broken = os.fsencode(source / "müde") + b"/\xff.png"
    Path(os.fsdecode(broken)).write_bytes((source / names[0]).read_bytes())
    faces = collect(source, tmp_path / "out")
    assert sorted(faces.table["file"][4:]) == sorted(names)
    assert quarantine(tmp_path / "out") == {"müde/\\udcff.png": "file name is not valid Unicode"}


def test_links_and_hidden_files_are_not_seen(tmp_path: Path) -> None:
    source = two_classes(tmp_path / "in")
    (source / "sad").symlink_to(source / "happy", target_is_directory=True)
    (source / "happy" / "loop").symlink_to(source, target_is_directory=True)
    (source / "happy" / "link.png").symlink_to(source / "angry" / "a.png")
    save(source / "__MACOSX" / "x.png", grey())
    save(source / "happy" / ".hidden.png", grey())
    faces = collect(source, tmp_path / "out")
    assert len(faces) == 4
    assert quarantine(tmp_path / "out") == {}


# Faults of the whole set


@pytest.mark.parametrize("path", ["", "nowhere", "file.png"])
def test_no_folder(tmp_path: Path, path: str) -> None:
    save(tmp_path / "file.png", grey())
    given = str(tmp_path / path) if path else ""
    with pytest.raises(ParamsError, match=r"data\.folder\.path: expected a folder of images"):
        folder.collect(configured(given), tmp_path / "out")


def test_no_class(tmp_path: Path) -> None:
    save(tmp_path / "in" / "a.png", grey())
    with pytest.raises(DataError, match=r"found none; e.g. 'a.png': lies in no class folder"):
        collect(tmp_path / "in", tmp_path / "out")


def test_a_single_class(tmp_path: Path) -> None:
    save(tmp_path / "in" / "happy" / "a.png", grey())
    with pytest.raises(DataError, match="at least two classes, found only 'Happiness'"):
        collect(tmp_path / "in", tmp_path / "out")


def test_an_empty_class(tmp_path: Path) -> None:
    (two_classes(tmp_path / "in") / "sad").mkdir()
    with pytest.raises(DataError, match="class 'Sadness' has no usable image"):
        collect(tmp_path / "in", tmp_path / "out")


def test_a_class_without_a_usable_image(tmp_path: Path) -> None:
    source = two_classes(tmp_path / "in")
    save(source / "sad" / "a.png", 0 * grey())
    with pytest.raises(DataError, match=r"class 'Sadness' .* e.g. 'sad/a.png': all black"):
        collect(source, tmp_path / "out")
    assert quarantine(tmp_path / "out") == {"sad/a.png": "all black"}


def test_a_file_that_changes_between_its_header_and_its_pixels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_classes(tmp_path / "in")
    read = folder.decode.decode

    def other(path: Path, max_side: int) -> np.ndarray:
        found = read(path, max_side)
        return np.pad(found, 9) if path.name == "b.png" and path.parent.name == "happy" else found

    monkeypatch.setattr(folder.decode, "decode", other)
    assert len(collect(tmp_path / "in", tmp_path / "out")) == 3
    assert "changed while it was read" in quarantine(tmp_path / "out")["happy/b.png"]


def test_odd_files_do_not_stop_a_set(tmp_path: Path) -> None:
    """Each made a reader raise something else than damage is told by."""
    two_classes(tmp_path / "in")
    odd = {
        "token.npy": b"\x93NUMPY\x01\x00\x09\x00((((((((\n",
        "index.npy": b"\x93NUMPY\x01\x00\x3b\x00{'descr': (), 'fortran_order': False, "
        b"'shape': (20, 20)}\n ",
        "over.npy": b"\x93NUMPY\x01\x00\x5a\x00{'descr': '<f8', 'fortran_order': False, "
        b"'shape': (99999999999999999999, 99999999999)}\n",
        "memory.npy": b"\x93NUMPY\x02\x00\xff\xff\xff\xff{}",
    }
    for name, content in odd.items():
        (tmp_path / "in" / "happy" / name).write_bytes(content)
    assert len(collect(tmp_path / "in", tmp_path / "out")) == 4
    assert set(quarantine(tmp_path / "out")) == {f"happy/{name}" for name in odd}


def test_a_packed_archive_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with zipfile.ZipFile(tmp_path / "in" / "faces.zip", "w") as archive:
        archive.writestr("happy/a.png", b"")
    with pytest.raises(DataError, match=r"found none; unpack 'faces.zip' first"):
        collect(tmp_path / "in", tmp_path / "out")


# The stage as a command


def test_every_source_has_a_module() -> None:
    for name in SOURCES.values():
        assert importlib.util.find_spec(name) is not None
    assert set(SOURCES) == set(get_args(Data.model_fields["source"].annotation))


def run(place: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stages.download", "data/raw"]
    known = {"PATH": os.environ["PATH"], "PYTHONPATH": str(TOP), **environment}
    return subprocess.run(
        command, cwd=place, env=known, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_stage_in_a_bare_environment(tmp_path: Path) -> None:
    place = tmp_path / "a b ü"
    source = two_classes(place / "in")
    save(source / "müde" / "ö.png", grey())
    text = (TOP / "params.yaml").read_text(encoding="utf-8")
    text = text.replace("source: virtual", "source: folder").replace("path: ''", "path: in")
    (place / "params.yaml").write_text(text, encoding="utf-8")
    done = run(place, LANG="C", LC_ALL="C", HOME="/nowhere")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert FaceSet.open(place / "data" / "raw").classes == ["Anger", "Happiness", "müde"]
    (source / "sad").mkdir()
    done = run(place)
    assert done.returncode == 3
    assert done.stderr.splitlines()[-1].startswith("error: class 'Sadness' has no usable image")


# Real sets


def test_real_depth_frames(tmp_path: Path) -> None:
    source = DATA / "real-depth"
    if not source.is_dir():
        pytest.skip(f"{source} is absent")
    faces = collect(source, tmp_path / "out")
    assert len(faces) == 324
    assert faces.table.groupby(["subject", "label"]).size().tolist() == [9] * 36
    assert set(faces.table["pose"]) == {f"pose-{number}" for number in range(9)}
    assert quarantine(tmp_path / "out") == {}
    row = faces.table.iloc[200]
    stored = cv2.imread(str(source / row["file"]), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(faces.images[200][: row["height"], : row["width"]], stored)


def test_fer2013(tmp_path: Path) -> None:
    archive = DATA / "fer2013-small.zip"
    if not archive.is_file():
        pytest.skip(f"{archive} is absent")
    unzip(archive, tmp_path / "in", 10_000, 10**9)
    faces = collect(tmp_path / "in", tmp_path / "out", official_split=True)
    assert quarantine(tmp_path / "out") == {"fer2013/train/angry/im1835.png": "all black"}
    assert faces.images.shape == (1749, 48, 48)
    assert faces.table["split"].value_counts().to_dict() == {"train": 1399, "test": 350}
    assert len(faces.classes) == 7
    assert set(faces.classes) <= set(get_args(Emotion))
