"""Reading one image: formats and units by the stated rules, and a reason where it is refused."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from depthfaces.sources import decode


def grey(number: int = 0, height: int = 20, width: int = 18) -> np.ndarray:
    """Return an 8-bit image that differs with `number`."""
    return np.random.default_rng(number).integers(0, 256, (height, width), np.uint8)


def depth(number: int = 0, height: int = 20, width: int = 18) -> np.ndarray:
    """Return 16-bit millimetres."""
    return np.random.default_rng(number).integers(0, 9000, (height, width), np.uint16)


def save(path: Path, image: np.ndarray) -> Path:
    Image.fromarray(image).save(path)
    return path


def test_opencv_reads_the_same_sixteen_bits(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), depth())
    assert np.array_equal(decode.decode(tmp_path / "a.png", 100), depth())


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.float32, np.float64])
@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_arrays_of_millimetres(tmp_path: Path, dtype: type, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    write = np.save if suffix == ".npy" else np.savez_compressed
    write(path, depth().astype(dtype))
    assert decode.peek(path, 100) == decode.Header(20, 18, "mm")
    assert np.array_equal(decode.decode(path, 100), depth())
    assert decode.decode(path, 100).dtype == np.uint16


def test_infinity_is_no_reading_and_floats_are_rounded(tmp_path: Path) -> None:
    array = np.full((16, 16), 700.6)
    array[0, :2] = np.inf, -np.inf
    np.save(tmp_path / "a.npy", array)
    expected = np.full((16, 16), 701)
    expected[0, :2] = 0
    assert np.array_equal(decode.decode(tmp_path / "a.npy", 100), expected)


def test_colours_become_grey_by_the_stated_rule(tmp_path: Path) -> None:
    colour = np.random.default_rng(0).integers(0, 256, (20, 18, 4), np.uint8)
    expected = colour[..., :3] @ [0.299, 0.587, 0.114]
    for name, image in (("rgb", colour[..., :3]), ("rgba", colour)):
        got = decode.decode(save(tmp_path / f"{name}.png", image), 100)
        assert got.dtype == np.uint8
        assert np.abs(got - expected).max() <= 1


def test_palette_and_one_bit(tmp_path: Path) -> None:
    image = Image.fromarray(grey() // 64 * 60)
    image.convert("P").save(tmp_path / "p.png", transparency=0)
    assert np.array_equal(decode.decode(tmp_path / "p.png", 100), np.asarray(image))
    Image.fromarray(grey() > 128).save(tmp_path / "1.png")
    assert np.array_equal(decode.decode(tmp_path / "1.png", 100), (grey() > 128) * 255)


def test_jpeg_lies_as_its_camera_was_held(tmp_path: Path) -> None:
    image = Image.fromarray(cv2.GaussianBlur(grey(height=40, width=24), (0, 0), 3))
    turned = Image.Exif()
    turned[0x0112] = 6  # quarter turn
    image.save(tmp_path / "a.jpg", exif=turned, quality=95)
    assert decode.peek(tmp_path / "a.jpg", 100) == decode.Header(24, 40, "relative")
    got = decode.decode(tmp_path / "a.jpg", 100).astype(int)
    assert np.abs(got - np.rot90(np.asarray(image), -1)).max() < 12


def png(image: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "PNG")
    return stream.getvalue()


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def npz(*arrays: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, *arrays)
    return stream.getvalue()


def other_format(name: str) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(grey()).save(stream, name)
    return stream.getvalue()


def wrong_crc() -> bytes:
    content = bytearray(png(grey()))
    content[content.index(b"IEND") + 7 - 12] ^= 1  # the last bytes of the pixels' checksum
    return bytes(content)


def bomb(side: int = 20000) -> bytes:
    """Return a PNG that claims side × side pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return png(grey())[:8] + chunk + png(grey())[33:]


def flawed(value: float) -> np.ndarray:
    array = depth().astype(np.float64)
    array[3, 4] = value
    return array


def header(text: str, numbers: bytes = b"") -> bytes:
    """Return an .npy of version 1.0 whose header is `text`."""
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + numbers


def claims(shape: str, kind: str = "<f8") -> bytes:
    """Return an .npy of few bytes that claims a shape and a dtype."""
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}}}\n"
    return header(text, bytes(64))


