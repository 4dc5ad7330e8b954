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
STEPS = 100
RUNS = (
    ("download", "raw"),
    ("preprocess", "raw", "faces", "summary.json", "report"),
    ("pretrain", "faces", "start"),
    ("train", "faces", "start", "gan", "curves"),
)


def stage(name: str, *paths: str, folder: Path) -> tuple[float, float]:
    """Return seconds and peak megabytes of one stage run in `folder`."""
    start = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", f"stages.{name}", *paths],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(TOP)},
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{name} failed")
    return time.monotonic() - start, usage.ru_maxrss / 1024


def main(subjects: int) -> None:
    """Print one row a stage and size."""
    content = params.read(TOP / "params.yaml")
    frames = content["data"]["virtual"]["frames"] * len(content["data"]["virtual"]["emotions"])
    content["gan"]["steps"] = STEPS
    print("| stage | faces | faces/s, start-up included | peak memory |\n|---|---|---|---|")
    for times in (1, 4, 16):
        content["data"]["virtual"]["subjects"] = subjects * times
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            with (folder / "params.yaml").open("w") as file:
                YAML(typ="safe").dump(content, file)
            count = subjects * times * frames
            for name, *paths in RUNS:
                seconds, peak = stage(name, *paths, folder=folder)
                if name == "pretrain":  # train wants its folder, which is empty by default
                    continue
                passed = STEPS * content["gan"]["batch"] if name == "train" else count
                row = f"| {name} | {count:,} | {passed / seconds:.0f} | {peak:.0f} MB |"
                print(row, flush=True)


if __name__ == "__main__":
    main(int((sys.argv[1:] or [15])[0]))
