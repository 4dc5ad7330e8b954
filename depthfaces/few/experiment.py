"""The experiment with few people: every choice of them, kept as it comes, so that it can go on."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from tqdm import tqdm

from depthfaces import files, seeding
from depthfaces.faces import read_table
from depthfaces.few import unit
from depthfaces.few.amounts import chosen
from depthfaces.few.choices import Choice, People, choose
from depthfaces.few.shared import Shared
from depthfaces.few.sources import usable
from depthfaces.few.task import Task
from depthfaces.few.unit import Unit
from depthfaces.schema import Params
from depthfaces.verdict import predictions
from depthfaces.verdict.arm import SYNTHETIC

CODE = Path(__file__).parents[1]  # of all that learns
CHECKPOINTS = Path("checkpoints/few")
FILES = ("predictions.csv", "learned.csv")
# Sections of params.yaml that decide what a unit says; the second ones where faces are evolved.
SECTIONS = ("seed", "threads", "preprocess", "gan", "kd", "baselines", "features", "classify",
            "experiment", "data")  # fmt: skip
EVOLVING = ("evolve", "ga", "useful", "pso", "cmaes", "qd", "export")
# Which people are drawn is no part of it: a unit's people are its name.
DRAWING = ("people", "draws", "held_out")


class Found(NamedTuple):
    """Every answer, and who was learned from: a row a person, by number of people and draw."""

    predictions: pd.DataFrame
    learned: pd.DataFrame


def run(task: Task, params: Params, folder: Path) -> Found:
    """Run every choice of people; what a run that was cut short left in `folder` is not redone."""
    params = usable(task.faces, params)
    wanted, choices = params.experiment, drawn(task, params)
    with_amounts = len(wanted.doses) > 1 or len(wanted.weights) > 1
    told = dict(_units(task, choices, params, folder, with_amounts=with_amounts))
    tables = []
    for choice in tqdm(choices, "draws", disable=len(choices) < 50):
        rows = told[key(choice.learned)]
        rows = rows[np.isin(rows["id"], _ids(task, task.tested(choice.learned)))]
        if with_amounts:
            lower = told[key(choice.lower)] if choice.lower else None
            rows = pd.concat([rows, *chosen(rows, lower, choice, unit.middle(wanted))])
        tables.append(rows.assign(people=choice.people, draw=choice.draw))
    learned = [
        {"people": one.people, "draw": one.draw, "person": person}
        for one in choices
        for person in one.learned
    ]
    return Found(pd.concat(tables, ignore_index=True), pd.DataFrame(learned))


def drawn(task: Task, params: Params) -> list[Choice]:
    """Return the choices of people, always the same ones."""
    rng = seeding.stream(params.seed, "few", "choices")
    return choose(task, params.experiment.people, params.experiment.draws, rng)


def shown(task: Task, params: Params, folder: Path) -> dict[str, Any]:
    """Return some of the faces (n, S, S) that the last choice was learned from, by set."""
    return files.read_npz(_path(folder, key(drawn(task, params)[-1].learned), ".npz"))


def key(people: People) -> People:
    """Return the name of a unit: its people, whatever their order."""
    return tuple(sorted(people))


def folder_of(task: Task, params: Params, root: Path) -> Path:
    """Return the folder below `root` that belongs to all that decides the results."""
    told, evolves = params.model_dump(), SYNTHETIC in params.experiment.sources
    images = hashlib.sha256(np.ascontiguousarray(task.faces.images).data)
    images.update(task.faces.table.to_csv().encode())
    images.update("\n".join([*task.person, *task.pool]).encode() + task.asked.tobytes())
    for path in sorted(CODE.rglob("*.py")):
        images.update(path.read_bytes())
    about = {name: told[name] for name in (*SECTIONS, *(EVOLVING if evolves else ()))}
    about["experiment"] = {k: v for k, v in told["experiment"].items() if k not in DRAWING}
    about["task"] = images.hexdigest()
    text = json.dumps(about, sort_keys=True)
    return root / hashlib.sha256(text.encode()).hexdigest()[:16]


def _units(
    task: Task, choices: Sequence[Choice], params: Params, folder: Path, *, with_amounts: bool
) -> Iterator[tuple[People, pd.DataFrame]]:
    """Yield each unit's answers by its people: those learned from, and those that choose by them.

    A unit is asked all people who are not learned from, where amounts are chosen.
    """
    lower = [choice.lower for choice in choices if choice.lower and with_amounts]
    names = dict.fromkeys(key(people) for people in [*lower, *(c.learned for c in choices)])
    everybody = np.flatnonzero(task.asked | (np.isin(task.person, task.pool) & with_amounts))
    rows = {int(row): place for place, row in enumerate(everybody)}
    shared: Shared | None = None
    asked = unit.views(np.asarray(task.faces.images[everybody], np.float32), params)
    for people in tqdm(sorted(names, key=lambda name: (len(name), name)), "few people"):
        wanted = everybody[~np.isin(task.person[everybody], people)]
        places = [rows[int(row)] for row in wanted]
        path = _path(folder, people, ".csv")
        if not path.is_file():
            shared = shared or Shared.of(task.faces, params, folder / "prior")
            mine: Any = {view: found[places] for view, found in asked.items()}
            said, faces = unit.run(task, Unit(people, wanted), mine, params, shared)
            files.write_npz(_path(folder, people, ".npz"), **faces)
            files.write_text(path, said.to_csv(index=False, lineterminator="\n"))
        yield people, predictions.read(path)


def _path(folder: Path, people: People, suffix: str) -> Path:
    name = hashlib.sha256(json.dumps(people).encode()).hexdigest()[:16]
    return folder / f"{name}{suffix}"


def write(folder: Path, found: Found) -> None:
    """Write what was found to `folder`."""
    for name, table in zip(FILES, found, strict=True):
        files.write_text(folder / name, table.to_csv(index=False, lineterminator="\n"))


def read(folder: Path) -> Found:
    """Read what `write` wrote."""
    learned = read_table(folder / FILES[1], ("people", "draw", "person"), ("person",))
    return Found(predictions.read(folder / FILES[0]), learned)


def _ids(task: Task, rows: Any) -> Any:
    return task.faces.table["id"].to_numpy(str)[rows]
