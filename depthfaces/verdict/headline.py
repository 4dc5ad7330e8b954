"""The few numbers that distinguish runs, for `dvc metrics show` and `diff`."""

from typing import Any

SHOWN_METRICS = ("fd", "recall", "authentic_share")


def headline(verdict: dict[str, Any], metrics: dict[str, Any]) -> dict[str, Any]:
    """Return the verdict with its difference, macro-F1 of real faces alone, and the set's quality.

    Macro-F1 is that of the primary classifier; a floor is the score of real faces in the set's
    place.
    """
    set_metrics = metrics["sets"]["synthetic"]
    model, control = verdict["primary"]["model"], verdict["primary"]["control"]
    return {
        "verdict": verdict["verdict"],
        "difference": verdict["difference"],
        "difference_low": verdict["low"],
        "difference_high": verdict["high"],
        "real_macro_f1": verdict["arms"]["real"][model]["macro_f1"],
        "control_macro_f1": verdict["arms"][control][model]["macro_f1"],
        "alarms": len(verdict["alarms"]),
        "fd_floor": set_metrics["fd"]["floor"],
        **{name: set_metrics[name]["value"] for name in SHOWN_METRICS},
    }
