"""From what is stored in data/ to every number of the report: for `compare` and for `verify`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from threadpoolctl import threadpool_limits

from depthfaces import alarms, embed, files
from depthfaces.alarms.gather import gather
from depthfaces.embed.autoencoder import Coder
from depthfaces.errors import DataError
from depthfaces.faces import FaceSet
from depthfaces.features import extract
from depthfaces.features.store import FeatureSet, open_all
from depthfaces.leak import alarm
from depthfaces.metrics.fidelity import Sides, Vectors, fidelity
from depthfaces.metrics.maps import by_emotion, densities, families, flat_map
from depthfaces.metrics.measure import mean_psnr
from depthfaces.metrics.selftest import selftest
from depthfaces.metrics.sides import HELD_OUT, TRAIN
from depthfaces.metrics.similarity import grey, ssim
from depthfaces.metrics.undefined import attempt
from depthfaces.schema import Params
from depthfaces.verdict.answer import answer
from depthfaces.verdict.documents import documents
from depthfaces.verdict.predictions import read
from depthfaces.verdict.rule import copies

Array = npt.NDArray[Any]
PAPERS = ("lbp", "hog", "sobel", "intensity")
SURFACE = ("normals", "curvature")
REBUILT = "rebuilt"  # pairs of faces beside the vectors of the spaces


@dataclass(frozen=True)
class Inputs:
    """Feature sets, images and predictions; images may be missing, and what needs them then is."""

    sets: dict[str, FeatureSet]
    images: dict[str, FaceSet]
    predictions: pd.DataFrame

    @classmethod
    def open(cls, data: Path) -> Self:
        """Open what the folder `data` holds."""
        folders = {"real": data / "faces", "synthetic": data / "synthetic"}
        folders |= {folder.name: folder for folder in sorted((data / "baselines").glob("*"))}
        sets = open_all(data / "features")
        images = {name: FaceSet.open(path) for name, path in folders.items() if path.is_dir()}
        images = {name: found for name, found in images.items() if name in sets}
        return cls(sets, images, read(data / "predictions.csv"))


def measured(inputs: Inputs, params: Params) -> tuple[Sides, Vectors]:
    """Return the chosen faces, and their vectors in each further space.

    Under `REBUILT`, where there is an autoencoder: held-out faces as it saw and as it made them.
    """
    alarm(inputs.images, params.preprocess.near_copies)
    with threadpool_limits(1):
        sides = Sides(shapely(inputs.sets), inputs.images, params)
    shown = {name: side.images for name, side in sides.sides.items() if side.images is not None}
    vectors: Vectors = surfaces(inputs.sets, sides)
    if {HELD_OUT, TRAIN} <= set(shown):
        torch.set_num_threads(params.threads)
        real = inputs.images["real"].split("train").images
        for name in embed.chosen(params):
            encode = embed.EMBEDDINGS[name](real, params)
            vectors[name] = {
                key: encode(images).astype(np.float32) for key, images in shown.items()
            }
            if isinstance(encode, Coder):
                vectors[REBUILT] = encode.rebuild(shown[HELD_OUT])
    return sides, vectors


def shapely(sets: dict[str, FeatureSet]) -> dict[str, FeatureSet]:
    """Return the sets with the paper's four families alone, where they have any: the primary space.

    Measured together with normals and curvature, distances would be curvature's alone.
    """
    found = {name: [k for k in known.family_names if k in PAPERS] for name, known in sets.items()}
    return {name: part.only(found[name]) if found[name] else part for name, part in sets.items()}


def surfaces(sets: dict[str, FeatureSet], sides: Sides) -> Vectors:
    """Return the chosen faces' normals and curvature as a space of their own, if described."""
    if not set(SURFACE) <= set(sets["real"].family_names):
        return {}
    owners = {name: sets[name if name in sets else "real"] for name in sides.rows}
    return {
        "surface": {
            name: owners[name].pick(rows).only(SURFACE).x for name, rows in sides.rows.items()
        }
    }


def write_vectors(folder: Path, vectors: Vectors) -> None:
    """Store the vectors of each space as FOLDER/NAME.npz."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, found in vectors.items():
        files.write_npz(folder / f"{name}.npz", **found)


def read_vectors(folder: Path) -> Vectors:
    """Return stored vectors; without the folder, what to run."""
    if not folder.is_dir():
        raise DataError(f"{folder}: expected the spaces' vectors; run `dvc repro compare`")
    return {path.stem: files.read_npz(path) for path in sorted(folder.glob("*.npz"))}


def compare(inputs: Inputs, sides: Sides, vectors: Vectors, params: Params) -> dict[str, Any]:
    """Return every document of the comparison, {path below reports/: content}."""
    # One thread of linear algebra: sums, and so bytes, are the same on every machine's count.
    with threadpool_limits(1):
        spaces = {name: found for name, found in vectors.items() if name != REBUILT}
        metrics = fidelity(shapely(inputs.sets), sides, spaces, params)
        if REBUILT in vectors:
            metrics["rebuilt"] = likeness(**vectors[REBUILT])
        for name, found in metrics["spaces"].items():
            found["input"] = embed.INPUTS[name]
        if sides.validation.images is not None:
            shape = [name for name in inputs.sets["real"].family_names if name in PAPERS]
            chosen = params.features.model_copy(
                update={"families": shape or params.features.families}
            )
            metrics["selftest"] = selftest(sides, lambda images: extract(images, chosen)[0], params)
        maps = {}
        if "synthetic" in sides.fakes:
            metrics["families"] = families(inputs.sets)
            metrics["emotions"] = by_emotion(sides, params)
            metrics["alarms"] = heard(inputs, sides, params)
            maps = {"map": flat_map(sides, params.seed), "densities": densities(sides)}
    rung = [alarm["words"] for alarm in metrics.get("alarms", {"alarms": []})["alarms"]]
    rung = rung or copies(metrics["sets"]["synthetic"]["authentic_share"], params.compare)
    found = documents(metrics, answer(inputs.predictions, rung, params))
    tables = {f"compare/{name}.csv": as_csv(table) for name, table in maps.items()}
    return found | tables


def heard(inputs: Inputs, sides: Sides, params: Params) -> dict[str, Any]:
    """Return the alarms that the synthetic set sets off, for metrics.json."""
    real, fake = gather(shapely(inputs.sets), inputs.images, sides.space)
    return alarms.document(alarms.ring(real, fake, params.compare.neighbours, params.seed))


def likeness(*, seen: Array, made: Array) -> dict[str, float | int | None]:
    """Return the mean SSIM and PSNR (dB) of faces (n, S, S) and their reconstructions."""
    pair = grey(seen), grey(made)
    return {
        "faces": len(seen),
        "side": seen.shape[-1],
        "ssim": float(ssim(*pair).mean()),
        "psnr": attempt(mean_psnr, real=pair[0], fake=pair[1]).value,
    }


def as_csv(table: pd.DataFrame) -> str:
    """Return a table as CSV with Unix line ends."""
    return str(table.to_csv(index=False, lineterminator="\n"))