def zipped(content: bytes, method: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr("x.npy", content)
    return stream.getvalue()


def crowd() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number in range(300):
            archive.writestr(f"{number}.npy", b"")
    return stream.getvalue()


FAULTS = {
    "token.npy": (header("((((" * 9), "damaged"),
    "key.npy": (header("{'descr': [], 'shape': 1, 5: 6}\n"), "damaged"),
    "kind.npy": (header("{'descr': 5, 'fortran_order': False, 'shape': (20, 20)}\n"), "damaged"),
    "long.npy": (header("{" + " " * 30000 + "}"), "damaged"),
    "wide.npy": (b"\x93NUMPY\x02\x00\xff\xff\xff\xff{}", "damaged"),
    "three.npy": (b"\x93NUMPY\x03\x00\x10\x00\x00\x00" + bytes(16), "damaged"),
    "short.npy": (claims("(30, 30)"), "damaged: expected 7200 bytes of numbers"),
    "huge.npy": (claims("(40000, 40000)"), "larger than 64 pixels"),
    "deep.npy": (claims("(9" + "9" * 30 + ", 20)"), "larger than 64 pixels"),
    "minus.npy": (claims("(-20, -20)"), "damaged"),
    "words.npy": (claims("(20, 20)", "<U9"), "expected a 2-D array of numbers"),
    "short.npz": (zipped(claims("(30, 30)")), "damaged: expected 7200 bytes of numbers"),
    "huge.npz": (zipped(claims("(40000, 40000)")), "larger than 64 pixels"),
    "lzma.npz": (zipped(npy(depth()), zipfile.ZIP_LZMA), "damaged: packed in a way"),
    "crowd.npz": (crowd(), "expected exactly one array, found more than 100"),
    "empty.png": (b"", "not a PNG file"),
    "empty.npy": (b"", "damaged"),
    "text.png": (b"hello", "not a PNG file"),
    "cut.png": (png(grey())[:-40], "damaged: Truncated"),
    "no-end.png": (png(grey())[:-12], "damaged: truncated"),
    "crc.png": (wrong_crc(), "damaged: broken PNG file"),
    "tiff.png": (other_format("TIFF"), "not a PNG file"),
    "jpeg.png": (other_format("JPEG"), "not a PNG file"),
    "gif.png": (other_format("GIF"), "not a PNG file"),
    "png.jpg": (png(grey()), "not a JPEG file"),
    "cut.jpg": (other_format("JPEG")[:-60], "damaged: .*truncated"),
    "bomb.png": (bomb(), "larger than any image"),
    "wide.png": (bomb(9000), "larger than 64 pixels"),
    "large.png": (png(grey(height=70)), "larger than 64 pixels"),
    "small.png": (png(grey()[:1, :1]), "smaller than 16 pixels"),
    "thin.png": (png(grey()[:, :15]), "smaller than 16 pixels"),
    "black.png": (png(0 * grey()), "all black"),
    "flat.png": (png(0 * grey() + 7), "constant: every pixel is 7"),
    "black16.png": (png(0 * depth()), "all black"),
    "mask16.png": (png(depth() % 2), "largest depth is 1: expected millimetres"),
    "metres.npy": (npy(depth() / 1000), "largest depth is 9: expected millimetres"),
    "nan.npy": (npy(flawed(np.nan)), "NaN"),
    "negative.npy": (npy(flawed(-1)), "negative depth"),
    "far.npy": (npy(flawed(70000)), "beyond 65535 mm"),
    "cut.npy": (npy(depth())[:-100], "damaged"),
    "cube.npy": (npy(np.zeros((20, 20, 20))), "expected a 2-D array"),
    "complex.npy": (npy(depth() * 1j), "expected a 2-D array of numbers"),
    "pickle.npy": (npy(np.array([[{}]], dtype=object)), r"damaged: .*\(a pickle\)"),
    "nothing.npy": (npy(np.zeros((0, 5))), "smaller than 16 pixels"),
    "large.npy": (npy(np.zeros((70, 20))), "larger than 64 pixels"),
    "zip.npy": (npz(depth()), "damaged"),
    "two.npz": (npz(depth(), depth()), "expected exactly one array, found 2"),
    "none.npz": (npz(), "expected exactly one array, found 0"),
    "text.npz": (b"hello", "damaged"),
    "bomb.npz": (npz(np.zeros((2000, 2000))), "larger than 64 pixels"),
    "pickle.npz": (npz(np.array([[{}]], dtype=object)), r"damaged: .*\(a pickle\)"),
    "frame.bmp": (other_format("BMP"), ".bmp is not read: save it as PNG"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_have_reasons(tmp_path: Path, name: str) -> None:
    content, reason = FAULTS[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(decode.UnusableError, match=reason) as fault:
        decode.decode(path, 64)
    assert str(tmp_path) not in str(fault.value)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_the_order_of_an_array_is_kept(tmp_path: Path, order: str, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    with path.open("wb") as file:
        (np.save if suffix == ".npy" else np.savez)(file, np.array(depth(), order=order))
    assert np.array_equal(decode.decode(path, 100), depth())


def test_a_prepared_face_is_looked_at_before_it_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    face = np.linspace(-1, 1, 400, dtype=np.float64).reshape(20, 20)
    np.save(path, face)
    assert np.array_equal(decode.prepared(path, 20), face.astype(np.float32))
    assert decode.prepared(path, 21) is None
    np.save(path, 2 * face)
    assert decode.prepared(path, 20) is None
    path.write_bytes(claims("(40000, 40000)"))
    assert decode.prepared(path, 20) is None
    path.write_bytes(claims("(20, 20)"))
    with pytest.raises(decode.UnusableError, match="damaged: expected 3200 bytes"):
        decode.prepared(path, 20)


HEADERS = ["wide.png", "bomb.png", "bomb.npz", "tiff.png", "large.npy", "huge.npy", "huge.npz"]


@pytest.mark.parametrize("name", HEADERS)
def test_the_header_is_enough_to_refuse(tmp_path: Path, name: str) -> None:
    content, reason = FAULTS[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(decode.UnusableError, match=reason):
        decode.peek(tmp_path / name, 64)


def test_a_file_that_went_away(tmp_path: Path) -> None:
    with pytest.raises(decode.UnusableError, match="damaged: No such file"):
        decode.peek(tmp_path / "a.png", 64)
