"""Emotions as FACS action units, and action units as ARKit facial actions."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.errors import ParamsError

# Typical strength of each action unit at full emotion, 0 to 1, after the EMFACS prototypes.
# 1 inner brow up · 2 outer brow up · 4 brow down · 5 lid up · 6 cheek up · 7 lids tight ·
# 9 nose wrinkle · 10 upper lip up · 12 lip corner up · 14 dimple · 15 lip corner down ·
# 16 lower lip down · 17 chin up · 20 lips stretched · 23 lips tight · 24 lips pressed ·
# 25 lips part · 26 jaw drop · 27 mouth stretch
EMOTIONS: dict[str, dict[int, float]] = {
    "Anger": {4: 1.0, 5: 0.5, 7: 0.8, 10: 0.2, 17: 0.5, 23: 0.9, 24: 0.8},
    "Contempt": {12: 0.5, 14: 1.0},
    "Disgust": {4: 0.4, 7: 0.4, 9: 1.0, 10: 0.8, 15: 0.3, 16: 0.4, 17: 0.4, 25: 0.3},
    "Fear": {1: 1.0, 2: 0.7, 4: 0.6, 5: 1.0, 7: 0.3, 20: 1.0, 25: 0.8, 26: 0.6},
    "Happiness": {6: 0.8, 12: 1.0},
    "Neutral": {},
    "Sadness": {1: 0.9, 4: 0.5, 7: 0.3, 15: 1.0, 17: 0.7},
    "Surprise": {1: 1.0, 2: 1.0, 5: 0.8, 25: 1.0, 26: 0.9},
}
# What comes to it in a frame, one of these: a smile shows teeth or not, a jaw opens more or less.
STYLES: dict[str, tuple[dict[int, float], ...]] = {
    "Happiness": ({}, {25: 0.6, 26: 0.25}, {25: 1.0, 26: 0.6}),
    "Surprise": ({27: 0.6}, {27: 1.0}),
}
# Units shown on one side of the face only.
ONE_SIDED = {"Contempt": (12, 14)}

# ARKit facial actions of an action unit at full strength; "*" stands for Left and Right. The two
# that end in Flesh are ours (flesh.py). jawOpen alone turns the jaw about an axis so high that the
# chin goes back more than down; as the joint also glides, people's comes down by centimetres.
UNITS: dict[int, dict[str, float]] = {
    1: {"browInnerUp": 1.0},
    2: {"browOuterUp*": 1.0},
    4: {"browDown*": 1.0},
    5: {"eyeWide*": 1.0},
    6: {"cheekSquint*": 0.75},
    7: {"eyeSquint*": 1.0},
    9: {"noseSneer*": 1.0, "mouthUpperUp*": 0.2},
    10: {"mouthUpperUp*": 1.0},
    12: {"mouthSmile*": 0.7, "noseSneer*": 0.15, "smileFlesh": 1.0},
    14: {"mouthDimple*": 1.0, "mouth*": 0.15},
    15: {"mouthFrown*": 1.0},
    16: {"mouthLowerDown*": 1.0},
    17: {"mouthShrugLower": 1.0, "mouthShrugUpper": 0.4},
    18: {"mouthPucker": 1.0},
    20: {"mouthStretch*": 1.0},
    22: {"mouthFunnel": 1.0},
    23: {"mouthRollLower": 0.7, "mouthRollUpper": 0.7},
    24: {"mouthPress*": 1.0},
    25: {"mouthLowerDown*": 0.4, "mouthUpperUp*": 0.25, "jawOpen": 0.05},
    26: {"jawOpen": 0.3, "jawForward": 0.5, "jawFlesh": 0.3},
    27: {"jawOpen": 0.95, "jawForward": 1.0, "mouthLowerDown*": 0.9, "jawFlesh": 1.0},
    43: {"eyeBlink*": 1.0},
}
AUS = tuple(UNITS)

DROP_OUT = 0.12  # chance that a unit of the emotion stays silent in a frame
BACKGROUND = 0.08  # mean strength of a unit that has nothing to do with the emotion, when active
ASYMMETRY = 0.10  # standard deviation of left minus right, as a share of the strength
STYLE = 0.3  # of the logarithm of how strongly a person does an action, beside others
STRONGEST = 2.0  # of actions that may go beyond the end of their range


def draw_units(
    emotion: str, low: float, high: float, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Return the strengths (AU, 2) in [0, 1] of one frame, left and right, in the order of `AUS`.

    One intensity, even in [low, high], drives all units of the emotion; each then varies by
    itself, may drop out, and differs a little between the sides. Unrelated units twitch.
    """
    intensity = rng.uniform(low, high)
    styles = STYLES.get(emotion, ({},))
    shown = EMOTIONS[emotion] | styles[rng.integers(len(styles))]
    strengths = np.zeros((len(AUS), 2))
    for row, unit in enumerate(AUS):
        typical = shown.get(unit, 0.0)
        silent, twitch = rng.random() < DROP_OUT, rng.random() < DROP_OUT
        silent = silent and typical < 1  # without its leading units it would be another emotion
        own = 0.0 if silent else typical * intensity * rng.uniform(0.7, 1.3)
        both = own + (rng.exponential(BACKGROUND) if twitch else 0.0)
        strengths[row] = both * (1 + rng.normal(0, ASYMMETRY, 2) / 2)
    if emotion in ONE_SIDED:
        rows = [AUS.index(unit) for unit in ONE_SIDED[emotion]]
        strengths[rows, rng.integers(2)] = 0.0
    return np.clip(strengths, 0, 1)


