"""Copies are found where planted, and nowhere else."""

import cv2
import numpy as np
import pandas as pd
import pytest

from depthfaces import copies
from tests.conftest import LABELS, draw

LIMIT = 4


def faces(count: int, size: int = 64) -> np.ndarray:
    """Return `count` drawn faces (n, size, size), each of another person."""
    rng = np.random.default_rng(1)
    plain = np.stack([draw(LABELS[index % 3], rng, size) for index in range(count)])
    tilt = rng.normal(0, 0.5, (count, 4, 4)).astype(np.float32)  # what tells people apart
    waves = np.stack([cv2.resize(one, (size, size), interpolation=cv2.INTER_CUBIC) for one in tilt])
    return np.clip(plain + waves, -1, 1)


def table(count: int, **columns: list[str]) -> pd.DataFrame:
    plain = {"id": [f"f{index}" for index in range(count)], "label": ["Fear"] * count}
    return pd.DataFrame(plain | {"subject": [""] * count} | columns)


def judge(images: np.ndarray, limit: int = LIMIT, **columns: list[str]) -> pd.DataFrame:
    return copies.judge(table(len(images), **columns), copies.prints(images), limit)


def jpeg(image: np.ndarray, quality: int = 60) -> np.ndarray:
    grey = np.rint((image + 1) * 127.5).astype(np.uint8)
    packed = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return (cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE) / 127.5 - 1).astype(np.float32)


def resized(image: np.ndarray) -> np.ndarray:
    return cv2.resize(cv2.resize(image, (48, 48), interpolation=cv2.INTER_AREA), image.shape)


def noisy(image: np.ndarray) -> np.ndarray:
    return image + np.random.default_rng(2).normal(0, 0.02, image.shape).astype(np.float32)


CHANGES = {
    "equal": lambda image: image,
    "jpeg": jpeg,
    "size": resized,
    "noise": noisy,
    "darker": lambda image: (0.8 * image - 0.1).astype(np.float32),
    "mirror": lambda image: np.ascontiguousarray(image[:, ::-1]),
    "mirror and jpeg": lambda image: jpeg(image[:, ::-1]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_planted_copy_joins_its_original_and_nothing_else(name: str) -> None:
    images = faces(40)
    planted = np.concatenate([images, [CHANGES[name](images[7])]])
    group = judge(planted)["group"]
    assert group[40] == group[7] == "f7"
    assert group[:40].tolist() == [f"f{index}" for index in range(40)]


def test_the_mirrored_hash_is_the_hash_of_the_mirror_image() -> None:
    images = faces(30)
    plain, mirrored = copies.hashes(images).T
    assert np.array_equal(copies.hashes(images[:, :, ::-1]), np.stack([mirrored, plain], 1))


def test_the_hash_ignores_brightness_and_contrast() -> None:
    images = faces(5)
    assert np.array_equal(copies.hashes(images), copies.hashes(0.5 * images - 0.25))


def test_the_hash_of_one_wave() -> None:
    """cos((x + ½) π / 32) has one coefficient in its first row; in rows 1 to 8 nothing is left."""
    wave = np.cos((np.arange(32) + 0.5) * np.pi / 32)
    image = np.outer(wave, wave).astype(np.float32)
    waves = copies.hashes(np.stack([image, -image]))
    assert waves[0, 0] >> np.uint64(63) == 1
    assert waves[1, 0] >> np.uint64(63) == 0


def test_prints_do_not_depend_on_the_batch() -> None:
    images = faces(6)
    whole = copies.prints(images)
    parts = copies.Prints.join([copies.prints(images[:4]), copies.prints(images[4:])])
    for name in ("sha256", "hashes", "thumbs"):
        assert np.array_equal(getattr(whole, name), getattr(parts, name))


def test_exact_copies_are_left_out_but_the_first() -> None:
    images = faces(3)[[0, 1, 0, 0]]
    found = judge(images)
    assert found["reason"].tolist() == ["", "", "exact copy of f0", "exact copy of f0"]
    assert found["sha256"].nunique() == 2
    assert found["phash"].str.fullmatch("[0-9a-f]{16}").all()


def test_equal_images_under_two_labels_are_all_left_out() -> None:
    found = judge(faces(3)[[0, 1, 0]], label=["Fear", "Fear", "Anger"])
    reason = "same image under several labels"
    assert found["reason"].tolist() == [reason, "", reason]


def test_one_image_of_two_people_has_no_known_subject_and_joins_both() -> None:
    images = faces(4)[[0, 1, 0, 2]]
    found = judge(images, subject=["ann", "ann", "bob", "bob"])
    assert found["subject"].tolist() == ["", "ann", "", "bob"]
    assert found["group"].nunique() == 1


def test_a_copy_tells_an_unknown_subject() -> None:
    found = judge(faces(2)[[0, 1, 0]], subject=["", "", "bob"])
    assert found["subject"].tolist() == ["bob", "", "bob"]
    assert found["group"].tolist() == ["bob", "f1", "bob"]


def test_people_are_groups() -> None:
    found = judge(faces(6), subject=["b", "a", "b", "", "a", "a"])
    assert found["group"].tolist() == ["b", "a", "b", "f3", "a", "a"]


def test_a_near_copy_joins_two_people() -> None:
    images = faces(4)
    images[3] = jpeg(images[0])
    found = judge(images, subject=["a", "b", "c", "d"])
    assert found["group"].tolist() == ["a", "b", "c", "a"]
    assert found["reason"].tolist() == [""] * 4


def test_alike_low_waves_alone_make_no_copy() -> None:
    """Equal hashes with other thumbnails stay apart: aligned faces of two people are like that."""
    marks = copies.prints(faces(2))
    same = copies.Prints(marks.sha256, marks.hashes[[0, 0]], marks.thumbs)
    assert copies.judge(table(2), same, LIMIT)["group"].nunique() == 2


def test_distance_zero_still_joins_equal_images() -> None:
    assert judge(faces(2)[[0, 1, 0]], limit=0)["group"].tolist() == ["f0", "f1", "f0"]


def test_groups_do_not_depend_on_the_order() -> None:
    images = faces(12)
    images[5], images[9] = jpeg(images[2]), images[2][:, ::-1]
    order = np.random.default_rng(3).permutation(12)
    group = judge(images)["group"].to_numpy()
    shuffled = judge(images[order])["group"].to_numpy()
    assert np.array_equal(group[order, None] == group[order], shuffled[:, None] == shuffled)


def test_a_chain_of_many_copies_is_one_group() -> None:
    """More pairs than are held at once, and more images than one block."""
    image = faces(1)
    rng = np.random.default_rng(4)
    many = image + rng.normal(0, 0.01, (300, 64, 64)).astype(np.float32)
    assert judge(np.concatenate([many, faces(3)[1:]]))["group"].nunique() == 3


@pytest.mark.slow
def test_twenty_thousand_faces_in_seconds() -> None:
    rng = np.random.default_rng(5)
    count = 20_000
    marks = copies.Prints(
        np.arange(count).astype(str),
        rng.integers(0, 2**64, (count, 2), np.uint64),
        rng.integers(0, 256, (count, 16, 16), np.uint8),
    )
    marks.hashes[-1], marks.thumbs[-1] = marks.hashes[0], marks.thumbs[0]
    group = copies.judge(table(count), marks, LIMIT)["group"]
    assert group.iloc[-1] == group.iloc[0]
    assert group.nunique() == count - 1
