"""What each ingredient of the training is worth: several seeds, everything else equal.

    python -m bench.ablation FACES [--steps 600] [--seeds 3] [--split validation] [--only NAME,...]

FACES is a prepared set (data/faces after `dvc repro preprocess`). A row a training is added to
bench/results/ablation.csv; trainings that stand there are not run again, so it can be stopped and
gone on with. Then reports/ablation.md is written from the rows.
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

ROWS = Path("bench/results/ablation.csv")
TABLE = Path("reports/ablation.md")
COUNT = 756

# What differs from params.yaml, by section; the first is params.yaml itself.
VARIANTS: dict[str, dict[str, dict[str, Any]]] = {
    "default": {},
    "no distillation": {"kd": {"enabled": False}},
    "perceptual distillation": {"kd": {"form": "perceptual"}},
    "teacher's buffers frozen": {"kd": {"freeze_buffers": True}},
    "no gradient penalty": {"gan": {"r1": 0.0}},
    "spectral norm, hinge": {"gan": {"r1": 0.0, "spectral": True, "loss": "hinge"}},
    "relativistic, R1 and R2": {"gan": {"loss": "relativistic", "r2": 1.0}},
    "LeCam 0.1": {"gan": {"lecam": 0.1}},
    "adaptive augmentation": {"gan": {"augment": 0.6}},
    "batch deviation": {"gan": {"deviation": True}},
    "rates fall to a quarter": {"gan": {"lr_end": 0.25}},
    "not mirrored": {"gan": {"mirror": False}},
    "float32": {"gan": {"precision": "fp32"}},
}


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


def main() -> None:
    """Run what is not in the rows yet, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("faces", type=Path)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--split", default="validation")
    parser.add_argument("--only", default=",".join(VARIANTS).replace(", ", "; "))
    parser.add_argument("--rows", type=Path, default=ROWS)
    given = parser.parse_args()
    wanted = [name.replace("; ", ", ") for name in given.only.split(",")]
    base = params.load()
    torch.set_num_threads(base.threads)
    faces = FaceSet.open(given.faces)
    judge = Judge(faces, base, given.split, COUNT)
    rows = pd.read_csv(given.rows).to_dict("records") if given.rows.exists() else []
    for seed in range(given.seeds):
        for name in wanted:
            key = {"variant": name, "seed": seed, "steps": given.steps, "split": given.split}
            if any(all(row[k] == v for k, v in key.items()) for row in rows):
                continue
            changes = VARIANTS[name]
            gan = changes.get("gan", {}) | {"steps": given.steps}
            rows.append(key | one(faces, judge, settings(changes | {"gan": gan}), seed))
            text = pd.DataFrame(rows).to_csv(index=False, float_format="%.5g", lineterminator="\n")
            files.write_text(given.rows, text)


if __name__ == "__main__":
    main()
