"""Emotions as FACS action units, and action units as ARKit facial actions."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

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
    "Happiness": {6: 0.8, 12: 1.0, 25: 0.6},
    "Neutral": {},
    "Sadness": {1: 0.9, 4: 0.5, 7: 0.3, 15: 1.0, 17: 0.7},
    "Surprise": {1: 1.0, 2: 1.0, 5: 0.8, 25: 1.0, 26: 0.9, 27: 0.7},
}
# Units shown on one side of the face only.
ONE_SIDED = {"Contempt": (12, 14)}

# ARKit facial actions of an action unit at full strength; "*" stands for Left and Right.
UNITS: dict[int, dict[str, float]] = {
    1: {"browInnerUp": 1.0},
    2: {"browOuterUp*": 1.0},
    4: {"browDown*": 1.0},
    5: {"eyeWide*": 1.0},
    6: {"cheekSquint*": 1.0},
    7: {"eyeSquint*": 1.0},
    9: {"noseSneer*": 1.0, "mouthUpperUp*": 0.2},
    10: {"mouthUpperUp*": 1.0},
    12: {"mouthSmile*": 1.0},
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
    26: {"jawOpen": 0.35},
    27: {"jawOpen": 0.75},
    43: {"eyeBlink*": 1.0},
}
AUS = tuple(UNITS)

DROP_OUT = 0.12  # chance that a unit of the emotion stays silent in a frame
BACKGROUND = 0.08  # mean strength of a unit that has nothing to do with the emotion, when active
ASYMMETRY = 0.10  # standard deviation of left minus right, as a share of the strength


def draw_units(
    emotion: str, low: float, high: float, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Return the strengths (AU, 2) in [0, 1] of one frame, left and right, in the order of `AUS`.

    One intensity, even in [low, high], drives all units of the emotion; each then varies by
    itself, may drop out, and differs a little between the sides. Unrelated units twitch.
    """
    intensity = rng.uniform(low, high)
    strengths = np.zeros((len(AUS), 2))
    for row, unit in enumerate(AUS):
        typical = EMOTIONS[emotion].get(unit, 0.0)
        silent, twitch = rng.random() < DROP_OUT, rng.random() < DROP_OUT
        own = 0.0 if silent else typical * intensity * rng.uniform(0.7, 1.3)
        both = own + (rng.exponential(BACKGROUND) if twitch else 0.0)
        strengths[row] = both * (1 + rng.normal(0, ASYMMETRY, 2) / 2)
    if emotion in ONE_SIDED:
        rows = [AUS.index(unit) for unit in ONE_SIDED[emotion]]
        strengths[rows, rng.integers(2)] = 0.0
    return np.clip(strengths, 0, 1)


def actions(units: npt.NDArray[np.float64], labels: list[str]) -> npt.NDArray[np.float64]:
    """Map unit strengths (AU, 2) to facial-action weights (A,) in the order of `labels`.

    Several units may drive one action; the sum is bounded at 1, the end of the model's range.
    """
    weights = np.zeros(len(labels))
    for strength, unit in zip(units, AUS, strict=True):
        for name, share in UNITS[unit].items():
            for side, value in _sides(name, strength).items():
                weights[labels.index(side)] += share * value
    return np.minimum(weights, 1.0)


def _sides(name: str, strength: npt.NDArray[np.float64]) -> Mapping[str, float]:
    if "*" not in name:
        return {name: float(strength.mean())}
    return {
        name.replace("*", "Left"): float(strength[0]),
        name.replace("*", "Right"): float(strength[1]),
    }
