"""How evolution fares beside random draws in the eyes of a judge it never met; and how fast it is.

    python -m bench.search speed GAN FACES
    python -m bench.search post GAN FACES OTHERS
    python -m bench.search study GAN FACES OTHERS OUT SEEDS METHOD [METHOD ...]

GAN is a trained model, FACES the prepared set that it was trained on, OTHERS a prepared set of
other people (the virtual camera with another `seed`; half of them teach the independent judge, the
other half are what recall is measured against). The budget is that of params.yaml. OUT.csv holds
one row a seed and set; differences to the control and to plain draws are printed with their
intervals over seeds.
"""

import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from scipy import stats
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from tqdm import tqdm

from depthfaces import files, params, seeding
from depthfaces.evolve import CONTROL, contest, judge, results
from depthfaces.evolve.fitness import FITNESSES, Evidence, score
from depthfaces.evolve.journal import Journal
from depthfaces.evolve.search import Settings, Space
from depthfaces.export.post import POSTS, processed
from depthfaces.faces import FaceSet
from depthfaces.features import Family, extract
from depthfaces.features.hog import hog
from depthfaces.gan import store
from depthfaces.gan.sample import renderer, sample
from depthfaces.metrics import CLOUD_METRICS
from depthfaces.metrics.embedding import Embedding
from depthfaces.schema import Features

P = params.load()
SHOWN = ("right", "recall", "coverage", "density", "precision", "fd")


def everything(faces: np.ndarray, wanted: Features) -> np.ndarray:
    """Return all hand-made features side by side, as `compare` measures them."""
    return extract(faces, wanted)[0]


class Eye(NamedTuple):
    """What looks at a finished set: an SVM on its features, and real people to compare it with."""

    describe: Family
    svm: Any
    space: Embedding
    real: np.ndarray

    @classmethod
    def of(cls, train: FaceSet, others: FaceSet, seed: int, describe: Family = hog) -> "Eye":
        """Split the `others` by person: one half teaches the judge, the other is compared with."""
        rng = seeding.stream(seed, "eye")
        people = rng.permutation(np.unique(others.table["group"]))
        teach = np.isin(others.table["group"], people[::2])
        x = describe(np.asarray(others.images), P.features)
        svm = make_pipeline(StandardScaler(), SVC(C=10.0)).fit(x[teach], others.targets[teach])
        taught = describe(np.asarray(train.images), P.features)
        space = Embedding.fit(taught, P.compare.dimensions)
        return cls(describe, svm, space, space(x[~teach]))

    def look(self, faces: np.ndarray, targets: np.ndarray) -> dict[str, float]:
        """Return the share of `faces` of the right emotion, and how they overlap with people."""
        x = self.describe(faces, P.features)
        right = self.svm.predict(x) == targets
        found = {"right": float(np.mean([right[targets == k].mean() for k in set(targets)]))}
        clouds = {"real": self.real, "fake": self.space(x)}
        for name in SHOWN[1:]:
            more = {} if name == "fd" else {"neighbours": P.compare.neighbours}
            found[name] = CLOUD_METRICS[name](**clouds, **more)
        return found


def settings(method: str) -> Settings:
    """Return the parameters with another method."""
    chosen = P.evolve.model_copy(update={"method": method})
    return Settings(chosen, P.ga, P.pso, P.cmaes, P.qd)


def study(gan: Path, faces: Path, others: Path, seeds: int, methods: list[str]) -> pd.DataFrame:
    """Return a row a seed and set: plain draws, the control, each method, half of it with plain."""
    model, data = store.load(gan, faces), FaceSet.open(faces)
    rows = []
    for seed in tqdm(range(seeds), "seeds"):
        eye = Eye.of(data.split("train"), FaceSet.open(others), seed)
        panel = judge.learn(data, P.evolve.judges, seeding.stream(seed, "judges"))
        evidence = Evidence.of(
            panel, data.split("train"), data.split("validation"), store.critic(gan)
        )
        for name, z in searched(model, evidence, seed, methods).items():
            targets = np.repeat(np.arange(len(z)), [len(part) for part in z])
            made = sample(model.generator, np.concatenate(z), targets)
            rows.append({"seed": seed, "set": name, **eye.look(made, targets)})
            print(rows[-1], file=sys.stderr, flush=True)
    return pd.DataFrame(rows)


