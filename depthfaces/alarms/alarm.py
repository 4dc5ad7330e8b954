"""An alarm: the measured value, the range of honest sets, and what the difference means."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

STOP = "stop"


class Alarm(NamedTuple):
    """One fault of a synthetic set; `share` is that of the faces concerned, None for the whole set.

    `expected` is the range that real people reach in the synthetic set's place; an infinite bound
    is no bound.
    """

    name: str
    measured: float
    expected: tuple[float, float]
    share: float | None
    words: str
    severity: str = STOP


def document(alarms: Sequence[Alarm]) -> dict[str, Any]:
    """Return the alarms as in metrics.json: their count, and each with its figures."""
    alarm_rows = [
        {
            "name": alarm.name,
            "measured": float(alarm.measured),
            "expected": [float(bound) if np.isfinite(bound) else None for bound in alarm.expected],
            "share": None if alarm.share is None else float(alarm.share),
            "words": alarm.words,
            "severity": alarm.severity,
        }
        for alarm in alarms
    ]
    return {"count": len(alarm_rows), "alarms": alarm_rows}


def sentences(alarms: Sequence[Alarm]) -> list[str]:
    """Return one plain sentence per alarm, for the top of the page."""
    return [alarm.words for alarm in alarms]
