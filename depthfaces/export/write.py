"""Write the set: PNG folders by emotion, the exact images, and the table that vouches for them."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from depthfaces import generated
from depthfaces.errors import ParamsError
from depthfaces.export import extras
from depthfaces.export.picture import millimetres, preview, write_pngs
from depthfaces.export.rows import Origin, Plan, Row
from depthfaces.faces import IMAGES, TABLES, FaceWriter

OURS = {"images", "depth", *extras.FOLDERS, extras.ARRAYS, IMAGES, TABLES[1], "README.md"}


def write(folder: Path, origin: Origin, plan: Plan, threads: int, labels: Sequence[str]) -> int:
    """Write `plan` for each of `labels`; metadata.csv comes last. Return how many were refused.

    Those are the faces that came as near to a train face as a copy, in whose place others stand.
    """
    clear(folder)
    config, refused = origin.model.config, 0
    labelled = origin.model.drawable
    names = dict(zip(labelled, generated.safe_names(labelled), strict=True))
    size = (origin.model.generator.shape.size,) * 2
    with FaceWriter(folder, size, np.float32, TABLES[1]) as writer:
        for label in tqdm(labels, "export", unit="emotion"):
            faces, origins, near = plan.of(origin, label)
            refused += near
            rows = _named(origins, names[label], label, config["unit"])
            known = [row["id"] for row in rows]
            write_pngs(folder / "images" / names[label], preview(faces), known, threads)
            if config["unit"] == "mm":
                depth = millimetres(faces, *config["window"])
                write_pngs(folder / "depth" / names[label], depth, known, threads)
            writer.append(faces, rows)
    return refused


def write_extras(folder: Path, plan: Plan, lens: extras.Lens, unit: str) -> None:
    """Write what `export` asks for beside the folders: .npz, shards, point clouds."""
    if plan.wanted.npz:
        extras.write_arrays(folder)
    if plan.wanted.shard:
        extras.write_shards(folder, plan.wanted.shard)
    if plan.wanted.meshes and unit == "mm":
        extras.write_points(folder, plan.wanted.meshes, lens)


def clear(folder: Path) -> None:
    """Remove an older set in `folder`, its table first; refuse a folder that holds other things."""
    found = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    strange = sorted(name for name in found - OURS if not name.startswith("."))
    if strange:
        raise ParamsError(
            f"{folder}: expected a new folder or an older export, found {strange[0]!r} in it"
        )
    (folder / TABLES[1]).unlink(missing_ok=True)  # without it the set is incomplete
    for name in found & OURS:
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _named(rows: list[Row], name: str, label: str, unit: str) -> list[Row]:
    """Return `rows` behind the columns of every generated set; ids and folder from `name`."""
    found = []
    for number, row in enumerate(rows):
        known = generated.row(f"{name}-{number:05d}", label, row["method"], unit)
        known["file_name"] = f"images/{name}/{known['id']}.png"
        found.append({**known, **row})
    return found
