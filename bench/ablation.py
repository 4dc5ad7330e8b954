"""What each ingredient of the training is worth: several seeds, everything else equal.

    python -m bench.ablation FACES [--steps 300 | --minutes 4] [--seeds 3] [--only NAME;NAME]

FACES is a prepared set (data/faces after `dvc repro preprocess`). With --minutes each variant gets
as many steps as fit into them. One row per training is added to bench/results/ablation.csv;
trainings that are listed there are not run again, so a run can be stopped and resumed. Then
reports/ablation.md is written from the rows. Choices are made on validation people;
--split test is for a last look.
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

ROWS_FILE = Path("bench/results/ablation.csv")
TABLE_FILE = Path("reports/ablation.md")
FACE_COUNT = 756
TRIAL_STEPS = 12  # that are timed

COLUMN_TITLES = ["distance / floor", "recall", "coverage", "right label", "worst label", "G_KD"]
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
PAPER_CHANGES: dict[str, dict[str, Any]] = {
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
    "paper": PAPER_CHANGES,
    "paper, buffers frozen": {
        **PAPER_CHANGES,
        "kd": {**PAPER_CHANGES["kd"], "freeze_buffers": True},
    },
}
FIGURE_KEYS = ["fd_ratio", "recall", "coverage", "label", "label_least", "g_kd"]


def changed_params(changes: dict[str, dict[str, Any]]) -> params.Params:
    """Return params.yaml under `changes`."""
    content = params.read()
    for section, values in changes.items():
        content[section] |= values
    return params.check(content)


def train_once(faces: FaceSet, judge: Judge, settings: params.Params, seed: int) -> dict[str, Any]:
    """Train once, and return the teacher's figures with what it cost."""
    start_time = time.perf_counter()
    trained_gan = train.fit(faces, settings.gan, settings.kd, seed)
    seconds = time.perf_counter() - start_time
    labels = np.arange(FACE_COUNT) % len(faces.classes)
    z = np.random.default_rng(seed).standard_normal((FACE_COUNT, settings.gan.latent), np.float32)
    generated = sample(trained_gan.generator_teacher, z, labels)
    late_distances = [
        history_row["g_kd"]
        for history_row in trained_gan.history[len(trained_gan.history) // 2 :]
        if "g_kd" in history_row
    ]
    figures = judge(generated, labels) | {"g_kd": max(late_distances) if late_distances else None}
    return figures | {"best": trained_gan.best, "stopped": trained_gan.stopped, "seconds": seconds}


def steps_in(faces: FaceSet, settings: params.Params, minutes: float) -> int:
    """Return how many steps fit into `minutes`, by timing `TRIAL_STEPS` of them."""
    trial_trainer = Trainer(
        faces, settings.gan.model_copy(update={"encoder_steps": 1}), settings.kd, 0
    )
    start_time = time.perf_counter()
    for step_number in range(TRIAL_STEPS):
        if step_number == TRIAL_STEPS // 4:  # the first ones warm up
            start_time = time.perf_counter()
        trial_trainer.step(step_number)
    return round(
        60 * minutes / (time.perf_counter() - start_time) * (TRIAL_STEPS - TRIAL_STEPS // 4)
    )


def format_tables(rows: pd.DataFrame) -> str:
    """Return one table per budget of `rows`: mean ± standard deviation over the seeds."""
    sections = [INTRODUCTION.strip()]
    for (budget, split), budget_rows in rows.groupby(["budget", "split"], sort=False):
        table_lines = [f"## {budget} of training, against {split} people", ""]
        table_lines += ["| variant | " + " | ".join(COLUMN_TITLES) + " | steps | kept | seeds |"]
        table_lines += ["|" + "---|" * (len(COLUMN_TITLES) + 4)]
        mean_ratios = budget_rows.groupby("variant")["fd_ratio"].mean().sort_values()
        for variant in mean_ratios.index:
            variant_rows = budget_rows[budget_rows["variant"] == variant]
            cells = [_format_cell(variant_rows[figure_key]) for figure_key in FIGURE_KEYS]
            step_cells = f"{variant_rows['steps'].mean():,.0f} | {variant_rows['best'].mean():,.0f}"
            table_lines.append(
                f"| {variant} | " + " | ".join(cells) + f" | {step_cells} | {len(variant_rows)} |"
            )
        sections.append("\n".join(table_lines))
    return "\n\n".join(sections) + "\n"


def _format_cell(values: pd.Series) -> str:
    known_values = values.dropna()
    if known_values.empty:
        return "-"
    spread = f" ± {known_values.std():.2f}" if len(known_values) > 1 else ""
    return f"{known_values.mean():.2f}{spread}"


def run_missing(options: argparse.Namespace) -> pd.DataFrame:
    """Train the variants whose rows are missing, and return all rows."""
    base_params = params.load()
    torch.set_num_threads(base_params.threads)
    faces = FaceSet.open(options.faces)
    judge = Judge(faces, base_params, options.split, FACE_COUNT)
    rows = pd.read_csv(options.rows).to_dict("records") if options.rows.exists() else []
    budget = f"{options.minutes:g} minutes" if options.minutes else f"{options.steps} steps"
    variants = options.only.split(";") if options.only else list(VARIANTS)
    for seed in range(options.seeds):
        for variant in variants:
            run_key = {"variant": variant, "seed": seed, "budget": budget, "split": options.split}
            if any(all(row[column] == value for column, value in run_key.items()) for row in rows):
                continue
            changes = VARIANTS[variant]
            gan_changes = dict(changes.get("gan", {}))
            step_count = options.steps
            if options.minutes:
                step_count = steps_in(faces, changed_params(changes), options.minutes)
            settings = changed_params(changes | {"gan": gan_changes | {"steps": step_count}})
            rows.append(run_key | {"steps": step_count} | train_once(faces, judge, settings, seed))
            csv_text = pd.DataFrame(rows).to_csv(
                index=False, float_format="%.5g", lineterminator="\n"
            )
            files.write_text(options.rows, csv_text)
    return pd.DataFrame(rows)


def main() -> None:
    """Run the variants whose rows are missing, and write the tables."""
    parser = argparse.ArgumentParser(description="What each ingredient of the training is worth.")
    parser.add_argument("faces", type=Path)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--split", default="validation")
    parser.add_argument("--only", default="")
    parser.add_argument("--rows", type=Path, default=ROWS_FILE)
    files.write_text(TABLE_FILE, format_tables(run_missing(parser.parse_args())))


if __name__ == "__main__":
    main()
