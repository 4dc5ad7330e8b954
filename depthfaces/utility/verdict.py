"""The verdict, by a rule that is fixed before the run."""

from dataclasses import dataclass

from depthfaces.schema import Compare

USEFUL, HARMFUL, EQUIVALENT = "USEFUL", "HARMFUL", "EQUIVALENT"
NO_EVIDENCE, UNDERPOWERED = "NO EVIDENCE", "UNDERPOWERED"
# With 5 pairs no two-sided rank test can go below p = 0.0625.
MIN_SEEDS = 6

_WITH = "With the synthetic faces, emotions of people never seen are recognised"
WORDS = {
    USEFUL: f"{_WITH} better than with the best classical control.",
    HARMFUL: f"{_WITH} worse than with the best classical control.",
    EQUIVALENT: f"{_WITH} as well as with the best classical control, no better and no worse.",
    NO_EVIDENCE: "This run shows neither that the synthetic faces help nor that they do not.",
    UNDERPOWERED: "This run is too small to say whether the synthetic faces help.",
}


@dataclass(frozen=True)
class Evidence:
    """A difference in macro-F1 against the control: 95 % and 90 % intervals, p after Holm."""

    low: float
    high: float
    low90: float
    high90: float
    p: float


@dataclass(frozen=True)
class Ground:
    """What the evidence rests on: known held-out people, seeds, and a set that is no copy."""

    people: int
    seeds: int
    clean: bool


def judge(evidence: Evidence, ground: Ground, rule: Compare) -> tuple[str, list[str]]:
    """Return the verdict and, where it could not be a better one, the reasons."""
    weak = weaknesses(ground, rule)
    if weak:
        return UNDERPOWERED, weak
    certain = evidence.p < rule.alpha
    if certain and evidence.high < 0:
        return HARMFUL, []
    if certain and evidence.low > 0:
        copied = "the synthetic faces stand too close to the train faces to count as new"
        return (USEFUL, []) if ground.clean else (NO_EVIDENCE, [copied])
    if -rule.margin < evidence.low90 and evidence.high90 < rule.margin:
        return EQUIVALENT, []
    doubt = f"the difference is not surely apart from 0, nor surely within ±{rule.margin:g}"
    return NO_EVIDENCE, [doubt]


def weaknesses(ground: Ground, rule: Compare) -> list[str]:
    """Return why a run is too small for any other verdict; empty if it is not."""
    reasons = []
    if ground.people < rule.min_subjects:
        least = rule.min_subjects
        reasons.append(f"held-out people known: {ground.people}, at least {least} needed")
    if ground.seeds < MIN_SEEDS:
        reasons.append(f"seeds run: {ground.seeds}, at least {MIN_SEEDS} needed")
    return reasons


def is_clean(authentic: dict[str, float | None], rule: Compare) -> bool:
    """Return whether a set's share of authentic faces reaches nearly that of new people's faces.

    An unknown share is not clean.
    """
    value, floor = authentic["value"], authentic["floor"]
    return value is not None and floor is not None and value >= floor - rule.copying
