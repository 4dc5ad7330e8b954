"""What is exactly true of each frame, on request: `KINDS` holds what `data.virtual.truth` may name.

Each kind gives arrays by the name of their file, a row a frame.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from depthfaces import files
from depthfaces.sources.virtual import camera, emotions, heads, landmarks, scene, shells

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
NAME_LENGTH = 48  # letters of a frame's id, in ids.npy


class Known(NamedTuple):
    """All that is known of n frames: what was seen, how, and what the person did.

    `units` (n, AU, 2) are strengths left and right, `weights` (n, A) those of facial actions.
    """

    shot: scene.Shot
    optics: scene.Optics
    units: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]

    @property
    def pixels(self) -> Floats:
        """Return where the points are seen (n, V, 3): column, row, depth in mm."""
        return camera.project(self.shot.points, self.optics.focal, self.optics.size)

    @property
    def head(self) -> int:
        """Return how many of the points are the head model's."""
        return len(heads.load().template)


def depth(known: Known) -> dict[str, Array]:
    """Return the depth (n, S, S) in mm at the middle of each pixel, 0 where nothing is."""
    maps = camera.depth_maps(known.pixels, known.shot.triangles, known.optics.size)
    return {"depth": np.where(maps < camera.EMPTY, maps, np.float32(0))}


def normals(known: Known) -> dict[str, Array]:
    """Return the unit normals (n, S, S, 3) at the middle of each pixel, 0 where nothing is.

    In the camera's axes and towards it, of the mesh's triangles, so those of `depth`. Float16: they
    are right to a thousandth.
    """
    triangles = known.shot.triangles
    _, faces = camera.nearest_triangles(known.pixels, triangles, known.optics.size)
    maps = np.zeros((*faces.shape, 3), np.float16)
    for frame, face in enumerate(faces):
        seen = face != camera.NONE
        first, second, third = known.shot.points[frame, triangles[face[seen]].T].astype(np.float64)
        normal = np.cross(second - first, third - first)
        length = np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
        away = (normal * first).sum(1, keepdims=True) > 0
        maps[frame, seen] = np.where(away, -normal, normal) / length
    return {"normals": maps}


def marks(known: Known) -> dict[str, Array]:
    """Return the 68 landmarks: 2-D (n, 68, 2), 3-D (n, 68, 3) in mm, and which are visible."""
    chosen = landmarks.vertices(heads.load().template)
    pixels = known.pixels
    visible = [
        landmarks.seen(one[chosen], one, known.shot.triangles, known.optics.size) for one in pixels
    ]
    return {
        "landmarks_2d": pixels[:, chosen, :2],
        "landmarks_3d": known.shot.points[:, chosen],
        "landmarks_visible": np.stack(visible),
    }


def actions(known: Known) -> dict[str, Array]:
    """Return the strengths of action units (n, AU, 2), left and right of the person, 0 to 1.

    Beside them the weights of the head model's facial actions (n, A), most of ARKit's names.
    """
    return {
        "actions": known.units.astype(np.float32),
        "action_weights": known.weights.astype(np.float32),
    }


def mesh(known: Known) -> dict[str, Array]:
    """Return all points (n, V, 3) in mm before the camera; NaN for long hair that is not there."""
    points = known.shot.points
    if not known.shot.locks:
        none = np.full((len(points), np.prod(shells.LOCKS), 3), np.nan, np.float32)
        points = np.concatenate([points[:, : known.head], none, points[:, known.head :]], 1)
    return {"mesh": points}


KINDS: dict[str, Callable[[Known], dict[str, Array]]] = {
    "landmarks": marks,
    "normals": normals,
    "depth": depth,
    "actions": actions,
    "mesh": mesh,
}


def of(known: Known, kinds: Sequence[str]) -> dict[str, Array]:
    """Return the arrays of all `kinds`."""
    return {name: array for kind in kinds for name, array in KINDS[kind](known).items()}


def triangles() -> npt.NDArray[np.int32]:
    """Return the triangles (T, 3) of `mesh`: the head's, long hair's, the shoulders'."""
    model = heads.load()
    locks, body = shells.grid_triangles(*shells.LOCKS), shells.grid_triangles(*shells.SHOULDERS)
    first = len(model.template)
    second = first + int(np.prod(shells.LOCKS))
    return np.concatenate([model.triangles, locks + first, body + second]).astype(np.int32)


def names(kinds: Sequence[str]) -> dict[str, Any]:
    """Return what the columns of the arrays are called, and where the parts of the mesh begin."""
    model = heads.load()
    first = len(model.template)
    second = first + int(np.prod(shells.LOCKS))
    every = {
        "landmarks": list(landmarks.NAMES),
        "actions": {
            "actions": [f"au{unit}" for unit in emotions.AUS],
            "action_weights": model.action_labels,
        },
        "mesh": {"head": 0, "long hair": first, "shoulders": second},
    }
    return {kind: every[kind] for kind in kinds if kind in every}


Keep = Callable[[Sequence[Mapping[str, Any]], Known], None]


@contextmanager
def writer(folder: Path, kinds: Sequence[str], count: int) -> Iterator[Keep]:
    """Yield a function that adds the truth about some frames, `count` in all, to `folder`.

    Files .npy whose rows are the frames in their order, with ids.npy; only the piece at hand is in
    memory. What an earlier set left there goes. Without `kinds` nothing is made or written.
    """
    shutil.rmtree(folder, ignore_errors=True)
    if not kinds:
        yield lambda rows, known: None
        return
    with ExitStack() as stack:
        columns: dict[str, Column] = {}

        def keep(rows: Sequence[Mapping[str, Any]], known: Known) -> None:
            ids = np.array([row["id"] for row in rows], f"<U{NAME_LENGTH}")
            for name, array in {"ids": ids, **of(known, kinds)}.items():
                if name not in columns:
                    path = stack.enter_context(files.atomic(folder / f"{name}.npy"))
                    columns[name] = Column(stack.enter_context(path.open("wb")), array, count)
                columns[name].add(array)

        yield keep
        assert all(column.written == count for column in columns.values()), "a row a frame"
    files.write_json(folder / "names.json", names(kinds))
    if "mesh" in kinds:
        with files.atomic(folder / "triangles.npy") as path, path.open("wb") as file:
            np.save(file, triangles(), allow_pickle=False)


class Column:
    """An .npy file of `count` rows like those of `first`, written piece by piece."""

    def __init__(self, file: IO[bytes], first: Array, count: int) -> None:
        """Write the header."""
        kind = {
            "descr": first.dtype.str,
            "fortran_order": False,
            "shape": (count, *first.shape[1:]),
        }
        np.lib.format.write_array_header_1_0(file, kind)
        self.file, self.written = file, 0

    def add(self, rows: Array) -> None:
        """Add `rows` (n, ...)."""
        self.file.write(np.ascontiguousarray(rows).tobytes())
        self.written += len(rows)
