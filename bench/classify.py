"""CPU seconds of a fit, by classifier, and its macro-F1 on validation people.

    python -m bench.classify data/features [MODEL ...]

Seconds are those of the thread that fits, so other work on the machine moves them little.
"""

import sys
import time
from pathlib import Path

from sklearn.metrics import f1_score

from depthfaces import params
from depthfaces.classify import sets
from depthfaces.classify.family import CLASSIFIERS
from depthfaces.classify.protocol import Job, fit
from depthfaces.features.store import open_all
from depthfaces.verdict.arm import ADDED, REAL, SYNTHETIC, Arm

TOP = Path(__file__).parents[1]
ARMS = (Arm(REAL), Arm(ADDED, SYNTHETIC, 1.0))


def main(folder: Path, models: list[str]) -> None:
    """Print a row a classifier and arm."""
    settings = params.load(TOP / "params.yaml")
    print("| classifier | trained on | CPU s a fit | macro-F1 on validation |\n|---|---|---|---|")
    for name in models or list(CLASSIFIERS):
        found = open_all(folder, CLASSIFIERS[name].view)
        classes = sorted(set(found["real"].label))
        held = sets.sample(found["real"].part("validation"), classes, "validation")
        for arm in ARMS:
            start = time.thread_time()
            model = fit(Job(arm, name), found, settings)
            seconds = time.thread_time() - start
            score = f1_score(held.y, model.predict(held.x).argmax(axis=1), average="macro")
            print(f"| {name} | {arm.key} | {seconds:.1f} | {score:.3f} |", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
