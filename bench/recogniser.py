"""Train the nets that `recognise` asks where no classifier of one's own is kept yet.

    python -m bench.recogniser [--real FOLDER]

They learn from people of the virtual camera alone, none of them in any default set; of each 110
people ten are left out and say how sure the nets may be. Writes depthfaces/shipped, which holds
what models/classify holds after a run. Beside them nets learn how strongly each action unit is
shown. Prints macro-F1 and calibration on those left out, and how far the units' strengths follow
the true ones; with --real also macro-F1 and calibration on raw frames of real people (FOLDER as for
bench.few), of all emotions and of those that they show, and each unit's mean by expression.
"""

from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from joblib import Parallel, delayed
from sklearn.metrics import f1_score
from threadpoolctl import threadpool_limits
from torch import nn
from tqdm import tqdm

from bench import few
from depthfaces import command, files, params, shipped
from depthfaces.classify.calibration import Calibrator, margins, reliability, sure_from
from depthfaces.classify.net import Net
from depthfaces.classify.sample import Sample
from depthfaces.depth.dataset import window
from depthfaces.depth.prepare import prepare
from depthfaces.features.pixels import reduce
from depthfaces.kept_config import CONFIG
from depthfaces.sources.virtual import people_frames
from depthfaces.units import NAMES, Units

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

SEED = 15485863  # of the first group's people; far from anybody's params.yaml
GROUPS, PEOPLE, LEFT_OUT = 6, 110, 10  # people rendered together, and how many of them calibrate
FRAMES = 4  # of each person and emotion
WIDTH = 16
# How many nets, for how many steps, and their seed: short trainings say more of recorded people,
# long ones of virtual people, and nets that differ err in different places.
TRAININGS = ((3, 500, 0), (8, 700, 1), (3, 1500, 0))
UNITS = (2, 1500, 0)  # the same of the nets that learn action units


class VirtualFaces(NamedTuple):
    """Faces as the nets see them (n, side^2), their classes (n,), and who calibrates (n,).

    `units` (n, U) are the true strengths of action units, 0 to 1.
    """

    x: npt.NDArray[np.uint8]
    y: Numbers
    units: npt.NDArray[np.float32]
    left_out: npt.NDArray[np.bool_]


def render(group: int, settings: params.Params) -> VirtualFaces:
    """Return prepared faces of one group of virtual people."""
    preprocess = settings.preprocess
    change = {"subjects": PEOPLE, "frames": FRAMES}
    camera = settings.data.virtual.model_copy(update=change)
    classes = sorted(camera.emotions)
    images, y, units, person = [], [], [], []
    with threadpool_limits(1):
        for frames, rows in people_frames(camera, SEED + group):
            focals = [camera.focal] * len(rows)
            trusted, turned = preprocess.confidence, preprocess.frontalise
            prepared = prepare(list(frames), focals, window(preprocess), trusted, turned)
            for face, row in zip(prepared, rows, strict=True):
                if face.image is not None:
                    images.append(reduce(face.image[None], settings.features.pixels)[0])
                    y.append(classes.index(row["label"]))
                    units.append([row[f"au{unit}"] for unit in NAMES])
                    person.append(int(row["subject"]))
    held_out = np.array(person) >= PEOPLE - LEFT_OUT
    return VirtualFaces(np.stack(images), np.array(y), np.array(units, np.float32), held_out)


def reliability_line(name: str, probabilities: Floats, y: Numbers) -> str:
    """Return a line: how often the most probable class is right, and whether it says so."""
    numbers = reliability(probabilities, y)
    f1 = f1_score(y, probabilities.argmax(1), average="macro", labels=np.unique(y))
    return (
        f"{name}: {numbers['faces']} faces, macro-F1 {100 * f1:.1f}, "
        f"right {numbers['accuracy']:.2f}, said {numbers['said']:.2f}, "
        f"calibration error {numbers['ece']:.3f} (exact probabilities: {numbers['by_chance']:.3f})"
    )


