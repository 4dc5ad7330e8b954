"""Other shapes of the same set: WebDataset shards, one .npz, and point clouds."""

import io
import json
import tarfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from depthfaces import files
from depthfaces.export.picture import NO_READING
from depthfaces.faces import FaceSet
from depthfaces.gan.sample import Floats

FOLDERS = ("shards", "points")
ARRAYS = "faces.npz"
# A PLY's header in front of its points: three little-endian floats each.
PLY = """ply
format binary_little_endian 1.0
comment millimetres, x to the right, y up, z towards the camera, the nose tip at z = 0
element vertex {count}
property float x
property float y
property float z
end_header
"""


class Lens(NamedTuple):
    """What makes pixels millimetres: the side of the crop, the window behind the nose tip."""

    crop: float
    front: float
    back: float


def write_shards(folder: Path, size: int) -> None:
    """Write FOLDER/shards/NNNNNN.tar of `size` faces each: ID.png, ID.depth.png, ID.json."""
    rows = iter(FaceSet.open(folder).table.to_dict("records"))
    number = 0
    while part := list(islice(rows, size)):
        with (
            files.atomic(folder / "shards" / f"{number:06d}.tar") as path,
            tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as shard,
        ):
            for name, content in _entries(folder, part):
                entry = tarfile.TarInfo(name)  # dated 1970, owned by nobody: equal bytes
                entry.size = len(content)
                shard.addfile(entry, io.BytesIO(content))
        number += 1


def _entries(folder: Path, rows: Iterable[dict[str, object]]) -> Iterator[tuple[str, bytes]]:
    for row in rows:
        name, identity = str(row["file_name"]), row["id"]
        yield f"{identity}.png", (folder / name).read_bytes()
        depth = folder / name.replace("images/", "depth/", 1)
        if depth.is_file():
            yield f"{identity}.depth.png", depth.read_bytes()
        yield f"{identity}.json", json.dumps(row, sort_keys=True).encode()


def write_arrays(folder: Path) -> None:
    """Write FOLDER/faces.npz: images (n, S, S) float32, labels and ids (n,)."""
    faces = FaceSet.open(folder)
    columns = {name: faces.table[name].to_numpy(str) for name in ("label", "id")}
    files.write_npz(folder / ARRAYS, images=np.asarray(faces.images), **columns)


def write_points(folder: Path, count: int, lens: Lens) -> None:
    """Write FOLDER/points/ID.ply for the first `count` faces of each emotion."""
    faces = FaceSet.open(folder)
    for row, identity in faces.table.groupby("label").head(count)["id"].items():
        cloud = points(np.asarray(faces.images[row]), lens)
        with files.atomic(folder / "points" / f"{identity}.ply") as path:
            path.write_bytes(PLY.format(count=len(cloud)).encode() + cloud.tobytes())


def points(face: Floats, lens: Lens) -> npt.NDArray[np.float32]:
    """Return the points (n, 3) of one face (S, S) in millimetres: x right, y up, z to the camera.

    A prepared face is orthographic: each pixel spans crop / S, whatever its depth.
    """
    side = len(face)
    rows, columns = np.nonzero(face > NO_READING)
    behind = lens.front + (1 - face[rows, columns].clip(-1, 1)) / 2 * (lens.back - lens.front)
    x, y = columns - (side - 1) / 2, (side - 1) / 2 - rows
    pitch = lens.crop / side
    return np.stack([x * pitch, y * pitch, -behind], axis=1).astype("<f4")
