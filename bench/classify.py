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
    """Print one row per classifier and arm."""
    settings = params.load(TOP / "params.yaml")
    print("| classifier | trained on | CPU s a fit | macro-F1 on validation |\n|---|---|---|---|")
    for model_name in models or list(CLASSIFIERS):
        feature_sets = open_all(folder, CLASSIFIERS[model_name].view)
        classes = sorted(set(feature_sets["real"].label))
        held_out = sets.labelled_sample(
            feature_sets["real"].part("validation"), classes, "validation"
        )
        for arm in ARMS:
            start_time = time.thread_time()
            model = fit(Job(arm, model_name), feature_sets, settings)
            seconds = time.thread_time() - start_time
            macro_f1 = f1_score(
                held_out.y, model.predict(held_out.x).argmax(axis=1), average="macro"
            )
            print(f"| {model_name} | {arm.key} | {seconds:.1f} | {macro_f1:.3f} |", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
