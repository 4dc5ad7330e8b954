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
from depthfaces.classify.calibration import (
    Calibrator,
    class_margins,
    confidence_threshold,
    reliability_report,
)
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

SEED = 15485863  # of the first group's people; far from the seed of any params.yaml
# People are rendered in groups; the last ten of each group calibrate the nets.
GROUP_COUNT, GROUP_PEOPLE, LEFT_OUT = 6, 110, 10
FRAME_COUNT = 4  # of each person and emotion
NET_WIDTH = 16
# How many nets, for how many steps, and their seed: short trainings say more of recorded people,
# long ones of virtual people, and nets that differ err in different places.
TRAININGS = ((3, 500, 0), (8, 700, 1), (3, 1500, 0))
UNIT_TRAINING = (2, 1500, 0)  # the same of the nets that learn action units


class VirtualFaces(NamedTuple):
    """Faces as the nets see them (n, side^2), their classes (n,), and who calibrates (n,).

    `units` (n, U) are the true strengths of action units, 0 to 1.
    """

    x: npt.NDArray[np.uint8]
    y: Numbers
    units: npt.NDArray[np.float32]
    left_out: npt.NDArray[np.bool_]


def render_group(group: int, settings: params.Params) -> VirtualFaces:
    """Return prepared faces of one group of virtual people."""
    preprocess = settings.preprocess
    camera_changes = {"subjects": GROUP_PEOPLE, "frames": FRAME_COUNT}
    camera = settings.data.virtual.model_copy(update=camera_changes)
    classes = sorted(camera.emotions)
    images, labels, unit_strengths, person_numbers = [], [], [], []
    with threadpool_limits(1):
        for frames, rows in people_frames(camera, SEED + group):
            focals = [float(row["focal"]) for row in rows]
            least_confidence, turn_frontal = preprocess.confidence, preprocess.frontalise
            prepared_faces = prepare(
                list(frames), focals, window(preprocess), least_confidence, turn_frontal
            )
            for face, row in zip(prepared_faces, rows, strict=True):
                if face.image is not None:
                    images.append(reduce(face.image[None], settings.features.pixels)[0])
                    labels.append(classes.index(row["label"]))
                    unit_strengths.append([row[f"au{unit}"] for unit in NAMES])
                    person_numbers.append(int(row["subject"]))
    is_held_out = np.array(person_numbers) >= GROUP_PEOPLE - LEFT_OUT
    return VirtualFaces(
        np.stack(images), np.array(labels), np.array(unit_strengths, np.float32), is_held_out
    )


def reliability_line(name: str, probabilities: Floats, y: Numbers) -> str:
    """Return a line: how often the most probable class is right, and whether it says so."""
    numbers = reliability_report(probabilities, y)
    macro_f1 = f1_score(y, probabilities.argmax(1), average="macro", labels=np.unique(y))
    return (
        f"{name}: {numbers['faces']} faces, macro-F1 {100 * macro_f1:.1f}, "
        f"right {numbers['accuracy']:.2f}, said {numbers['said']:.2f}, "
        f"calibration error {numbers['ece']:.3f} (exact probabilities: {numbers['by_chance']:.3f})"
    )


def ask_real(folder: Path, net: Net, calibrator: Calibrator, classes: list[str]) -> None:
    """Print what the nets make of real people."""
    settings = params.load()
    faces = few.read(folder, settings)
    labels = np.array([classes.index(label) for label in faces.table["label"]])
    pixels = reduce(np.asarray(faces.images), settings.features.pixels)
    scores = class_margins(net, pixels)
    shown_classes = [classes.index(label) for label in faces.classes]
    probabilities = calibrator.probabilities(scores)
    print(reliability_line("real people", probabilities, labels))
    shown_probabilities = probabilities[:, shown_classes] / probabilities[:, shown_classes].sum(
        1, keepdims=True
    )
    print(
        reliability_line(
            "the same, told which it may be",
            shown_probabilities,
            np.searchsorted(shown_classes, labels),
        )
    )
    strengths = Units.load(shipped.UNITS).predict(pixels)
    strength_table = pd.DataFrame(strengths, columns=[f"{unit} {NAMES[unit]}" for unit in NAMES])
    print(strength_table.groupby(faces.table["label"].to_numpy(str)).mean().T.round(2).to_string())


