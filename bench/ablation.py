"""What each ingredient of the training is worth: several seeds, everything else equal.

    python -m bench.ablation FACES [--steps 300 | --minutes 4] [--seeds 3] [--only NAME;NAME]

FACES is a prepared set (data/faces after `dvc repro preprocess`). With --minutes each variant gets
as many steps as fit into them. A row a training is added to bench/results/ablation.csv; trainings
that stand there are not run again, so it can be stopped and gone on with. Then reports/ablation.md
is written from the rows. Choices are made on validation people; --split test is for a last look.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from bench.judge import Judge
from depthfaces import files, params
from depthfaces.faces import FaceSet
from depthfaces.gan import train
from depthfaces.gan.sample import sample
from depthfaces.gan.trainer import Trainer

ROWS = Path("bench/results/ablation.csv")
TABLE = Path("reports/ablation.md")
COUNT = 756
TRIAL = 12  # steps timed

HEADS = ["distance / floor", "recall", "coverage", "right label", "worst label", "G_KD"]
INTRODUCTION = """# What each ingredient of the training is worth

Made by `python -m bench.ablation` on the default data, 64 px. Each row changes one thing of
params.yaml as it was then (`default`; for `paper` everything the paper does otherwise) and gives
the mean ± standard deviation over seeds of the generator's teacher, judged in hand-made features
that no training sees:

- *distance / floor*: Fréchet distance to held-out people, over that of as many real train faces;
- *recall*, *coverage*: of the train people (real held-out people reach 0.55 and 0.78);
- *right label*, *worst label*: share of made faces whose emotion a real-trained SVM recognises,
  over that SVM's accuracy on held-out people, for all and for the worst emotion;
- *G_KD*: the largest distance of the generator to its teacher in the second half of training (not
  comparable for the perceptual form);
- *kept*: the step of the check whose nets were kept, in the mean.

