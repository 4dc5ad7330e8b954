"""The study augment: preparation, filters, noise, the net to the layer, arms, the whole."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from depthfaces import files, params
from depthfaces.faces import FaceSet
from depthfaces.studies.augment import arms, noise, tables
from depthfaces.studies.augment.change import (
    DRAWS_PER_FACE,
    ChangeRanges,
    change_faces,
    sharpen_faces,
)
from depthfaces.studies.augment.data import Data
from depthfaces.studies.augment.filters import (
    EntropyBounds,
    class_thresholds,
    is_realistic,
    list_flagged,
)
from depthfaces.studies.augment.made import GeneratedFaces
from depthfaces.studies.augment.prepare import entropy, equalise_faces
from depthfaces.studies.augment.vgg import STAGE_WIDTHS, Vgg19
from depthfaces.studies.lessons import to_grey_levels
from studies import augment
from tests.conftest import LABELS, same_files, tiny, write_params
from tests.test_study_chapters import tables_of

NOTHING = ChangeRanges(rotation=0.0, zoom=0.0, crop=0, flip=False, sharpen=0.0)
SMALL = {
    "seeds": 2,
    "size": 32,
    "equalise": "global",
    "changes": {"rotation": 15.0, "zoom": 0.1, "crop": 3, "flip": True, "sharpen": 1.0},
    "entropy": {"low": 0.05, "high": 0.95},
    "vgg": {
        "width": 2,
        "norm": True,
        "dropout": 0.5,
        "epochs": 1,
        "batch": 24,
        "rate": 1e-3,
        "falling": True,
    },
    "made": {
        "steps": 4,
        "width": 4,
        "per_class": 5,
        "ratios": [0.5],
        "drawn": 2,
        "realism": 0.1,
    },
    "tail": 0.2,
}


def settings(**changes: object) -> params.Params:
    """Return tiny parameters, with those of the study."""
    return params.check(tiny(studies={"augment": SMALL | changes}))


def levels(rng: np.random.Generator, count: int = 4, side: int = 48) -> np.ndarray:
    """Return random grey faces."""
    return rng.integers(0, 256, (count, side, side)).astype(np.uint8)


# Preparation


def test_entropy_of_constant_two_level_and_uniform_faces() -> None:
    constant = np.full((48, 48), 7)
    two = np.tile([0, 255], (48, 24))
    quarter = np.tile([0, 0, 0, 9], (48, 12))
    uniform = np.arange(48 * 48).reshape(48, 48) % 256  # 9 of each level
    found = entropy(np.stack([constant, two, quarter, uniform]).astype(np.uint8))
    assert found == pytest.approx([0, 1, 2 - 0.75 * np.log2(3), 8], abs=1e-12)
    assert not np.signbit(found).any()


def test_entropy_does_not_ask_where_a_level_stands() -> None:
    faces = levels(np.random.default_rng(0))
    mixed = np.random.default_rng(1).permuted(faces.reshape(4, -1), axis=1).reshape(faces.shape)
    assert entropy(mixed).tolist() == entropy(faces).tolist()


def test_equalised_uses_all_levels_and_keeps_their_order() -> None:
    dark = (np.arange(48 * 48).reshape(1, 48, 48) % 64).astype(np.uint8)
    spread = equalise_faces(dark, "global")
    assert (spread.min(), spread.max()) == (0, 255)
    assert (np.diff(spread[0].ravel()[:64].astype(int)) > 0).all()
    assert equalise_faces(dark, "clahe").shape == dark.shape
    assert equalise_faces(dark, "none") is dark


# Filters


def test_bounds_are_quantiles_of_train_faces() -> None:
    bounds = EntropyBounds.from_quantiles(np.arange(101.0), 0.02, 0.97)
    assert bounds == (2.0, 97.0)
    assert bounds.is_outside(np.array([1.9, 2.0, 97.0, 97.1])).tolist() == [
        True,
        False,
        False,
        True,
    ]


def test_all_quantiles_flag_nobody() -> None:
    bits = np.random.default_rng(0).normal(size=50)
    assert not EntropyBounds.from_quantiles(bits, 0.0, 1.0).is_outside(bits).any()


def test_flagged_faces_are_listed_with_the_reason(drawn: Path) -> None:
    table = FaceSet.open(drawn).table.iloc[:3]
    found = list_flagged(table, np.array([1.0, 5.0, 9.0]), EntropyBounds(2.0, 8.0))
    assert found["id"].tolist() == sorted(table["id"].iloc[[0, 2]])
    assert set(found["reason"]) == {"too little", "too much"}
    assert list(found) == ["id", "split", "label", "entropy", "reason"]


def test_realism_threshold_refuses_as_many_validation_faces_as_told() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 200)
    scores = rng.normal(size=400) + 10 * labels  # one class scores higher: its own threshold
    least = class_thresholds(scores, labels, 0.25, 2)
    passed = is_realistic(scores, labels, least)
    assert [passed[labels == k].mean() for k in (0, 1)] == [0.75, 0.75]


# Noise


def test_each_planted_noise_is_found_by_its_measure(drawn: Path) -> None:
    train = to_grey_levels(FaceSet.open(drawn).split("train").images, 48)
    made = noise.plant_noise(train, np.random.default_rng(0))
    assert made.pop("as they are") is train
    for name, faces in made.items():
        share = noise.noisy_parts(train, faces, 0.1)[name].mean()
        assert share > 0.8, name
    assert set(made) == set(noise.noisy_parts(train, train, 0.1))


def test_train_faces_are_noisy_as_often_as_told(drawn: Path) -> None:
    train = to_grey_levels(FaceSet.open(drawn).split("train").images, 48)
    for part in noise.noisy_parts(train, train, 0.25).values():
        assert part.mean() == pytest.approx(0.25, abs=0.02)


# Augmentation


def test_no_change_is_the_identity() -> None:
    faces = torch.rand(3, 1, 48, 48, generator=torch.Generator().manual_seed(0))
    draws = torch.rand(3, DRAWS_PER_FACE, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(change_faces(faces, draws, NOTHING), faces, atol=1e-5)


def test_a_flip_is_the_mirror_image() -> None:
    faces = torch.rand(2, 1, 48, 48, generator=torch.Generator().manual_seed(0))
    draws = torch.full((2, DRAWS_PER_FACE), 0.5)
    draws[0, 4] = 0.0
    found = change_faces(faces, draws, NOTHING._replace(flip=True))
    assert torch.allclose(found[0], faces[0].flip(2), atol=1e-5)
    assert torch.allclose(found[1], faces[1], atol=1e-5)


def test_a_crop_moves_by_whole_pixels_at_most() -> None:
    faces = torch.zeros(1, 1, 48, 48)
    faces[0, 0, 20, 20] = 1
    draws = torch.full((1, DRAWS_PER_FACE), 0.5)
    draws[0, 2] = 1.0
    found = change_faces(faces, draws, NOTHING._replace(crop=3))
    assert found[0, 0].argmax() == 20 * 48 + 17
    assert found.sum() == pytest.approx(1, abs=1e-4)


def test_sharpening_leaves_flat_faces_and_steepens_edges() -> None:
    flat = torch.full((1, 1, 48, 48), 0.4)
    assert torch.allclose(sharpen_faces(flat, torch.ones(1)), flat)
    edge = torch.full((1, 1, 48, 48), 0.4)
    edge[..., 24:] = 0.6
    found = sharpen_faces(edge, torch.ones(1))
    assert found[0, 0, 9, 23] < 0.4
    assert found[0, 0, 9, 24] > 0.6


# The net


def net(width: int, *, norm: bool = False, side: int = 48) -> Vgg19:
    """Return a VGG-19 of seven classes."""
    wanted = settings(vgg={**SMALL["vgg"], "width": width, "norm": norm}).studies.augment.vgg
    return Vgg19(7, side, wanted, torch.Generator().manual_seed(0))


def test_vgg_has_sixteen_convolutions_and_three_dense_layers() -> None:
    kinds = [type(layer).__name__ for layer in net(2)]
    assert kinds.count("Conv2d") == 16 == sum(map(len, STAGE_WIDTHS))
    assert kinds.count("Linear") == 3
    assert kinds.count("MaxPool2d") == 5


def test_vgg_in_full_has_the_published_layers() -> None:
    """Of 3 channels the convolutions have the well-known 20,024,384 numbers; of 1, 1,152 fewer."""
    counts = {name: value.numel() for name, value in net(64).named_parameters()}
    sizes = [value.shape for value in net(64).parameters() if value.dim() == 4]
    assert [shape[0] for shape in sizes] == [64] * 2 + [128] * 2 + [256] * 4 + [512] * 8
    convolutions = 20_024_384 - 2 * 9 * 64
    head = 2 * (512 * 512 + 512) + 512 * 7 + 7
    assert sum(counts.values()) == convolutions + head == 20_552_135


@pytest.mark.parametrize("side", [32, 48, 64])
def test_vgg_takes_faces_of_several_sizes(side: int) -> None:
    assert net(2, norm=True, side=side)(torch.zeros(2, 1, side, side)).shape == (2, 7)


# Arms


@pytest.fixture(scope="module")
def built(drawn: Path) -> tuple[Data, GeneratedFaces, dict[str, arms.Arm]]:
    """The drawn faces, noise in the place of generated ones, and the arms."""
    wanted = settings().studies.augment
    data = Data.from_faces(FaceSet.open(drawn), wanted)
    rng = np.random.default_rng(0)
    counts = arms.faces_to_generate(data, wanted)
    labels = np.repeat(np.arange(3), counts)
    made = GeneratedFaces(
        rng.uniform(-1, 1, (len(labels), 32, 32)).astype(np.float32),
        labels,
        rng.normal(size=len(labels)),
        rng.normal(size=36),
        np.repeat(np.arange(3), 12),
        1,
        "",
    )
    asked = {"as they are": data.labelled(data.rows("test")).images}
    return (
        data,
        made,
        arms.build_arms(data, arms.judge_generated(made, data, wanted), asked, wanted, 5),
    )


def shown(lesson) -> set[bytes]:
    """Return each face of a lesson as bytes."""
    return {face.tobytes() for face in lesson.images}


def test_no_generated_face_is_in_a_validation_or_test_part(built) -> None:
    data, made, found = built
    generated = {face.tobytes() for face in data.as_net_input(to_grey_levels(made.images, 32))}
    for name, arm in found.items():
        asked = {face.tobytes() for faces in arm.test_sets.values() for face in faces}
        inside = generated & (asked | shown(arm.validation))
        assert bool(inside) == (name == "leaky-added"), name


def test_held_out_people_are_in_no_training(built) -> None:
    data, _, found = built
    held = shown(data.labelled(data.rows("test"))) | shown(data.labelled(data.rows("validation")))
    for name, arm in found.items():
        assert not held & shown(arm.train), name


def test_arms_hold_what_their_names_say(built) -> None:
    data, _, found = built
    usable = len(data.rows("train", usable=True))
    assert {
        name: arm.generated_count for name, arm in found.items() if not name.startswith("leaky")
    } == {
        "plain": 0,
        "real": 0,
        "unfiltered": 0,
        "added": 15,
        "filtered": 0,  # noise tells too much
        "shuffled": 15,
        "ratio@0.5": sum(round(0.5 * n) for n in np.bincount(found["real"].train.labels)),
    }
    assert len(found["real"].train.labels) == usable < len(found["unfiltered"].train.labels)
    assert [name for name, arm in found.items() if arm.augmentation is None] == ["plain"]


def test_shuffled_labels_are_the_same_labels_on_other_faces(built) -> None:
    _, _, found = built
    added, shuffled = found["added"].train, found["shuffled"].train
    assert (added.images == shuffled.images).all()
    assert (added.labels != shuffled.labels).any()
    assert np.bincount(added.labels).tolist() == np.bincount(shuffled.labels).tolist()


def test_first_takes_what_there_is() -> None:
    labels = np.array([0, 1, 0, 1, 0])
    allowed = np.array([True, False, True, True, True])
    assert arms.first_rows(labels, allowed, np.array([2, 5])).tolist() == [0, 2, 3]


def test_flagged_faces_train_no_generator(built, drawn: Path) -> None:
    data, _, _ = built
    split = data.without_flagged(FaceSet.open(drawn)).table["split"].to_numpy(str)
    assert np.flatnonzero(split == "train").tolist() == data.rows("train", usable=True).tolist()
    assert (split == "test").sum() == len(data.rows("test"))


# The whole


def test_printed_reports_come_from_the_audit() -> None:
    printed = tables.published_reports()
    assert printed["real"]["Anger"] == [0.5, 0.28, 0.36]
    assert printed["added"]["Happiness"][2] == 0.51


@pytest.fixture(scope="module")
def place(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder after two runs of the study."""
    place = write_params(tmp_path_factory.mktemp("augment"), studies={"augment": SMALL})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        for name in ("one", "two"):
            augment.main(drawn, place / name / "a.json", place / name / "augment")
    return place


