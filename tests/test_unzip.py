"""An archive is unpacked whole, or refused whole with nothing written anywhere."""

import io
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from depthfaces.errors import DataError
from depthfaces.sources import archive as archives
from depthfaces.sources.archive import unzip

MANY = 1000
LARGE = 1 << 30


def pack(path: Path, entries: dict[str, bytes], mode: int = 0) -> Path:
    """Write an archive of `entries`, all with the Unix `mode`."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            entry = zipfile.ZipInfo(name)
            entry.filename = name  # ZipInfo would cut it at a NUL
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = mode << 16
            archive.writestr(entry, content)
    return path


def refused(tmp_path: Path, archive: Path, words: str, count: int = MANY) -> None:
    """Unpack `archive`: expect the fault `words`, and no new file beside the archive."""
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(DataError, match=words):
        unzip(archive, tmp_path / "inside" / "out", count, LARGE)
    (tmp_path / "inside").rmdir()  # it is empty, or this fails
    assert sorted(tmp_path.rglob("*")) == before


def test_a_good_archive_comes_out(tmp_path: Path) -> None:
    entries = {"train/angry/ä 1.png": b"a" * 5000, "train/b": b"", "deep.zip": b"PK\3\4"}
    archive = pack(tmp_path / "a.zip", {"train/": b"", **entries})
    unzip(archive, tmp_path / "new" / "out", MANY, LARGE)
    out = tmp_path / "new" / "out"
    found = {path.relative_to(out).as_posix(): path for path in out.rglob("*") if path.is_file()}
    assert {name: path.read_bytes() for name, path in found.items()} == entries
    assert stat.S_IMODE(out.stat().st_mode) == 0o755
    assert sorted(path.name for path in out.parent.iterdir()) == ["out"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../x.png", "leaves the folder"),
        ("a/../../x.png", "leaves the folder"),
        ("/etc/x.png", "leaves the folder"),
        ("a//x.png", "leaves the folder"),
        ("./x.png", "leaves the folder"),
        ("C:x.png", "no portable name"),
        ("a\\x.png", "no portable name"),
        ("a\nx.png", "no portable name"),
        ("a\0x.png", "no portable name"),
        ("a" * 300, "too long a name"),
        ("a/" * 1200 + "x", "too long a name"),
    ],
)
def test_bad_names(tmp_path: Path, name: str, words: str) -> None:
    archive = pack(tmp_path / "a.zip", {"good.png": b"x", name: b"x"})
    refused(tmp_path, archive, words)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO])
def test_links_and_devices(tmp_path: Path, kind: int) -> None:
    archive = pack(tmp_path / "a.zip", {"x": b"/etc/passwd"}, kind | 0o777)
    refused(tmp_path, archive, "link or device")


@pytest.mark.parametrize(
    "names", [("a/X.png", "a/x.png"), ("é", "e\u0301"), ("a", "a/b"), ("A", "a/b"), ("a", "a/")]
)
def test_colliding_names(tmp_path: Path, names: tuple[str, str]) -> None:
    archive = pack(tmp_path / "a.zip", dict.fromkeys(names, b""))
    refused(tmp_path, archive, "collides with another name")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("x", "1")
        archive.writestr("x", "2")
    refused(tmp_path, tmp_path / "a.zip", "collides with another name")


def test_a_bomb_by_ratio(tmp_path: Path) -> None:
    refused(tmp_path, pack(tmp_path / "a.zip", {"x.npy": bytes(4 << 20)}), "packed like a bomb")


def test_too_many_files(tmp_path: Path) -> None:
    archive = pack(tmp_path / "a.zip", {str(number): b"" for number in range(5)})
    refused(tmp_path, archive, "at most 4 files, found more", count=4)


def test_entries_are_counted_whatever_the_archive_says(tmp_path: Path) -> None:
    archive = pack(tmp_path / "a.zip", {str(number): b"" for number in range(500)})
    content = bytearray(archive.read_bytes())
    end = content.rindex(b"PK\5\6")
    content[end + 8 : end + 12] = struct.pack("<2H", 1, 1)  # claims one entry
    archive.write_bytes(content)
    assert archives.entries(archive, MANY) == 500
    assert archives.entries(archive, 20) == 21
    refused(tmp_path, archive, "at most 20 files", count=20)


def test_entries_of_a_wide_archive_are_counted(tmp_path: Path) -> None:
    """65,536 entries need the wider record."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number in range(1 << 16):
            archive.writestr(zipfile.ZipInfo(f"{number:x}"), b"")
    assert archives.entries(tmp_path / "a.zip", 1 << 17) == 1 << 16


