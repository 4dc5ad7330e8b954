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
NUMBERS = (0, 1, 2, 255, 2**15, 2**16, 2**31 - 1, 2**31, 2**32 - 1)
WORDS = (b"-1", b"0", b"99999", b"9" * 30, b"'O'", b"'<f2'", b"'>f8'", b"'<U9'", b"True", b"((((")


def picture(image: Image.Image, name: str, **options: object) -> bytes:
    """Return an image as a file of the format `name`."""
    stream = io.BytesIO()
    image.save(stream, name, **options)
    return stream.getvalue()


def array(values: np.ndarray) -> bytes:
    """Return an array as .npy."""
    stream = io.BytesIO()
    np.save(stream, values)
    return stream.getvalue()


def packed(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip archive of `entries`."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as target:
        for name, content in entries.items():
            target.writestr(zipfile.ZipInfo(name), content, method)
    return stream.getvalue()


def corpus() -> dict[str, list[bytes]]:
    """Return small good files by kind."""
    rng = np.random.default_rng(SEED)
    colour = Image.fromarray(rng.integers(0, 256, (SIDE, SIDE, 4), np.uint8))
    depth = rng.integers(300, 9000, (SIDE, SIDE), np.uint16)
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "camera"
    kinds = ("u1", "<u2", ">u2", "<i4", "<f2", "<f4", ">f8", "<f8", "<u8")
    arrays = [array((depth % 250).astype(kind)) for kind in kinds]
    arrays.append(array(np.asfortranarray(depth)))
    faces = [array(rng.uniform(-1, 1, (SIDE, SIDE)).astype(kind)) for kind in ("<f4", ">f8")]
    pngs = [picture(colour.convert(mode), "PNG") for mode in ("L", "RGB", "RGBA", "LA", "P", "1")]
    pngs += [picture(Image.fromarray(depth), "PNG"), picture(colour, "PNG", dpi=(72, 72))]
    jpegs = [picture(colour.convert(mode), "JPEG") for mode in ("L", "RGB", "CMYK")]
    jpegs.append(picture(colour.convert("L"), "JPEG", exif=exif, progressive=True))
    table = "file,emotion,subject,pose\n" + "".join(f"{k}.png,happy,{k % 3},x\n" for k in range(9))
    text = Path(params.FILE).read_bytes()
    methods = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    sets = {f"happy/{k}.png": content for k, content in enumerate(pngs[:3])}
    return {
        "PNG": pngs,
        "JPEG": jpegs,
        "NPY": arrays,
        "NPZ": [packed({"x.npy": content}, methods[k % 2]) for k, content in enumerate(arrays)],
        "prepared NPY": faces,
        "zip": [packed(sets, method) for method in methods],
        "labels.csv": [table.encode(), table.replace(",", ";").encode("utf-16")],
        "params.yaml": [text[start : start + 600] for start in range(0, len(text) - 600, 600)],
    }


def mutated(content: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    """Return `content` changed in one of the stated ways, once or twice."""
    data = bytearray(content)
    for _ in range(int(rng.integers(1, 3))):
        if not data:
            break
        # Half of the changes hit the first bytes, where headers are.
        place = int(rng.integers(min(len(data), 96) if rng.random() < 0.5 else len(data)))
        change(data, place, other, rng)
    return bytes(data)


def change(data: bytearray, place: int, other: bytes, rng: np.random.Generator) -> None:
    """Change `data` at `place`, in place."""
    length = int(rng.integers(1, 64))
    match int(rng.integers(7)):
        case 0:
            data[place] ^= 1 << int(rng.integers(8))
        case 1:
            data[place : place + length] = rng.bytes(len(data[place : place + length]))
        case 2:
            del data[place:]
        case 3:
            data[place:place] = data[place : place + length] * int(rng.integers(1, 9))
        case 4:
            number = NUMBERS[int(rng.integers(len(NUMBERS)))]
            form = ("<I", ">I", "<H", ">H")[int(rng.integers(4))]
            whole = struct.pack(form, number & (0xFFFF if form[1] == "H" else 0xFFFFFFFF))
            data[place : place + len(whole)] = whole
        case 5:
            found = list(re.finditer(rb"\d+|'[^']*'|False|\w+", bytes(data[:400])))
            if found:
                start, end = found[int(rng.integers(len(found)))].span()
                data[start:end] = WORDS[int(rng.integers(len(WORDS)))]
        case _:
            data[place:] = other[int(rng.integers(len(other))) :]


def repaired(content: bytes) -> bytes:
    """Return a PNG with the checksum of every chunk put right."""
    data, place = bytearray(content), 8
    while place + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        end = place + 8 + length
        if end + 4 > len(data):
            break
        struct.pack_into(">I", data, end, zlib.crc32(data[place + 4 : end]))
        place = end + 4
    return bytes(data)


def made(kind: str, known: dict[str, list[bytes]], rng: np.random.Generator) -> bytes:
    """Return one odd input of a kind."""
    deep = rng.random() < 0.5
    pool = known["NPY" if kind == "NPZ" and deep else kind]
    one, other = (pool[int(rng.integers(len(pool)))] for _ in range(2))
    content = mutated(one, other, rng)
    if kind == "PNG" and deep:
        return repaired(content)
    return packed({"x.npy": content}) if kind == "NPZ" and deep else content
