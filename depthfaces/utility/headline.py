"""The few numbers that tell a run apart from another, for `dvc metrics show` and `diff`."""

from typing import Any

import numpy as np

SHOWN = ("fd", "recall", "coverage", "authentic_share")


def headline(utility: dict[str, Any], metrics: dict[str, Any]) -> dict[str, Any]:
    """Return the verdict with its difference, macro-F1 of real faces alone, and the set's quality.

    Macro-F1 is the mean over the classifiers; a floor is what real faces score in the set's place.
    """
    ours = metrics["sets"]["synthetic"]
    alone = [found["macro_f1"] for found in utility["arms"]["real"].values()]
    return {
        "verdict": utility["verdict"],
        "alarms": metrics["alarms"]["count"],
        "difference": utility["difference"],
        "difference_low": utility["low"],
        "difference_high": utility["high"],
        "real_macro_f1": float(np.mean(alone)),
        "fd_floor": ours["fd"]["floor"],
        **{name: ours[name]["value"] for name in SHOWN},
    }
