"""Compare generators that know virtual people first: fine-tuned, or joint in two domains.

    python -m bench.prior FOLDER [--choices 3] [--first 1000] [--steps 500] [--size 32]

FOLDER as in bench.few. For some choices of three people, evenly among those that bench.few takes,
four faces for each real one are added to real and four turned ones: faces of the virtual camera,
and of each generator. `--first` steps teach virtual people, then `--steps` the few; fresh nets take
as many in one. By a name with `posed` it also learns from three turned faces of each real one.
Prints macro-F1 on the other people. Writes to build/prior: made faces (kept, so that a run goes
on), the table, and pictures of the same latents in both domains.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from bench import few as bench
from depthfaces import command, files, params, seeding
from depthfaces.classify.scores import mean_macro_f1
from depthfaces.faces import FaceSet
from depthfaces.few import experiment, sources, unit
from depthfaces.few.choices import Choice
from depthfaces.few.shared import CAMERA, Shared
from depthfaces.few.task import Task
from depthfaces.gan import domains
from depthfaces.verdict.arm import ALONE, CONTROL, POSED, REAL, TOPPED, Arm
from depthfaces.verdict.predictions import Faces, Run, answers

OUT = Path("build/prior")
PEOPLE, DOSE, TURNED = 3, 4.0, 3
BASE = Arm(CONTROL, POSED, DOSE)

Array = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]


class Recipe(NamedTuple):
    """How a generator learns: beside virtual people, from fresh nets, from turned faces too."""

    joins: bool
    fresh: bool = False
    posed: bool = False


RECIPES = {
    "finetune": Recipe(joins=False),
    "joint": Recipe(joins=True),
    "finetune-posed": Recipe(joins=False, posed=True),
    "joint-posed": Recipe(joins=True, posed=True),
    "fresh-joint": Recipe(joins=True, fresh=True),
    "fresh-joint-posed": Recipe(joins=True, fresh=True, posed=True),
}


class Bench(NamedTuple):
    """The task, parameters and what all choices share."""

    task: Task
    settings: params.Params
    shared: Shared

    def few(self, choice: Choice) -> FaceSet:
        """Return the faces of the people learned from."""
        found = self.task.faces.pick(self.task.rows(choice.learned))
        found.table["split"], found.table["group"] = "train", found.people()
        return found


def generated(bench: Bench, choice: Choice, name: str, labels: Labels) -> Array:
    """Return faces (n, S, S) of `labels` (n,) by the recipe `name`; those made before are read."""
    settings, recipe, few = bench.settings, RECIPES[name], bench.few(choice)
    first, steps = settings.gan.pretrain.steps, settings.experiment.gan_steps
    words = ["-".join(choice.learned), name, first, steps, settings.preprocess.size]
    path = OUT / ("_".join(map(str, words)) + ".npz")
    if path.is_file():
        return np.asarray(files.read_npz(path, "faces")["faces"])
    seed = seeding.number(settings.seed, "prior", *choice.learned)
    shared = bench.shared if recipe.joins else bench.shared._replace(virtual=None)
    if recipe.fresh:
        longer = settings.experiment.model_copy(update={"gan_steps": first + steps})
        settings = settings.model_copy(update={"experiment": longer})
        shared = shared._replace(nets=None)
    learned = with_turned(few, settings, seed) if recipe.posed else few
    plain = sources.distil(learned, settings, shared, seed)
    if recipe.joins:
        generator, rng = plain.trained.generator_teacher, seeding.stream(seed, "domains")
        domains.write(path.with_suffix(".png"), generator, few.classes, rng)
    faces = plain(labels, seeding.number(seed, "faces")).clip(-1, 1)
    files.write_npz(path, faces=faces)
    return faces


def with_turned(few: FaceSet, settings: params.Params, seed: int) -> FaceSet:
    """Return `few` with `TURNED` faces of each of them as if seen from elsewhere."""
    turned = dict(sources.changed(few, TURNED, settings, seed))[POSED]
    table = pd.concat([few.table] * (TURNED + 1), ignore_index=True)
    return FaceSet(np.concatenate([few.images, turned]).astype(np.float32), table)


def sets(
    bench: Bench, choice: Choice, names: list[str], seed: int
) -> Iterator[tuple[str, Array, Labels]]:
    """Yield (name, faces, class numbers) of real, turned, the camera's and generators' faces."""
    few, settings, times = bench.few(choice), bench.settings, int(DOSE)
    labels = np.repeat(np.arange(len(few.classes)), times * np.bincount(few.targets))
    yield REAL, np.asarray(few.images, np.float32), few.targets
    turned = dict(sources.changed(few, times, settings, seed))[POSED]
    yield POSED, turned, np.tile(few.targets, times)
    assert bench.shared.camera is not None  # as main asks for it
    yield CAMERA, bench.shared.camera(labels, seeding.number(seed, CAMERA)), labels
    for name in names:
        yield name, generated(bench, choice, name, labels), labels


def scores(bench: Bench, choice: Choice, names: list[str]) -> Iterator[dict[str, object]]:
    """Yield macro-F1 on the people not learned from, by arm and classifier."""
    seed = seeding.number(bench.settings.seed, "few", *sorted(choice.learned))
    samples = {
        name: (unit.views(faces, bench.settings), y)
        for name, faces, y in sets(bench, choice, names, seed)
    }
    whole, rows = bench.task.faces, bench.task.tested(choice.learned)
    views = unit.views(np.asarray(whole.images[rows], np.float32), bench.settings)
    lesson = unit.Lesson(samples, views, seed, tuple(whole.classes))
    asked = whole.table["id"].to_numpy(str)[rows], bench.task.person[rows], bench.task.label[rows]
    added = [Arm(kind, name, DOSE) for kind in (TOPPED, ALONE) for name in (CAMERA, *names)]
    for model in bench.settings.experiment.models:
        for arm in (Arm(REAL), BASE, *added):
            probabilities = unit.fit(arm, model, lesson, bench.settings)
            run = Run(arm, PEOPLE, choice.draw, model, 0)
            table = answers(run, "test", Faces(*asked), whole.classes, probabilities)
            score = 100 * mean_macro_f1(table)
            yield {"choice": "+".join(choice.learned), "model": model, "arm": arm.key, "f1": score}


def settings_of(first: int, steps: int, size: int, models: str) -> params.Params:
    """Return the parameters: those of the project but for what is tried here."""
    content = params.load().model_dump()
    content["threads"] = 1
    content["preprocess"]["size"] = size
    content["gan"]["pretrain"] |= {"subjects": bench.PRIOR_PEOPLE, "steps": first, "how": "joint"}
    content["experiment"] |= {
        "people": [PEOPLE],
        "draws": bench.DRAWS,
        "gan_steps": steps,
        "models": models.split(","),
        "sources": ["kd", CAMERA],
        "doses": [DOSE],
    }
    return params.check(content, "bench.prior")


def main(  # noqa: PLR0913 # options of a command
    folder: Path,
    *,
    choices: int = 3,
    first: int = 1000,
    steps: int = 500,
    size: int = 32,
    models: str = "svm",
    recipes: str = "finetune,joint,joint-posed,fresh-joint",
) -> None:
    """Print macro-F1 of every arm, a column a choice of people, and what it adds to the control."""
    settings = settings_of(first, steps, size, models)
    torch.set_num_threads(settings.threads)
    faces = bench.read(folder, settings)
    settings = settings.of_unit("mm")
    task = Task.within(faces)
    every = experiment.drawn(task, settings)
    places = np.linspace(0, len(every) - 1, choices).astype(int)
    shared = Shared.of(faces, settings, OUT / f"prior-{first}-{size}")
    run, names = Bench(task, settings, shared), recipes.split(",")
    rows = [row for place in places for row in scores(run, every[place], names)]
    table = pd.DataFrame(rows).pivot_table("f1", ["model", "arm"], "choice", sort=False)
    table["mean"] = table.mean(axis=1)
    control = table["mean"].xs(BASE.key, level="arm")
    table["added"] = table["mean"] - control.loc[table.index.get_level_values("model")].to_numpy()
    text = table.round(1).to_string() + "\n"
    files.write_text(OUT / "table.txt", text)
    print(text, end="")


if __name__ == "__main__":
    command.run(main)