def searched(
    model: store.Model, evidence: Evidence, seed: int, methods: list[str]
) -> dict[str, list[np.ndarray]]:
    """Return for each set its latents, one array an emotion; the control is searched once."""
    count = P.export.per_class
    found: dict[str, list[np.ndarray]] = {}
    for target, label in enumerate(model.classes):
        worth = score(FITNESSES[P.ga.fitness](evidence), renderer(model.generator, target), target)
        space = Space(model.generator.shape.latent, seeding.number(seed, "evolve", label))
        records = {}
        with tempfile.TemporaryDirectory() as folder:  # the control comes out of the journal
            for method in methods:
                records |= contest(worth, space, settings(method), Journal(Path(folder), "all"))
        plain = records[CONTROL].z[:count]
        found.setdefault("plain", []).append(plain)
        for outcome in results.outcomes(label, records, count, evidence.nearness):
            z = outcome.record.z[outcome.rows]
            found.setdefault(outcome.method, []).append(z)
            if outcome.method != CONTROL:
                mixed = np.concatenate([z[: count // 2], plain[: count - count // 2]])
                found.setdefault(f"{outcome.method}, half plain", []).append(mixed)
    return found


def told(table: pd.DataFrame) -> str:
    """Return means as Markdown, and what each method gains with its 95 % t interval over seeds."""
    lines = [f"| set | {' | '.join(SHOWN)} |", "|---" * (len(SHOWN) + 1) + "|"]
    by = table.pivot(index="seed", columns="set")
    for name in dict.fromkeys(table["set"]):
        means = [f"{by[key, name].mean():.3f}" for key in SHOWN]
        lines.append(f"| {name} | {' | '.join(means)} |")
    for name in dict.fromkeys(table["set"]):
        if name in ("plain", CONTROL) or CONTROL not in by["right"]:
            continue
        gain = by["right", name] - by["right", CONTROL]
        kept = by["recall", name] / by["recall", "plain"]
        parts = f"right - {CONTROL}'s {interval(gain)}; recall / plain's {interval(kept)}"
        lines.append(f"\n{name}: {parts}")
    return "\n".join(lines)


def interval(values: pd.Series) -> str:
    """Return the mean and its 95 % t interval."""
    mean, half = values.mean(), np.nan
    if len(values) > 1:
        half = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    return f"{mean:+.3f} ({mean - half:+.3f} to {mean + half:+.3f})"


def post(gan: Path, faces: Path, others: Path) -> pd.DataFrame:
    """Return a row a post-processing step: what it does to the same plain draws."""
    model, data, rng = store.load(gan, faces), FaceSet.open(faces), np.random.default_rng(0)
    eye = Eye.of(data.split("train"), FaceSet.open(others), 0, everything)
    targets = np.repeat(np.arange(len(model.classes)), P.export.per_class)
    z = rng.standard_normal((len(targets), model.generator.shape.latent), np.float32)
    made = sample(model.generator, z, targets)
    steps = {"none": "", **{name: name for name in POSTS}, "all three": "+".join(POSTS)}
    return pd.DataFrame(
        {"seed": 0, "set": name, **eye.look(processed(made, step), targets)}
        for name, step in tqdm(steps.items(), "post")
    )


def speed(gan: Path, faces: Path) -> None:
    """Print evaluations a second in batches and one at a time, and what each part costs."""
    model, data = store.load(gan, faces), FaceSet.open(faces)
    panel = judge.learn(data, P.evolve.judges, seeding.stream(0, "judges"))
    evidence = Evidence.of(panel, data.split("train"), data.split("validation"), store.critic(gan))
    fitness, render = FITNESSES["quality"](evidence), renderer(model.generator, 0)
    z = np.random.default_rng(0).standard_normal((200, model.generator.shape.latent), np.float32)

    @torch.inference_mode()
    def alone() -> None:
        """Do what a loop over individuals does: one latent to the generator, one to the fitness."""
        for one in z:
            face = model.generator(torch.from_numpy(one[None]), torch.zeros(1, dtype=torch.long))
            fitness(one[None], face[:, 0].numpy(), 0)

    made = render(z)
    parts = {
        "generator, in batches": lambda: render(z),
        "fitness, in batches": lambda: fitness(z, made, 0),
        "  judges": lambda: panel.log_probability(made),
        "  critic": lambda: evidence.critic(made, 0),
        "both, in batches": lambda: fitness(z, render(z), 0),
        "both, one at a time": alone,
    }
    took: dict[str, list[float]] = {name: [] for name in parts}
    for _ in range(7):  # in turn, so that a busy moment hits all alike
        for name, part in parts.items():
            start = time.perf_counter()
            part()
            took[name].append(time.perf_counter() - start)
    print(f"threads: {P.threads}\n| part | evaluations a second |\n|---|---|")
    for name, seconds in took.items():
        print(f"| {name} | {len(z) / np.median(seconds):.0f} |")
    ratio = np.median(took["both, one at a time"]) / np.median(took["both, in batches"])
    print(f"batches are {ratio:.1f} times as fast")


if __name__ == "__main__":
    torch.set_num_threads(P.threads)
    what, gan_, faces_, *rest = sys.argv[1:]
    if what == "speed":
        speed(Path(gan_), Path(faces_))
    elif what == "post":
        print(told(post(Path(gan_), Path(faces_), Path(rest[0]))))
    else:
        others_, out, seeds_, *methods_ = rest
        rows_ = study(Path(gan_), Path(faces_), Path(others_), int(seeds_), methods_)
        files.write_text(Path(f"{out}.csv"), rows_.to_csv(index=False, lineterminator="\n"))
        print(told(rows_))