Differences under a quarter of the distance, or within the standard deviations, are noise. The rows
of 900 steps, a quarter of the default length, are what the weights of distillation rest on: weaker,
stronger, or none, faces are less varied; one seed of a teacher that spoke at every fourth step only
(four times as loud; trial code) collapsed. Those of 300 steps are an older look: generators still
upsampled by nearest neighbours (but for spectral norm, mended and run again since), and a check
could choose an early step by a noisy distance (*kept* below 300), which makes a row look worse than
its ingredient. Too short for distillation to show, they say which ingredients do no harm and not
much more. The minutes are those of one thread beside another training. Batches of 16, twice as
many, take 1.12 times as long as 900 of 32 and come to what 1,048 of those reach. The generator's
largest maps have 16 channels, which costs no time, in the rows of 1,800 and 3,600 steps and of R1
0.3, and 12 in all others."""

# The published recipe at the size of FACES.
PAPER: dict[str, dict[str, Any]] = {
    "gan": {
        **{"recipe": "paper", "latent": 256, "width": 32, "loss": "logistic", "r1": 0.0, "r2": 0.0},
        **{"lr_generator": 8e-5, "lr_discriminator": 1.5e-5, "beta1": 0.5, "beta2": 0.999},
        **{"lr_end": 1.0, "balanced": False, "mirror": False},
    },
    "kd": {"decay": 0.994, "form": "pixel", "generator": 1.0, "discriminator": 0.5},
}

# What differs from params.yaml, by section; the first is params.yaml itself.
VARIANTS: dict[str, dict[str, dict[str, Any]]] = {
    "default": {},
    "no distillation": {"kd": {"enabled": False}},
    "perceptual distillation": {"kd": {"form": "perceptual"}},
    "strong distillation": {"kd": {"generator": 3.0, "discriminator": 1.5}},
    "no distillation of the discriminator": {"kd": {"discriminator": 0.0}},
    "rates twice": {"gan": {"lr_generator": 8e-4, "lr_discriminator": 8e-4}},
    "teacher's buffers frozen": {"kd": {"freeze_buffers": True}},
    "nearest upsampling": {"gan": {"upsample": "nearest"}},
    "no gradient penalty": {"gan": {"r1": 0.0}},
    "R1 0.3": {"gan": {"r1": 0.3}},
    "batch 16": {"gan": {"batch": 16}},
    "spectral norm, hinge": {"gan": {"r1": 0.0, "spectral": True, "loss": "hinge"}},
    "relativistic, R1 and R2": {"gan": {"loss": "relativistic", "r2": 1.0}},
    "LeCam 0.1": {"gan": {"lecam": 0.1}},
    "adaptive augmentation": {"gan": {"augment": 0.6}},
    "batch deviation": {"gan": {"deviation": True}},
    "rates fall to a quarter": {"gan": {"lr_end": 0.25}},
    "weak distillation": {"kd": {"generator": 0.1, "discriminator": 0.1}},
    "relativistic, weak distillation": {
        "gan": {"loss": "relativistic", "r2": 1.0},
        "kd": {"generator": 0.1, "discriminator": 0.1},
    },
    "not mirrored": {"gan": {"mirror": False}},
    "float32": {"gan": {"precision": "fp32"}},
    "paper": PAPER,
    "paper, buffers frozen": {**PAPER, "kd": {**PAPER["kd"], "freeze_buffers": True}},
}
FIGURES = ["fd_ratio", "recall", "coverage", "label", "label_least", "g_kd"]


def settings(changes: dict[str, dict[str, Any]]) -> params.Params:
    """Return params.yaml under `changes`."""
    content = params.read()
    for section, values in changes.items():
        content[section] |= values
    return params.check(content)


def one(faces: FaceSet, judge: Judge, chosen: params.Params, seed: int) -> dict[str, Any]:
    """Train once, and return the teacher's figures with what it cost."""
    began = time.perf_counter()
    trained = train.fit(faces, chosen.gan, chosen.kd, seed)
    seconds = time.perf_counter() - began
    labels = np.arange(COUNT) % len(faces.classes)
    z = np.random.default_rng(seed).standard_normal((COUNT, chosen.gan.latent), np.float32)
    made = sample(trained.generator_teacher, z, labels)
    late = [row["g_kd"] for row in trained.history[len(trained.history) // 2 :] if "g_kd" in row]
    figures = judge(made, labels) | {"g_kd": max(late) if late else None}
    return figures | {"best": trained.best, "stopped": trained.stopped, "seconds": seconds}


def steps_in(faces: FaceSet, chosen: params.Params, minutes: float) -> int:
    """Return how many steps fit into `minutes`, by a trial of some."""
    trial = Trainer(faces, chosen.gan.model_copy(update={"encoder_steps": 1}), chosen.kd, 0)
    began = time.perf_counter()
    for number in range(TRIAL):
        if number == TRIAL // 4:  # the first ones warm up
            began = time.perf_counter()
        trial.step(number)
    return round(60 * minutes / (time.perf_counter() - began) * (TRIAL - TRIAL // 4))


def table(rows: pd.DataFrame) -> str:
    """Return the tables of `rows`, one a budget: mean ± standard deviation over the seeds."""
    parts = [INTRODUCTION.strip()]
    for (budget, split), group in rows.groupby(["budget", "split"], sort=False):
        lines = [f"## {budget} of training, against {split} people", ""]
        lines += ["| variant | " + " | ".join(HEADS) + " | steps | kept | seeds |"]
        lines += ["|" + "---|" * (len(HEADS) + 4)]
        means = group.groupby("variant")["fd_ratio"].mean().sort_values()
        for name in means.index:
            mine = group[group["variant"] == name]
            cells = [_cell(mine[figure]) for figure in FIGURES]
            steps = f"{mine['steps'].mean():,.0f} | {mine['best'].mean():,.0f}"
            lines.append(f"| {name} | " + " | ".join(cells) + f" | {steps} | {len(mine)} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _cell(values: pd.Series) -> str:
    known = values.dropna()
    if known.empty:
        return "-"
    spread = f" ± {known.std():.2f}" if len(known) > 1 else ""
    return f"{known.mean():.2f}{spread}"


def run(given: argparse.Namespace) -> pd.DataFrame:
    """Train what is not in the rows yet, and return all rows."""
    base = params.load()
    torch.set_num_threads(base.threads)
    faces = FaceSet.open(given.faces)
    judge = Judge(faces, base, given.split, COUNT)
    rows = pd.read_csv(given.rows).to_dict("records") if given.rows.exists() else []
    budget = f"{given.minutes:g} minutes" if given.minutes else f"{given.steps} steps"
    names = given.only.split(";") if given.only else list(VARIANTS)
    for seed in range(given.seeds):
        for name in names:
            key = {"variant": name, "seed": seed, "budget": budget, "split": given.split}
            if any(all(row[k] == v for k, v in key.items()) for row in rows):
                continue
            changes = VARIANTS[name]
            gan = dict(changes.get("gan", {}))
            steps = given.steps
            if given.minutes:
                steps = steps_in(faces, settings(changes), given.minutes)
            chosen = settings(changes | {"gan": gan | {"steps": steps}})
            rows.append(key | {"steps": steps} | one(faces, judge, chosen, seed))
            text = pd.DataFrame(rows).to_csv(index=False, float_format="%.5g", lineterminator="\n")
            files.write_text(given.rows, text)
    return pd.DataFrame(rows)


def main() -> None:
    """Run what is not in the rows yet, and write the table."""
    parser = argparse.ArgumentParser(description="What each ingredient of the training is worth.")
    parser.add_argument("faces", type=Path)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--split", default="validation")
    parser.add_argument("--only", default="")
    parser.add_argument("--rows", type=Path, default=ROWS)
    files.write_text(TABLE, table(run(parser.parse_args())))


if __name__ == "__main__":
    main()
