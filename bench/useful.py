"""Faces of which a student is unsure beside faces of good quality: which help a recogniser more.

    python -m bench.useful GAN FACES OUT SEED [SEED ...]

GAN is a trained model, FACES the prepared set that it was trained on. Each seed draws 4 and 8 of
the train people, and takes all; searches with `ga.fitness` quality and useful (its student has
met those people alone; package and judges as teachers), each beside its control, random draws of
the same budget and choice; and adds 100 faces an emotion from each archive to real faces and their
changed versions in 3-D, four for each real face (of all people one). An SVM and XGBoost that
learned from that are asked validation people; test people are never read. The generator, the
judges of quality and the distances to train faces know all train people.

OUT.csv gets a row a seed, number of people, set and classifier; what stands there is not done
again. Prints the means and, seed by seed, the differences to the control, with their spread.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import f1_score
from tqdm import tqdm

from depthfaces import files, params, seeding
from depthfaces.classify.family import CLASSIFIERS
from depthfaces.classify.sample import Sample, join
from depthfaces.evolve import CONTROL, judge
from depthfaces.evolve.fitness import Evidence
from depthfaces.evolve.journal import Journal
from depthfaces.evolve.judge import Panel
from depthfaces.evolve.rounds import Emotion, Hunt, explore
from depthfaces.evolve.search import Settings, Space
from depthfaces.evolve.student import School
from depthfaces.faces import FaceSet
from depthfaces.few.sources import changed
from depthfaces.few.unit import views
from depthfaces.gan import store
from depthfaces.gan.sample import renderer, sample
from depthfaces.verdict.arm import POSED

KEPT = 100  # faces an emotion that are added
BUDGET = {"population": 100, "generations": 6, "elites": 100}
ROUNDS = 2  # of three generations
PEOPLE = {4: 4, 8: 4, 0: 1}  # how many (0: all), and changed faces for each of their real ones
MODELS = ("svm", "xgboost")
BASE = "control"
SHOWN = [f"{BASE} + {name}" for name in ("posed", "plain", "quality", "quality, random")] + [
    f"{BASE} + useful ({teacher}){more}"
    for teacher in ("package", "judges")
    for more in ("", ", random")
]


class Ground(NamedTuple):
    """The generator, the faces it learned from by split, and the settings of this bench."""

    model: store.Model
    train: FaceSet
    validation: FaceSet
    settings: params.Params

    @classmethod
    def open(cls, gan: Path, faces: Path) -> "Ground":
        """Read both; faces of test people are left on disk."""
        data, told = FaceSet.open(faces), params.load().model_dump()
        told["ga"] |= BUDGET
        told["useful"]["rounds"], told["threads"] = ROUNDS, 1
        settings = params.check(told, "bench.useful")
        parts = (data.split(name) for name in ("train", "validation"))
        return cls(store.load(gan, faces), *parts, settings)

    def wish(self, fitness: str, teacher: str) -> params.Params:
        """Return the settings with this fitness and teacher."""
        ga = self.settings.ga.model_copy(update={"fitness": fitness})
        useful = self.settings.useful.model_copy(update={"teacher": teacher})
        return self.settings.model_copy(update={"ga": ga, "useful": useful})

    def drawn(self, count: int, seed: int) -> FaceSet:
        """Return the faces of `count` train people, of all for 0."""
        people = np.unique(self.train.people())
        chosen = seeding.stream(seed, "people", count).permutation(people)[: count or len(people)]
        return self.train.pick(np.isin(self.train.people(), chosen))


def searched(
    ground: Ground, evidence: Evidence, wish: params.Params, school: School | None, seed: int
) -> dict[str, list[np.ndarray]]:
    """Return the latents of each emotion, (KEPT, d), of the search and of its control."""
    shape, classes = ground.model.generator.shape, ground.model.classes
    emotions = [
        Emotion(
            label,
            renderer(ground.model.generator, target),
            Space(shape.latent, seeding.number(seed, "evolve", label)),
        )
        for target, label in enumerate(classes)
    ]
    settings = Settings(wish.evolve, wish.ga, wish.pso, wish.cmaes, wish.qd)
    with tempfile.TemporaryDirectory() as folder:
        hunt = Hunt(emotions, evidence, school)
        found = explore(hunt, settings, Journal(Path(folder), "bench"), KEPT)
    return {
        method: [one.record.z[one.rows] for one in found if one.method == method]
        for method in (wish.evolve.method, CONTROL)
    }


def archives(
    ground: Ground, evidence: Evidence, people: FaceSet, seed: int
) -> Iterator[tuple[str, list[np.ndarray]]]:
    """Yield the useful archives, one array an emotion, for students who met `people`."""
    for teacher in ("package", "judges"):
        wish = ground.wish("useful", teacher)
        panel = evidence.panel
        if teacher == "judges" and len(people) < len(ground.train):
            panel = taught(people, ground.validation, wish.evolve.judges, seed)
        school = School.of(people, ground.validation, panel, wish, seed)
        for method, z in searched(ground, evidence, wish, school, seed).items():
            yield f"useful ({teacher})" + (f", {method}" if method == CONTROL else ""), z


def taught(people: FaceSet, validation: FaceSet, count: int, seed: int) -> Panel:
    """Return judges who learned from `people`."""
    parts = [judge.Examples.of(faces, people.classes) for faces in (people, validation)]
    return judge.panel(parts[0], parts[1], count, seeding.stream(seed, "judges", len(people)))


def samples(
    ground: Ground, people: FaceSet, dose: int, latents: dict[str, list[np.ndarray]], seed: int
) -> dict[str, Sample]:
    """Return what each arm adds: real and changed faces, more changed ones, generated ones."""
    described = lambda images: views(images, ground.settings)["features"]  # noqa: E731 - short
    y, first = people.targets, len(people) * dose
    times = dose + -(-KEPT // int(np.bincount(y).min()))
    posed = dict(changed(people, times, ground.settings, seeding.number(seed, "changed")))[POSED]
    kept = np.concatenate([np.flatnonzero(np.tile(y, times - dose) == k)[:KEPT] for k in set(y)])
    base = np.concatenate([np.asarray(people.images, np.float32), posed[:first]])
    found = {
        BASE: Sample(described(base), np.tile(y, dose + 1)),
        "posed": Sample(described(posed[first + kept]), np.tile(y, times)[first + kept]),
    }
    for name, z in latents.items():
        targets = np.repeat(np.arange(len(z)), [len(one) for one in z])
        made = sample(ground.model.generator, np.concatenate(z), targets)
        found[name] = Sample(described(made), targets)
    return found


def scored(
    ground: Ground, parts: dict[str, Sample], asked: Sample, seed: int
) -> Iterator[dict[str, object]]:
    """Yield a row an arm and classifier; what a classifier tunes, it tunes on what it learned."""
    base = parts.pop(BASE)
    arms = {BASE: base} | {f"{BASE} + {name}": join([base, one]) for name, one in parts.items()}
    for name, train in arms.items():
        for model in MODELS:
            fitted = CLASSIFIERS[model].fit(train, base, seed, ground.settings.classify)
            said = fitted.predict(asked.x).argmax(axis=1)
            right = f1_score(asked.y, said, average="macro")
            yield {"set": name, "model": model, "macro_f1": right}


def study(gan: Path, faces: Path, out: Path, seeds: list[int]) -> pd.DataFrame:
    """Return a row a seed, number of people, set and classifier, also those that `out` has."""
    ground = Ground.open(gan, faces)
    table = pd.read_csv(out) if out.is_file() else pd.DataFrame(columns=["seed", "people"])
    held = views(np.asarray(ground.validation.images, np.float32), ground.settings)["features"]
    asked = Sample(held, ground.validation.targets)
    for seed in tqdm(seeds, "seeds"):
        left = [n for n in PEOPLE if not ((table["seed"] == seed) & (table["people"] == n)).any()]
        if not left:
            continue
        panel = taught(ground.train, ground.validation, ground.settings.evolve.judges, seed)
        evidence = Evidence.of(panel, ground.train, ground.validation, store.critic(gan))
        good = searched(ground, evidence, ground.wish("quality", "judges"), None, seed)
        rng = seeding.stream(seed, "plain")
        usual = {
            "plain": [rng.standard_normal((KEPT, z.shape[1]), np.float32) for z in good[CONTROL]],
            "quality": good[ground.settings.evolve.method],
            "quality, random": good[CONTROL],
        }
        for count in left:
            people = ground.drawn(count, seed)
            latents = usual | dict(archives(ground, evidence, people, seed))
            parts = samples(ground, people, PEOPLE[count], latents, seed)
            rows = [
                {"seed": seed, "people": count, **row} for row in scored(ground, parts, asked, seed)
            ]
            table = pd.concat([table, pd.DataFrame(rows)], ignore_index=True)
            files.write_text(out, table.to_csv(index=False, lineterminator="\n"))
    return table


def told(table: pd.DataFrame) -> str:
    """Return the control's mean and each set's difference to it, with its spread over seeds."""
    cells = [(count, model) for count in PEOPLE for model in MODELS]
    names = [f"{model}, {count or 'all'} people" for count, model in cells]
    lines = [f"| trained on | {' | '.join(names)} |", "|---" * (len(cells) + 1) + "|"]
    by = 100 * table.pivot(index="seed", columns=["people", "model", "set"], values="macro_f1")
    means = [f"{by[count, model, BASE].mean():.1f}" for count, model in cells]
    lines.append(f"| {BASE} | {' | '.join(means)} |")
    for name in SHOWN:
        gains = [by[count, model, name] - by[count, model, BASE] for count, model in cells]
        shown = [f"{gain.mean():+.1f} ± {gain.std():.1f}" for gain in gains]
        lines.append(f"| {name} | {' | '.join(shown)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    torch.set_num_threads(1)
    gan_, faces_, out_, *seeds_ = sys.argv[1:]
    print(told(study(Path(gan_), Path(faces_), Path(f"{out_}.csv"), [int(s) for s in seeds_])))
