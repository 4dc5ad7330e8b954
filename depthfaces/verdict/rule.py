"""The verdict, by a rule that is fixed before the run."""

from dataclasses import dataclass

from depthfaces.schema import Compare

USEFUL, HARMFUL, EQUIVALENT = "USEFUL", "HARMFUL", "EQUIVALENT"
NO_EVIDENCE, UNDERPOWERED, STOPPED = "NO EVIDENCE", "UNDERPOWERED", "STOPPED BY AN ALARM"
# With 5 pairs no two-sided rank test can go below p = 0.0625.
MIN_SEEDS = 6

_WITH = "With the synthetic faces on top, emotions of people never seen are recognised"
WORDS = {
    USEFUL: f"{_WITH} better than with every classical control.",
    HARMFUL: f"{_WITH} worse than without them.",
    EQUIVALENT: f"{_WITH} as well as without them, no better and no worse.",
    NO_EVIDENCE: "This run shows neither that the synthetic faces help nor that they do not.",
    UNDERPOWERED: "This run is too small to say whether the synthetic faces help.",
    STOPPED: "The synthetic faces are not what they should be, so what they help is not judged.",
}


@dataclass(frozen=True)
class Evidence:
    """A difference in macro-F1: 95 % and 90 % intervals, and p of "no difference"."""

    low: float
    high: float
    low90: float
    high90: float
    p: float


@dataclass(frozen=True)
class Ground:
    """What the evidence rests on: known held-out people, seeds, and the alarms that ring."""

    people: int
    seeds: int
    alarms: tuple[str, ...] = ()


def judge(
    evidence: Evidence, ground: Ground, rule: Compare, beaten: dict[str, bool]
) -> tuple[str, list[str]]:
    """Return the verdict and, where it could not be a better one, the reasons.

    `beaten` says of each control whether the interval against it lies above 0.
    """
    if ground.alarms:
        return STOPPED, list(ground.alarms)
    weak = weaknesses(ground, rule)
    if weak:
        return UNDERPOWERED, weak
    if evidence.p < rule.alpha and evidence.high < 0:
        return HARMFUL, []
    if evidence.p < rule.alpha and evidence.low > 0:
        unbeaten = [title for title, won in beaten.items() if not won]
        doubt = f"it is not surely better than: {', '.join(unbeaten)}"
        return (NO_EVIDENCE, [doubt]) if unbeaten else (USEFUL, [])
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


def copies(authentic: dict[str, float | None], rule: Compare) -> list[str]:
    """Return why a set counts as copied: its authentic share lies far below new people's faces'.

    An unknown share is not taken for a good one.
    """
    value, floor = authentic["value"], authentic["floor"]
    if value is None or floor is None:
        return ["whether the synthetic faces are copies could not be measured"]
    if value < floor - rule.copying:
        return [
            f"{value:.0%} of the synthetic faces are no near copy of a train face; of new "
            f"people's faces {floor:.0%} are"
        ]
    return []
