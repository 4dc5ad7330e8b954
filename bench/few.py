"""Do made faces help where real people are few? Two of six people held out, every way to do it.

    python -m bench.few FOLDER [STEPS]

FOLDER holds raw depth frames and a labels.csv as for bench.real. For each of the fifteen splits a
generator learns the other four people's faces from nothing, and another goes on, at half the
rates and for a quarter of STEPS, from one training on 60 virtual people (`gan.pretrain`). Its
latents are evolved as well, with judges that learned from the virtual people and were chosen on the
four; a share of those faces is evolved, as `export.evolved_share` says. Every way to enlarge the
real set adds as many faces as it has; classifiers are tested on the two people.
Writes bench/results/few.csv and a sheet of made faces of the first split, bench/results/few.png.
"""

import itertools
import sys
import tempfile
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from scipy.stats import t
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC

from bench.real import EXPRESSIONS, real
from depthfaces import files, params, pretrain
from depthfaces.evolve import contest, results
from depthfaces.evolve.fitness import Evidence, Quality, score
from depthfaces.evolve.journal import Journal
from depthfaces.evolve.judge import Examples, Panel, panel
from depthfaces.evolve.search import Settings, Space
from depthfaces.faces import FaceSet
from depthfaces.features import extract
from depthfaces.features.augment import augment
from depthfaces.gan import store, train
from depthfaces.gan.sample import renderer, sample
from depthfaces.gan.trained import Trained
from depthfaces.verdict.statistics import corrected_t

OUT = Path("bench/results")
PEOPLE, FRAMES, FIRST_STEPS = 60, 4, 1200  # of the virtual training
RATE = 0.5
GENERATIONS, POPULATION = 15, 60
JUDGES = 2


# Faces (n, S, S) and their labels by the way they were made.
Shown = dict[str, tuple[np.ndarray, np.ndarray]]


def clip(x: np.ndarray) -> np.ndarray:
    """Cut scaled features off, so that no quiet column decides alone."""
    return np.clip(x, -3, 3)


MACHINES = {
    "SVM": lambda: make_pipeline(StandardScaler(), FunctionTransformer(clip), SVC(C=3.0)),
    "forest": lambda: RandomForestClassifier(300, random_state=0, n_jobs=2),
}


def described(images: np.ndarray, labels: np.ndarray, people: np.ndarray) -> FaceSet:
    """Return a set of faces in memory, all to train on."""
    table = pd.DataFrame(
        {"label": labels, "subject": people, "group": people, "split": "train", "unit": "mm"}
    )
    return FaceSet(images, table)


def learned(faces: FaceSet, p: params.Params, steps: int, start: Trained | None) -> Trained:
    """Train on `faces`, from `start` if given."""
    rate = RATE if start else 1.0
    rates = {key: rate * getattr(p.gan, key) for key in ("lr_generator", "lr_discriminator")}
    gan = p.gan.model_copy(update={"steps": steps, "checks": 1, **rates})
    session = train.Session(None, vars(start) if start else None)
    return train.fit(faces, gan, p.kd, 0, session)


def made(trained: Trained, classes: list[str], count: int, seed: int) -> tuple[Any, np.ndarray]:
    """Return `count` faces and their labels, every emotion equally often."""
    kinds = np.arange(count) % len(classes)
    latent = trained.generator.shape.latent
    z = np.random.default_rng(seed).standard_normal((count, latent), np.float32)
    return sample(trained.generator_teacher, z, kinds), np.array(classes)[kinds]


