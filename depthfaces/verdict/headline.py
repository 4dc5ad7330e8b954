"""The few numbers that tell a run apart from another, for `dvc metrics show` and `diff`."""

from typing import Any

SHOWN = ("fd", "recall", "authentic_share")


def headline(verdict: dict[str, Any], metrics: dict[str, Any]) -> dict[str, Any]:
    """Return the verdict with its difference, macro-F1 of real faces alone, and the set's quality.

    Macro-F1 is that of the primary classifier; a floor is what real faces score in the set's place.
    """
    ours = metrics["sets"]["synthetic"]
    model, control = verdict["primary"]["model"], verdict["primary"]["control"]
    return {
        "verdict": verdict["verdict"],
        "difference": verdict["difference"],
        "difference_low": verdict["low"],
        "difference_high": verdict["high"],
        "real_macro_f1": verdict["arms"]["real"][model]["macro_f1"],
        "control_macro_f1": verdict["arms"][control][model]["macro_f1"],
        "alarms": len(verdict["alarms"]),
        "fd_floor": ours["fd"]["floor"],
        **{name: ours[name]["value"] for name in SHOWN},
    }
