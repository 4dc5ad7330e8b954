"""The rule that turns evidence into a verdict, fixed before the run."""

from dataclasses import dataclass

from depthfaces.schema import Compare

USEFUL, HARMFUL, EQUIVALENT = "USEFUL", "HARMFUL", "EQUIVALENT"
NO_EVIDENCE, UNDERPOWERED, STOPPED = "NO EVIDENCE", "UNDERPOWERED", "STOPPED BY AN ALARM"
# With 5 pairs no two-sided rank test can go below p = 0.0625.
MIN_SEEDS = 6

_WITH_SYNTHETIC = "With the synthetic faces on top, emotions of people never seen are recognised"
VERDICT_WORDS = {
    USEFUL: f"{_WITH_SYNTHETIC} better than with every classical control.",
    HARMFUL: f"{_WITH_SYNTHETIC} worse than without them.",
    EQUIVALENT: f"{_WITH_SYNTHETIC} as well as without them, no better and no worse.",
    NO_EVIDENCE: "This run shows neither that the synthetic faces help nor that they do not.",
    UNDERPOWERED: "This run is too small to say whether the synthetic faces help.",
    STOPPED: "The synthetic faces are not what they should be, so what they help is not judged.",
}


@dataclass(frozen=True)
class Evidence:
    """A difference in macro-F1: its 95 % and 90 % intervals, and p of "no difference"."""

    low: float
    high: float
    low90: float
    high90: float
    p: float


@dataclass(frozen=True)
class Ground:
    """The basis of the evidence: numbers of known held-out people and seeds, and alarms."""

    people: int
    seeds: int
    alarms: tuple[str, ...] = ()


def judge_evidence(
    evidence: Evidence, ground: Ground, rule: Compare, beaten_controls: dict[str, bool]
) -> tuple[str, list[str]]:
    """Return the verdict, and the reasons why it is not a better one.

    `beaten_controls` tells for each control whether the interval against it lies above 0.
    """
    if ground.alarms:
        return STOPPED, list(ground.alarms)
    shortcomings = weaknesses(ground, rule)
    if shortcomings:
        return UNDERPOWERED, shortcomings
    if evidence.p < rule.alpha and evidence.high < 0:
        return HARMFUL, []
    if evidence.p < rule.alpha and evidence.low > 0:
        unbeaten = [title for title, is_beaten in beaten_controls.items() if not is_beaten]
        doubt = f"it is not surely better than: {', '.join(unbeaten)}"
        return (NO_EVIDENCE, [doubt]) if unbeaten else (USEFUL, [])
    if -rule.margin < evidence.low90 and evidence.high90 < rule.margin:
        return EQUIVALENT, []
    doubt = f"the difference is not surely apart from 0, nor surely within ±{rule.margin:g}"
    return NO_EVIDENCE, [doubt]


def weaknesses(ground: Ground, rule: Compare) -> list[str]:
    """Return the reasons why a run is too small for any other verdict, if any."""
    reasons = []
    if ground.people < rule.min_subjects:
        min_people = rule.min_subjects
        reasons.append(f"held-out people known: {ground.people}, at least {min_people} needed")
    if ground.seeds < MIN_SEEDS:
        reasons.append(f"seeds run: {ground.seeds}, at least {MIN_SEEDS} needed")
    return reasons


def copies(authentic: dict[str, float | None], rule: Compare) -> list[str]:
    """Return the reasons why a set counts as copied: an authentic share far below its floor.

    The floor is the share of new people's faces. An unknown share does not pass.
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