def evolved(
    trained: Trained, few: FaceSet, panel: Panel, p: params.Params
) -> tuple[Any, np.ndarray]:
    """Return as many faces as `few` has: first what evolution finds, then plain draws."""
    kept = p.ga.model_copy(update={"generations": GENERATIONS, "population": POPULATION})
    settings = Settings(p.evolve, kept, p.pso, p.cmaes, p.qd)
    critic = store.scorer(trained.discriminator_teacher)
    evidence = Evidence.of(panel, few, few, critic)
    each = -(-len(few) // len(few.classes))
    wanted = round(p.export.evolved_share * each)
    faces, labels = [], []
    for target, label in enumerate(few.classes):
        render = renderer(trained.generator_teacher, target)
        worth = score(Quality(evidence), render, target)
        space = Space(trained.generator.shape.latent, target)
        with tempfile.TemporaryDirectory() as scratch:
            records = contest(worth, space, settings, Journal(Path(scratch), "few"))
        best = results.outcomes(label, records, wanted, evidence.nearness)[0]
        rng = np.random.default_rng(target)
        plain = rng.standard_normal((each - len(best.rows), space.dimensions), np.float32)
        faces.append(render(np.concatenate([best.record.z[best.rows], plain])))
        labels += [label] * each
    return np.concatenate(faces)[: len(few)], np.array(labels)[: len(few)]


def first_training(p: params.Params, faces: FaceSet) -> tuple[FaceSet, Trained]:
    """Return virtual faces with the emotions of `faces`, and a training on them."""
    asked = p.gan.pretrain.model_copy(update={"subjects": PEOPLE, "frames": FRAMES})
    p = p.model_copy(update={"gan": p.gan.model_copy(update={"pretrain": asked})})
    with tempfile.TemporaryDirectory() as scratch:
        found = pretrain.make(faces, p, Path(scratch) / "faces")
        held = FaceSet(np.array(found.images), found.table)
    return held, learned(held, p, FIRST_STEPS, None)


def split_rows(
    faces: FaceSet,
    pair: tuple[str, ...],
    before: tuple[FaceSet, Trained],
    p: params.Params,
    steps: int,
) -> tuple[list[dict[str, Any]], Shown]:
    """Return a row an arm and machine for one split, and the made faces by arm."""
    virtual, first = before
    held = faces.table["subject"].isin(pair).to_numpy()
    few, test = faces.pick(~held), faces.pick(held)
    count, rng = len(few), np.random.default_rng(0)
    labels = few.table["label"].to_numpy(str)
    again = rng.permutation(count)
    drawn = rng.choice(len(virtual), count, replace=False)
    kinds = virtual.table["label"].to_numpy(str)
    second = learned(few, p, steps // 4, first)
    seen = (Examples.of(part, faces.classes) for part in (virtual, few))
    judges = panel(*seen, JUDGES, np.random.default_rng(0))
    made_by = {
        "real + GAN": made(learned(few, p, steps, None), faces.classes, count, 1),
        "real + pretrained GAN": made(second, faces.classes, count, 1),
        "real + pretrained GAN, evolved": evolved(second, few, judges, p),
    }
    extra = {
        "real": (few.images[:0], labels[:0]),
        "real + repeated": (few.images[again], labels[again]),
        "real + classical augmentation": (augment(few.images[again], rng), labels[again]),
        "real + virtual": (virtual.images[drawn], kinds[drawn]),
        **made_by,
    }
    rows = [
        {"held": "+".join(pair), "arm": arm, **row}
        for arm, added in extra.items()
        for row in judged(few, added, test, p)
    ]
    return rows, made_by


def judged(
    few: FaceSet, added: tuple[np.ndarray, np.ndarray], test: FaceSet, p: params.Params
) -> list[dict[str, Any]]:
    """Return a row a machine that learns `few` and what is `added`: its macro-F1 on `test`."""
    x = extract(np.concatenate([few.images, added[0]]), p.features)[0]
    y = np.concatenate([few.table["label"].to_numpy(str), added[1]])
    test_x = extract(test.images, p.features)[0]
    rows = []
    for name, machine in MACHINES.items():
        guess = machine().fit(x, y).predict(test_x)
        score = f1_score(test.table["label"], guess, average="macro")
        rows.append({"machine": name, "macro_f1": score})
    return rows


def say(rows: pd.DataFrame) -> None:
    """Print each arm's mean and its difference to classical augmentation with an interval."""
    people = 6
    for name, group in rows.groupby("machine"):
        table = group.pivot(index="held", columns="arm", values="macro_f1")
        against = table["real + classical augmentation"]
        for arm in table:
            line = f"{name:7} {arm:30} {100 * table[arm].mean():5.1f}"
            if arm != against.name:
                gap = (table[arm] - against).to_numpy()
                line += f"  {100 * gap.mean():+5.1f}"
                if found := corrected_t(gap, people - 2, 2):
                    half = abs(gap.mean() / found[0]) * t.ppf(0.975, len(gap) - 1)
                    low, high = 100 * (gap.mean() - half), 100 * (gap.mean() + half)
                    line += f" ({low:+.1f} to {high:+.1f}, p {found[1]:.2f})"
            print(line)


def sheet(shown: Shown, classes: list[str]) -> None:
    """Draw made faces, a block an arm and a row an emotion."""
    figure, axes = plt.subplots(len(shown), 1, figsize=(8, 2.9 * len(shown)))
    for axis, (arm, (images, labels)) in zip(axes, shown.items(), strict=True):
        rows = [np.hstack(images[labels == label][:10]) for label in classes]
        axis.imshow(np.vstack(rows), cmap="gray", vmin=-1, vmax=1)
        axis.set_title(f"{arm}: {', '.join(classes)}", fontsize=9, loc="left")
        axis.set_axis_off()
    figure.tight_layout()
    figure.savefig(OUT / "few.png", dpi=90, metadata={"Software": None})


def main(folder: Path, steps: int) -> None:
    """Run every split, print the table, write rows and sheet."""
    p = params.load()
    torch.set_num_threads(p.threads)
    images, about = real(folder, p)
    labels = np.array([EXPRESSIONS[row["expression"]] for row in about])
    faces = described(images, labels, np.array([row["subject"] for row in about]))
    before = first_training(p, faces)
    rows: list[dict[str, Any]] = []
    for pair in itertools.combinations(sorted(set(faces.table["subject"])), 2):
        found, shown = split_rows(faces, pair, before, p, steps)
        if not rows:
            sheet(shown, faces.classes)
        rows += found
        text = pd.DataFrame(rows).to_csv(index=False, float_format="%.4f", lineterminator="\n")
        files.write_text(OUT / "few.csv", text)
    say(pd.DataFrame(rows))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int((sys.argv[2:] or [600])[0]))
