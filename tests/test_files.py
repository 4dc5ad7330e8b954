"""Files are whole or not there, and equal content gives equal bytes."""

import hashlib
import stat
from pathlib import Path

import numpy as np
import pytest

from depthfaces import files


def test_a_failed_write_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    files.write_text(path, "old")
    with pytest.raises(RuntimeError), files.atomic(path) as temporary:
        temporary.write_text("new")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_folders_are_made_and_files_are_readable_by_all(tmp_path: Path) -> None:
    path = tmp_path / "one" / "two" / "ä b.txt"
    files.write_text(path, "x\n")
    assert path.read_bytes() == b"x\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_json_is_sorted_and_has_no_nan(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    files.write_json(path, {"b": [1.5], "a": None})
    assert path.read_text() == '{\n  "a": null,\n  "b": [\n    1.5\n  ]\n}\n'
    assert files.read_json(path) == {"a": None, "b": [1.5]}
    with pytest.raises(ValueError, match="not JSON compliant"):
        files.write_json(path, float("nan"))


def test_checksum_is_sha256(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert files.checksum(tmp_path / "a") == hashlib.sha256(b"abc").hexdigest()


def test_equal_arrays_give_equal_npz_bytes(tmp_path: Path) -> None:
    arrays = {"x": np.arange(6.0).reshape(2, 3), "name": np.array(["a", "bc"])}
    files.write_npz(tmp_path / "1.npz", **arrays)
    files.write_npz(tmp_path / "2.npz", **dict(reversed(arrays.items())))
    assert (tmp_path / "1.npz").read_bytes() == (tmp_path / "2.npz").read_bytes()
    with np.load(tmp_path / "1.npz", allow_pickle=False) as read:
        assert np.array_equal(read["x"], arrays["x"])
        assert read["name"].tolist() == ["a", "bc"]


def test_npz_takes_no_objects(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="allow_pickle"):
        files.write_npz(tmp_path / "a.npz", x=np.array([{}], dtype=object))
    assert list(tmp_path.iterdir()) == []
