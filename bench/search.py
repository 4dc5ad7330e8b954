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
from depthfaces.features import FeatureFamily, extract
from depthfaces.features.hog import hog
from depthfaces.gan import store
from depthfaces.gan.sample import renderer, sample
from depthfaces.metrics import CLOUD_METRICS
from depthfaces.metrics.embedding import Embedding
from depthfaces.schema import Features

P = params.load()
MEASURES = ("right", "recall", "coverage", "density", "precision", "fd")


def all_features(faces: np.ndarray, settings: Features) -> np.ndarray:
    """Return all hand-made features side by side, as `compare` measures them."""
    return extract(faces, settings)[0]


class IndependentJudge(NamedTuple):
    """An SVM that scores a finished set by its features, and real people to compare it with."""

    describe: FeatureFamily
    svm: Any
    space: Embedding
    real: np.ndarray

    @classmethod
    def fit(
        cls, train: FaceSet, others: FaceSet, seed: int, describe: FeatureFamily = hog
    ) -> "IndependentJudge":
        """Split the `others` by person: one half trains the SVM, the other is compared with."""
        rng = seeding.stream(seed, "eye")
        people = rng.permutation(np.unique(others.table["group"]))
        is_teaching = np.isin(others.table["group"], people[::2])
        x = describe(np.asarray(others.images), P.features)
        svm = make_pipeline(StandardScaler(), SVC(C=10.0)).fit(
            x[is_teaching], others.targets[is_teaching]
        )
        train_features = describe(np.asarray(train.images), P.features)
        space = Embedding.fit(train_features, P.compare.dimensions)
        return cls(describe, svm, space, space(x[~is_teaching]))

    def measure_set(self, faces: np.ndarray, targets: np.ndarray) -> dict[str, float]:
        """Return the share of `faces` of the right emotion, and their overlap with real people."""
        x = self.describe(faces, P.features)
        is_right = self.svm.predict(x) == targets
        measures = {"right": float(np.mean([is_right[targets == k].mean() for k in set(targets)]))}
        point_clouds = {"real": self.real, "fake": self.space(x)}
        for measure_name in MEASURES[1:]:
            options = {} if measure_name == "fd" else {"neighbours": P.compare.neighbours}
            measures[measure_name] = CLOUD_METRICS[measure_name](**point_clouds, **options)
        return measures


def method_settings(method: str) -> Settings:
    """Return the parameters with another method."""
    evolve_settings = P.evolve.model_copy(update={"method": method})
    return Settings(evolve_settings, P.ga, P.pso, P.cmaes, P.qd)


def run_study(gan: Path, faces: Path, others: Path, seeds: int, methods: list[str]) -> pd.DataFrame:
    """Return one row per seed and set: plain draws, control, methods, and half-plain mixes."""
    model, face_set = store.load(gan, faces), FaceSet.open(faces)
    study_rows = []
    for seed in tqdm(range(seeds), "seeds"):
        set_judge = IndependentJudge.fit(face_set.split("train"), FaceSet.open(others), seed)
        judge_panel = judge.learn(face_set, P.evolve.judges, seeding.stream(seed, "judges"))
        evidence = Evidence.of(
            judge_panel, face_set.split("train"), face_set.split("validation"), store.critic(gan)
        )
        for set_name, latents in search_latents(model, evidence, seed, methods).items():
            targets = np.repeat(
                np.arange(len(latents)), [len(class_latents) for class_latents in latents]
            )
            generated = sample(model.generator, np.concatenate(latents), targets)
            study_rows.append(
                {"seed": seed, "set": set_name, **set_judge.measure_set(generated, targets)}
            )
            print(study_rows[-1], file=sys.stderr, flush=True)
    return pd.DataFrame(study_rows)


