"""What the commands `sample` and `remake` do: faces of a trained model, and one face once more."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from depthfaces import files, seeding
from depthfaces.errors import IntegrityError, ParamsError
from depthfaces.export import alarm
from depthfaces.export.card import Copies, card
from depthfaces.export.picture import millimetres, png, preview
from depthfaces.export.rows import Origin, Plan, digest
from depthfaces.export.write import write
from depthfaces.faces import FaceSet
from depthfaces.gan import store
from depthfaces.gan.sample import Floats
from depthfaces.schema import Params

FACES, GAN, LATENTS, SYNTHETIC = map(
    Path, ("data/faces", "models/gan", "models/latents", "data/synthetic")
)


@dataclass(frozen=True)
class Wanted:
    """So many faces of one emotion, drawn with this seed."""

    emotion: str
    count: int
    seed: int


def draw(wanted: Wanted, out: Path, settings: Params) -> str:
    """Write the plain draws that are `wanted` to the new folder `out`; return what was done.

    Where the train faces are at hand, none that is as near to one as a copy.
    """
    emotion, count, seed = wanted.emotion, wanted.count, wanted.seed
    torch.set_num_threads(settings.threads)
    at_hand = FACES.is_dir()
    origin = Origin(store.load(GAN, FACES if at_hand else None), LATENTS, {})
    if emotion not in origin.model.drawable:
        known = ", ".join(origin.model.drawable)
        raise ParamsError(f"--emotion: expected one of {known}, found {emotion!r}")
    if count < 1 or seed < 0:
        raise ParamsError(f"--count and --seed: expected 1 and 0 or more, found {count} and {seed}")
    new = alarm.new(FaceSet.open(FACES).split("train")) if at_hand else _any
    export = settings.export.model_copy(update={"per_class": count, "evolved_share": 0.0})
    plan = Plan(export, seeding.number(seed, "sample"), new)
    refused = write(out, origin, plan, settings.threads, [emotion])
    copies = Copies(refused, new) if at_hand else None
    files.write_text(out / "README.md", card(FaceSet.open(out), origin, copies))
    return f"{out}: {count} faces of {emotion}; {refused} refused as copies of train faces\n"


def _any(faces: Floats) -> npt.NDArray[np.bool_]:
    return np.ones(len(faces), bool)


def remade(identity: str, folder: Path, threads: int) -> str:
    """Make the face `identity` of the set in `folder` again; return what was compared.

    Raise IntegrityError where it is not the same bit for bit, or where its PNG files are not.
    """
    torch.set_num_threads(threads)
    table = FaceSet.open(folder).table
    rows = table[table["id"] == identity].to_dict("records")
    if not rows:
        raise ParamsError(f"{folder}: expected an id such as {table['id'][0]}, found {identity!r}")
    row, model = rows[0], store.load(GAN, FACES if FACES.is_dir() else None)
    plain = row["method"] == "plain"
    origin = Origin(model, LATENTS, {}) if plain else Origin.open(model, LATENTS)
    face = origin.remake(row)
    wrong = [] if digest(face) == row["sha256"] else ["the checksum in metadata.csv"]
    pictures: dict[str, npt.NDArray[Any]] = {"images": preview(face)}
    if row["unit"] == "mm":
        pictures["depth"] = millimetres(face, *model.config["window"])
    for kind, picture in pictures.items():
        path = folder / str(row["file_name"]).replace("images", kind, 1)
        if not path.is_file() or path.read_bytes() != png(picture):
            wrong.append(str(path))
    if wrong:
        raise IntegrityError(
            f"{identity}: made again it differs from {' and '.join(wrong)}; expected equal bits "
            "with the same models, machine and number of threads"
        )
    return f"{identity}: the same, bit for bit (sha256 {row['sha256']})\n"