def ask_real(folder: Path, net: Net, calibrator: Calibrator, classes: list[str]) -> None:
    """Print what the nets make of real people."""
    settings = params.load()
    faces = few.read(folder, settings)
    y = np.array([classes.index(label) for label in faces.table["label"]])
    pixels = reduce(np.asarray(faces.images), settings.features.pixels)
    scores = margins(net, pixels)
    shown = [classes.index(label) for label in faces.classes]
    probabilities = calibrator.probabilities(scores)
    print(reliability_line("real people", probabilities, y))
    among = probabilities[:, shown] / probabilities[:, shown].sum(1, keepdims=True)
    print(reliability_line("the same, told which it may be", among, np.searchsorted(shown, y)))
    strengths = Units.load(shipped.UNITS).predict(pixels)
    table = pd.DataFrame(strengths, columns=[f"{unit} {NAMES[unit]}" for unit in NAMES])
    print(table.groupby(faces.table["label"].to_numpy(str)).mean().T.round(2).to_string())


def learn_units(faces: VirtualFaces, settings: params.Params) -> None:
    """Train the nets of action units and write them; print how far they follow the truth."""
    members, steps, seed = UNITS
    change = {"net_width": WIDTH, "net_members": members, "net_steps": steps}
    setting = settings.of_unit("mm").classify.model_copy(update=change)
    learned = ~faces.left_out
    units = Units.fit(faces.x[learned], faces.units[learned], seed, setting)
    units.net.nets.half()
    units.save(shipped.UNITS)
    strengths = Units.load(shipped.UNITS).predict(faces.x[faces.left_out])
    truth = faces.units[faces.left_out]
    for place, (unit, name) in enumerate(NAMES.items()):
        r = np.corrcoef(strengths[:, place], truth[:, place])[0, 1]
        print(f"{unit} {name}: correlation {r:.2f}")


def train(faces: Sample, settings: params.Params) -> Net:
    """Return all nets as one."""
    parts = []
    for members, steps, seed in tqdm(TRAININGS, "trainings"):
        change = {"net_width": WIDTH, "net_members": members, "net_steps": steps}
        how = settings.of_unit("mm").classify.model_copy(update=change)
        parts.append(Net.fit(faces, faces.pick(slice(0)), seed, how))
    shape = parts[0].shape._replace(members=sum(len(part.nets) for part in parts))
    together = Net(shape)
    together.nets = nn.ModuleList(chain.from_iterable(part.nets for part in parts)).eval()
    return together


def main(*, real: Path = Path()) -> None:
    """Render, train, calibrate, print, write."""
    settings = params.load()
    work = Parallel(settings.threads, return_as="generator")
    groups = list(tqdm(work(delayed(render)(k, settings) for k in range(GROUPS)), "people", GROUPS))
    faces = VirtualFaces(*(np.concatenate(pieces) for pieces in zip(*groups, strict=True)))
    train_faces, held_out = (
        Sample(faces.x[rows], faces.y[rows]) for rows in (~faces.left_out, faces.left_out)
    )
    net = train(train_faces, settings)
    (shipped.FOLDER / CONFIG).unlink(missing_ok=True)  # a kill leaves no config of other weights
    net.nets.half()  # on disk; read again as what it was, rounded
    net.save(shipped.FOLDER / "net")
    net = Net.load(shipped.FOLDER / "net")
    learn_units(faces, settings)
    scores = margins(net, held_out.x)
    calibrator = Calibrator.fit(scores, held_out.y)
    probabilities = calibrator.probabilities(scores)
    print(reliability_line("virtual people left out", probabilities, held_out.y))
    if real != Path():
        ask_real(real, net, calibrator, sorted(settings.data.virtual.emotions))
    write(calibrator, probabilities, held_out.y, settings)


def write(
    calibrator: Calibrator, probabilities: Floats, y: Numbers, settings: params.Params
) -> None:
    """Write what `recognise` has to know beside the nets."""
    counts = {
        "sure_from": sure_from(probabilities, y),
        "faces": len(y),
        "people": GROUPS * LEFT_OUT,
    }
    net = {
        "arm": f"{GROUPS * (PEOPLE - LEFT_OUT)} virtual people",
        "seed": 0,
        "validation_macro_f1": float(f1_score(y, probabilities.argmax(1), average="macro")),
        "calibration": {**calibrator._asdict(), **counts},
    }
    config = {
        "unit": "mm",
        "size": settings.preprocess.size,
        "classes": sorted(settings.data.virtual.emotions),
        "features": settings.features.model_dump(),
        "preprocess": settings.preprocess.model_dump(),
        "models": {"net": net},
    }
    files.write_json(shipped.FOLDER / CONFIG, config)


if __name__ == "__main__":
    command.run(main)
