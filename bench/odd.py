"""The inputs of bench.fuzz: small good files of every kind, and odd ones made of them."""

import io
import re
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from depthfaces import params

SEED = 14
SIDE = 20  # pixels of the good images
ODD_NUMBERS = (0, 1, 2, 255, 2**15, 2**16, 2**31 - 1, 2**31, 2**32 - 1)
WORDS = (b"-1", b"0", b"99999", b"9" * 30, b"'O'", b"'<f2'", b"'>f8'", b"'<U9'", b"True", b"((((")


def image_bytes(image: Image.Image, name: str, **options: object) -> bytes:
    """Return an image as a file of the format `name`."""
    stream = io.BytesIO()
    image.save(stream, name, **options)
    return stream.getvalue()


def npy_bytes(values: np.ndarray) -> bytes:
    """Return an array as .npy."""
    stream = io.BytesIO()
    np.save(stream, values)
    return stream.getvalue()


def zip_bytes(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip archive of `entries`."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as zip_file:
        for name, content in entries.items():
            zip_file.writestr(zipfile.ZipInfo(name), content, method)
    return stream.getvalue()


def corpus() -> dict[str, list[bytes]]:
    """Return small good files by kind."""
    rng = np.random.default_rng(SEED)
    colour = Image.fromarray(rng.integers(0, 256, (SIDE, SIDE, 4), np.uint8))
    depth = rng.integers(300, 9000, (SIDE, SIDE), np.uint16)
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "camera"
    dtype_names = ("u1", "<u2", ">u2", "<i4", "<f2", "<f4", ">f8", "<f8", "<u8")
    npy_files = [npy_bytes((depth % 250).astype(kind)) for kind in dtype_names]
    npy_files.append(npy_bytes(np.asfortranarray(depth)))
    face_files = [
        npy_bytes(rng.uniform(-1, 1, (SIDE, SIDE)).astype(kind)) for kind in ("<f4", ">f8")
    ]
    pngs = [
        image_bytes(colour.convert(mode), "PNG") for mode in ("L", "RGB", "RGBA", "LA", "P", "1")
    ]
    pngs += [image_bytes(Image.fromarray(depth), "PNG"), image_bytes(colour, "PNG", dpi=(72, 72))]
    jpegs = [image_bytes(colour.convert(mode), "JPEG") for mode in ("L", "RGB", "CMYK")]
    jpegs.append(image_bytes(colour.convert("L"), "JPEG", exif=exif, progressive=True))
    table = "file,emotion,subject,pose\n" + "".join(f"{k}.png,happy,{k % 3},x\n" for k in range(9))
    params_text = Path(params.FILE).read_bytes()
    methods = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    zip_entries = {f"happy/{k}.png": content for k, content in enumerate(pngs[:3])}
    return {
        "PNG": pngs,
        "JPEG": jpegs,
        "NPY": npy_files,
        "NPZ": [
            zip_bytes({"x.npy": content}, methods[k % 2]) for k, content in enumerate(npy_files)
        ],
        "prepared NPY": face_files,
        "zip": [zip_bytes(zip_entries, method) for method in methods],
        "labels.csv": [table.encode(), table.replace(",", ";").encode("utf-16")],
        "params.yaml": [
            params_text[start : start + 600] for start in range(0, len(params_text) - 600, 600)
        ],
    }


def mutate(content: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    """Return `content` changed in one of the stated ways, once or twice."""
    data = bytearray(content)
    for _ in range(int(rng.integers(1, 3))):
        if not data:
            break
        # Half of the changes hit the first bytes, where headers are.
        position = int(rng.integers(min(len(data), 96) if rng.random() < 0.5 else len(data)))
        change_bytes(data, position, other, rng)
    return bytes(data)


def change_bytes(data: bytearray, position: int, other: bytes, rng: np.random.Generator) -> None:
    """Change `data` at `position`, in place."""
    length = int(rng.integers(1, 64))
    match int(rng.integers(7)):
        case 0:
            data[position] ^= 1 << int(rng.integers(8))
        case 1:
            data[position : position + length] = rng.bytes(len(data[position : position + length]))
        case 2:
            del data[position:]
        case 3:
            data[position:position] = data[position : position + length] * int(rng.integers(1, 9))
        case 4:
            odd_number = ODD_NUMBERS[int(rng.integers(len(ODD_NUMBERS)))]
            number_format = ("<I", ">I", "<H", ">H")[int(rng.integers(4))]
            number_bytes = struct.pack(
                number_format, odd_number & (0xFFFF if number_format[1] == "H" else 0xFFFFFFFF)
            )
            data[position : position + len(number_bytes)] = number_bytes
        case 5:
            matches = list(re.finditer(rb"\d+|'[^']*'|False|\w+", bytes(data[:400])))
            if matches:
                start, end = matches[int(rng.integers(len(matches)))].span()
                data[start:end] = WORDS[int(rng.integers(len(WORDS)))]
        case _:
            data[position:] = other[int(rng.integers(len(other))) :]


def repair_checksums(content: bytes) -> bytes:
    """Return a PNG with the checksum of every chunk repaired."""
    data, position = bytearray(content), 8
    while position + 12 <= len(data):
        (chunk_length,) = struct.unpack_from(">I", data, position)
        chunk_end = position + 8 + chunk_length
        if chunk_end + 4 > len(data):
            break
        struct.pack_into(">I", data, chunk_end, zlib.crc32(data[position + 4 : chunk_end]))
        position = chunk_end + 4
    return bytes(data)


def make_input(kind: str, files_by_kind: dict[str, list[bytes]], rng: np.random.Generator) -> bytes:
    """Return one odd input of a kind."""
    is_deep = rng.random() < 0.5
    good_files = files_by_kind["NPY" if kind == "NPZ" and is_deep else kind]
    base_file, other_file = (good_files[int(rng.integers(len(good_files)))] for _ in range(2))
    content = mutate(base_file, other_file, rng)
    if kind == "PNG" and is_deep:
        return repair_checksums(content)
    return zip_bytes({"x.npy": content}) if kind == "NPZ" and is_deep else content