def test_what_is_no_archive_has_no_entries(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\5\6" + bytes(9))
    assert archives.entries(tmp_path / "a.zip", 9) == 0


def test_a_second_name_of_an_entry_is_checked_too() -> None:
    entry = zipfile.ZipInfo("a.png")
    entry.header_offset = entry.compress_size = 0
    entry.filename = "../a.png"  # as a newer Python reads it from the extra field
    with pytest.raises(DataError, match="leaves the folder"):
        archives._check_entries([entry], LARGE)


@pytest.mark.parametrize(
    "fault", [struct.error("odd"), IndexError("odd"), OSError(22, "odd"), AttributeError("odd")]
)
def test_whatever_the_reader_raises_is_a_damaged_archive(
    tmp_path: Path, fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise fault

    archive = pack(tmp_path / "a.zip", {"x": b"a"})
    monkeypatch.setattr(zipfile.ZipFile, "infolist", fail)
    refused(tmp_path, archive, "damaged or no zip archive: odd")


def test_a_full_disk_is_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    archive = pack(tmp_path / "a.zip", {"x": b"a"})
    monkeypatch.setattr(archives, "_extract", fail)
    with pytest.raises(OSError, match="No space left"):
        unzip(archive, tmp_path / "out", MANY, LARGE)


def test_too_many_bytes(tmp_path: Path) -> None:
    archive = pack(tmp_path / "a.zip", {"x": b"abc" * 100, "y": b"d"})
    with pytest.raises(DataError, match="301 bytes: allowed are 300"):
        unzip(archive, tmp_path / "out", 10, 300)
    unzip(archive, tmp_path / "out", 2, 301)


def tampered(archive: Path, change: Callable[[bytearray, int, int], None]) -> Path:
    """Let `change` edit the bytes, given the places of the first and second directory entry."""
    content = bytearray(archive.read_bytes())
    first = content.index(b"PK\1\2")
    change(content, first, content.find(b"PK\1\2", first + 4))
    archive.write_bytes(content)
    return archive


def test_overlapping_entries(tmp_path: Path) -> None:
    def overlap(content: bytearray, first: int, second: int) -> None:
        content[second + 42 : second + 46] = content[first + 42 : first + 46]  # same offset

    archive = tampered(pack(tmp_path / "a.zip", {"x": b"a", "y": b"a"}), overlap)
    refused(tmp_path, archive, "overlaps another")


def test_encrypted(tmp_path: Path) -> None:
    def encrypt(content: bytearray, first: int, _: int) -> None:
        content[first + 8] |= 1

    refused(tmp_path, tampered(pack(tmp_path / "a.zip", {"x": b"a"}), encrypt), "is encrypted")


def test_a_size_that_lies(tmp_path: Path) -> None:
    """A directory that claims fewer bytes than the data hold never yields more than it claims."""

    def lie(content: bytearray, first: int, _: int) -> None:
        content[first + 24 : first + 28] = struct.pack("<I", 10)

    refused(tmp_path, tampered(pack(tmp_path / "a.zip", {"x": b"a" * 999}), lie), "damaged")


@pytest.mark.parametrize("content", [b"", b"<html>log in</html>", b"PK\5\6"])
def test_no_archive(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    refused(tmp_path, tmp_path / "a.zip", "damaged or no zip archive")


def test_one_wrong_byte(tmp_path: Path) -> None:
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        archive.writestr("x", b"abcdef" * 50)
    content = bytearray(stored.getvalue())
    content[100] ^= 1
    (tmp_path / "a.zip").write_bytes(content)
    refused(tmp_path, tmp_path / "a.zip", "Bad CRC-32")


def test_a_cut_archive(tmp_path: Path) -> None:
    archive = pack(tmp_path / "a.zip", {"x": bytes(range(256)) * 9})
    archive.write_bytes(archive.read_bytes()[:-30])
    refused(tmp_path, archive, "damaged")