Mixture = Mapping[int, float | tuple[float, float]]


def mixture(units: Mixture) -> npt.NDArray[np.float64]:
    """Return strengths (AU, 2), left and right, of units by number: one strength, or one a side."""
    strengths = np.zeros((len(AUS), 2))
    for unit, strength in units.items():
        if unit not in UNITS:
            known = ", ".join(map(str, AUS))
            raise ParamsError(f"action unit {unit}: expected one of {known}")
        if not (np.asarray(strength) >= 0).all() or not (np.asarray(strength) <= 1).all():
            raise ParamsError(
                f"action unit {unit}: expected strengths from 0 to 1, found {strength}"
            )
        strengths[AUS.index(unit)] = strength
    return strengths


def actions(
    units: npt.NDArray[np.float64], labels: list[str], style: npt.NDArray[np.float64] | None = None
) -> npt.NDArray[np.float64]:
    """Map unit strengths (AU, 2) to facial-action weights (A,) in the order of `labels`.

    Several units may drive one action; the sum is bounded at 1, the end of the model's range, or a
    little beyond. `style` (A,) are a person's factors.
    """
    weights = np.zeros(len(labels))
    for strength, unit in zip(units, AUS, strict=True):
        for name, share in UNITS[unit].items():
            for side, value in _sides(name, strength).items():
                weights[labels.index(side)] += share * value
    ends = np.array([most(name) for name in labels])
    return np.asarray(np.minimum(weights if style is None else weights * style, ends))


def most(action: str) -> float:
    """Return the end of an action's range: 1 for the model's own, but for one that is short."""
    return STRONGEST if action.endswith("Flesh") or action == "jawForward" else 1.0


def style(person: int, labels: list[str]) -> npt.NDArray[np.float64]:
    """Return how strongly the person with the seed `person` does each action (A,), 1 as others."""
    names = [name.removesuffix("Left").removesuffix("Right") for name in labels]
    rng = seeding.stream(person, "style")
    own = {name: float(np.exp(rng.normal(0, STYLE))) for name in dict.fromkeys(names)}
    return np.array([own[name] for name in names])


def _sides(name: str, strength: npt.NDArray[np.float64]) -> Mapping[str, float]:
    if "*" not in name:
        return {name: float(strength.mean())}
    return {
        name.replace("*", "Left"): float(strength[0]),
        name.replace("*", "Right"): float(strength[1]),
    }
