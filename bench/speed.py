"""Faces a second and peak memory of download, preprocess and train at 1, 4 and 16 times the size.

    python -m bench.speed [SUBJECTS]

Runs the stages in a scratch folder with SUBJECTS (default 15), 4 and 16 times as many people, and
prints a table; nothing in the repository changes. Training stops after a hundred steps.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ruamel.yaml import YAML

from depthfaces import params

TOP = Path(__file__).parents[1]
STEP_COUNT = 100
STAGE_RUNS = (
    ("download", "raw"),
    ("preprocess", "raw", "faces", "summary.json", "report"),
    ("pretrain", "faces", "start"),
    ("train", "faces", "start", "gan", "curves"),
)


def run_stage(name: str, *paths: str, folder: Path) -> tuple[float, float]:
    """Return seconds and peak megabytes of one stage run in `folder`."""
    start_time = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", f"stages.{name}", *paths],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(TOP)},
        stderr=subprocess.DEVNULL,
    )
    _, status, resource_usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{name} failed")
    return time.monotonic() - start_time, resource_usage.ru_maxrss / 1024


def main(subjects: int) -> None:
    """Print one row per stage and size."""
    content = params.read(TOP / "params.yaml")
    frames_per_person = content["data"]["virtual"]["frames"] * len(
        content["data"]["virtual"]["emotions"]
    )
    content["gan"]["steps"] = STEP_COUNT
    print("| stage | faces | faces/s, start-up included | peak memory |\n|---|---|---|---|")
    for size_factor in (1, 4, 16):
        content["data"]["virtual"]["subjects"] = subjects * size_factor
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            with (folder / "params.yaml").open("w") as file:
                YAML(typ="safe").dump(content, file)
            count = subjects * size_factor * frames_per_person
            for name, *paths in STAGE_RUNS:
                seconds, peak_memory = run_stage(name, *paths, folder=folder)
                if name == "pretrain":  # train reads its folder, which is empty by default
                    continue
                face_count = STEP_COUNT * content["gan"]["batch"] if name == "train" else count
                table_row = (
                    f"| {name} | {count:,} | {face_count / seconds:.0f} | {peak_memory:.0f} MB |"
                )
                print(table_row, flush=True)


if __name__ == "__main__":
    main(int((sys.argv[1:] or [15])[0]))