def search_latents(
    model: store.Model, evidence: Evidence, seed: int, methods: list[str]
) -> dict[str, list[np.ndarray]]:
    """Return {set: latents, one array per emotion}; the control is searched once."""
    per_class = P.export.per_class
    latents_by_set: dict[str, list[np.ndarray]] = {}
    for target, label in enumerate(model.classes):
        fitness = score(
            FITNESSES[P.ga.fitness](evidence), renderer(model.generator, target), target
        )
        latent_space = Space(model.generator.shape.latent, seeding.number(seed, "evolve", label))
        records = {}
        with tempfile.TemporaryDirectory() as folder:  # the control comes out of the journal
            for method in methods:
                records |= contest(
                    fitness, latent_space, method_settings(method), Journal(Path(folder), "all")
                )
        plain_latents = records[CONTROL].z[:per_class]
        latents_by_set.setdefault("plain", []).append(plain_latents)
        for outcome in results.outcomes(label, records, per_class, evidence.nearness):
            method_latents = outcome.record.z[outcome.rows]
            latents_by_set.setdefault(outcome.method, []).append(method_latents)
            if outcome.method != CONTROL:
                half_plain = np.concatenate(
                    [method_latents[: per_class // 2], plain_latents[: per_class - per_class // 2]]
                )
                latents_by_set.setdefault(f"{outcome.method}, half plain", []).append(half_plain)
    return latents_by_set


def format_table(table: pd.DataFrame) -> str:
    """Return means as Markdown, and what each method gains with its 95 % t interval over seeds."""
    table_lines = [f"| set | {' | '.join(MEASURES)} |", "|---" * (len(MEASURES) + 1) + "|"]
    by_seed = table.pivot(index="seed", columns="set")
    for set_name in dict.fromkeys(table["set"]):
        mean_cells = [f"{by_seed[measure, set_name].mean():.3f}" for measure in MEASURES]
        table_lines.append(f"| {set_name} | {' | '.join(mean_cells)} |")
    for set_name in dict.fromkeys(table["set"]):
        if set_name in ("plain", CONTROL) or CONTROL not in by_seed["right"]:
            continue
        gain = by_seed["right", set_name] - by_seed["right", CONTROL]
        recall_ratio = by_seed["recall", set_name] / by_seed["recall", "plain"]
        gain_text = (
            f"right - {CONTROL}'s {format_interval(gain)}; "
            f"recall / plain's {format_interval(recall_ratio)}"
        )
        table_lines.append(f"\n{set_name}: {gain_text}")
    return "\n".join(table_lines)


def format_interval(values: pd.Series) -> str:
    """Return the mean and its 95 % t interval."""
    mean, half_width = values.mean(), np.nan
    if len(values) > 1:
        half_width = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    return f"{mean:+.3f} ({mean - half_width:+.3f} to {mean + half_width:+.3f})"


def compare_posts(gan: Path, faces: Path, others: Path) -> pd.DataFrame:
    """Return one row per post-processing step: the scores of the same plain draws after it."""
    model, face_set, rng = store.load(gan, faces), FaceSet.open(faces), np.random.default_rng(0)
    set_judge = IndependentJudge.fit(face_set.split("train"), FaceSet.open(others), 0, all_features)
    targets = np.repeat(np.arange(len(model.classes)), P.export.per_class)
    z = rng.standard_normal((len(targets), model.generator.shape.latent), np.float32)
    generated = sample(model.generator, z, targets)
    post_steps = {
        "none": "",
        **{step_name: step_name for step_name in POSTS},
        "all three": "+".join(POSTS),
    }
    return pd.DataFrame(
        {"seed": 0, "set": step_name, **set_judge.measure_set(processed(generated, step), targets)}
        for step_name, step in tqdm(post_steps.items(), "post")
    )


def print_speed(gan: Path, faces: Path) -> None:
    """Print evaluations a second in batches and one at a time, and what each part costs."""
    model, face_set = store.load(gan, faces), FaceSet.open(faces)
    judge_panel = judge.learn(face_set, P.evolve.judges, seeding.stream(0, "judges"))
    evidence = Evidence.of(
        judge_panel, face_set.split("train"), face_set.split("validation"), store.critic(gan)
    )
    fitness, render = FITNESSES["quality"](evidence), renderer(model.generator, 0)
    z = np.random.default_rng(0).standard_normal((200, model.generator.shape.latent), np.float32)

    @torch.inference_mode()
    def alone() -> None:
        """Do what a loop over individuals does: one latent to the generator, one to the fitness."""
        for latent in z:
            face = model.generator(torch.from_numpy(latent[None]), torch.zeros(1, dtype=torch.long))
            fitness(latent[None], face[:, 0].numpy(), 0)

    generated = render(z)
    timed_parts = {
        "generator, in batches": lambda: render(z),
        "fitness, in batches": lambda: fitness(z, generated, 0),
        "  judges": lambda: judge_panel.log_probability(generated),
        "  critic": lambda: evidence.critic(generated, 0),
        "both, in batches": lambda: fitness(z, render(z), 0),
        "both, one at a time": alone,
    }
    seconds_by_part: dict[str, list[float]] = {part_name: [] for part_name in timed_parts}
    for _ in range(7):  # interleaved, so that a busy moment slows all parts equally
        for part_name, run_part in timed_parts.items():
            start_time = time.perf_counter()
            run_part()
            seconds_by_part[part_name].append(time.perf_counter() - start_time)
    print(f"threads: {P.threads}\n| part | evaluations a second |\n|---|---|")
    for part_name, seconds in seconds_by_part.items():
        print(f"| {part_name} | {len(z) / np.median(seconds):.0f} |")
    ratio = np.median(seconds_by_part["both, one at a time"]) / np.median(
        seconds_by_part["both, in batches"]
    )
    print(f"batches are {ratio:.1f} times as fast")


if __name__ == "__main__":
    torch.set_num_threads(P.threads)
    command_name, gan_folder, faces_folder, *arguments = sys.argv[1:]
    if command_name == "speed":
        print_speed(Path(gan_folder), Path(faces_folder))
    elif command_name == "post":
        print(format_table(compare_posts(Path(gan_folder), Path(faces_folder), Path(arguments[0]))))
    else:
        others_folder, out_prefix, seed_count, *method_names = arguments
        study_rows = run_study(
            Path(gan_folder), Path(faces_folder), Path(others_folder), int(seed_count), method_names
        )
        files.write_text(
            Path(f"{out_prefix}.csv"), study_rows.to_csv(index=False, lineterminator="\n")
        )
        print(format_table(study_rows))