@pytest.mark.slow
def test_same_seed_same_bytes(place: Path) -> None:
    assert same_files(place / "one", place / "two") == 9


@pytest.mark.slow
def test_the_chapter_says_all_that_was_asked_for(place: Path) -> None:
    found = files.read_json(place / "one" / "a.json")
    columns = tables_of(found)
    assert found["seeds"] == 2
    assert re.search(r"\d points \(", found["answer"])
    assert "2 of at least 6 seeds" in found["answer"]
    assert len(columns["Every arm, on people never seen"]) == 7
    assert [row[0] for row in columns["The test set's own noisy faces, scored apart"]] == [
        "all",
        "blurred",
        "occluded",
        "low light",
        "low entropy",
    ]
    emotions = columns["Emotion by emotion, before and after generated faces were added"]
    assert [row[0] for row in emotions] == list(LABELS)
    assert found["published"]["rows"][0][1] == 0.65
    assert found["published"]["rows"][1][1] == 0.63
    for figure in found["figures"]:
        assert (place / "one" / figure["file"]).is_file()


@pytest.mark.slow
def test_the_list_of_flagged_faces_is_kept(place: Path, drawn: Path) -> None:
    lines = (place / "one" / "augment" / "flagged.csv").read_text(encoding="utf-8").splitlines()
    data = Data.from_faces(FaceSet.open(drawn), settings().studies.augment)
    assert len(lines) - 1 == data.entropy_bounds.is_outside(data.entropies).sum() > 0