def learn_units(faces: VirtualFaces, settings: params.Params) -> None:
    """Train the nets of action units and write them; print how far they follow the truth."""
    members, steps, seed = UNIT_TRAINING
    net_changes = {"net_width": NET_WIDTH, "net_members": members, "net_steps": steps}
    classify_settings = settings.of_unit("mm").classify.model_copy(update=net_changes)
    is_learned = ~faces.left_out
    units = Units.fit(faces.x[is_learned], faces.units[is_learned], seed, classify_settings)
    units.net.nets.half()
    units.save(shipped.UNITS)
    strengths = Units.load(shipped.UNITS).predict(faces.x[faces.left_out])
    truth = faces.units[faces.left_out]
    for unit_index, (unit, name) in enumerate(NAMES.items()):
        correlation = np.corrcoef(strengths[:, unit_index], truth[:, unit_index])[0, 1]
        print(f"{unit} {name}: correlation {correlation:.2f}")


def train_nets(faces: Sample, settings: params.Params) -> Net:
    """Return all nets as one."""
    trained_nets = []
    for members, steps, seed in tqdm(TRAININGS, "trainings"):
        net_changes = {"net_width": NET_WIDTH, "net_members": members, "net_steps": steps}
        classify_settings = settings.of_unit("mm").classify.model_copy(update=net_changes)
        trained_nets.append(Net.fit(faces, faces.pick(slice(0)), seed, classify_settings))
    joined_shape = trained_nets[0].shape._replace(
        members=sum(len(net.nets) for net in trained_nets)
    )
    joined_net = Net(joined_shape)
    joined_net.nets = nn.ModuleList(chain.from_iterable(net.nets for net in trained_nets)).eval()
    return joined_net


def main(*, real: Path = Path()) -> None:
    """Render, train, calibrate, print, write."""
    settings = params.load()
    run_jobs = Parallel(settings.threads, return_as="generator")
    face_groups = list(
        tqdm(
            run_jobs(delayed(render_group)(group, settings) for group in range(GROUP_COUNT)),
            "people",
            GROUP_COUNT,
        )
    )
    faces = VirtualFaces(*(np.concatenate(pieces) for pieces in zip(*face_groups, strict=True)))
    train_faces, held_out = (
        Sample(faces.x[rows], faces.y[rows]) for rows in (~faces.left_out, faces.left_out)
    )
    net = train_nets(train_faces, settings)
    (shipped.FOLDER / CONFIG).unlink(missing_ok=True)  # a kill leaves no config of other weights
    net.nets.half()  # on disk; read again as what it was, rounded
    net.save(shipped.FOLDER / "net")
    net = Net.load(shipped.FOLDER / "net")
    learn_units(faces, settings)
    scores = class_margins(net, held_out.x)
    calibrator = Calibrator.fit(scores, held_out.y)
    probabilities = calibrator.probabilities(scores)
    print(reliability_line("virtual people left out", probabilities, held_out.y))
    if real != Path():
        ask_real(real, net, calibrator, sorted(settings.data.virtual.emotions))
    write_config(calibrator, probabilities, held_out.y, settings)


def write_config(
    calibrator: Calibrator, probabilities: Floats, y: Numbers, settings: params.Params
) -> None:
    """Write what `recognise` has to know beside the nets."""
    counts = {
        "sure_from": confidence_threshold(probabilities, y),
        "faces": len(y),
        "people": GROUP_COUNT * LEFT_OUT,
    }
    net = {
        "arm": f"{GROUP_COUNT * (GROUP_PEOPLE - LEFT_OUT)} virtual people",
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
