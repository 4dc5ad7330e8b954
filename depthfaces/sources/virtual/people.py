"""Who stands before the camera: a draw of a face's shape, hair and shoulders."""

from dataclasses import dataclass

import numpy as np

# Parts of the face and head that the model's local changes may alter.
PARTS = (
    "cheek", "chin", "ear", "eyebrows", "eye", "forehead", "head", "mouth", "neck", "nose",
)  # fmt: skip
SPREAD = 0.18  # standard deviation of a local change; 1 is the end of the model's range
# Width, height and depth of heads as shares of the model's, mean and standard deviation: the faces
# of six recorded people are a twentieth wider.
SIZE, SIZE_SPREAD = (1.05, 1.0, 1.0), (0.05, 0.04, 0.05)
ASYMMETRY = 0.04  # standard deviation of left minus right
# Changes that tear the head from its neck or age it beyond the phenotype: left alone.
SKIPPED = ("neck-trans", "head-trans", "neck-double", "head-age")


@dataclass(frozen=True)
class Person:
    """One subject; lengths in millimetres."""

    phenotypes: dict[str, float]
    changes: dict[str, float]
    expressiveness: float  # factor on every emotion's intensity
    hair: float  # thickness of the hair on the scalp
    curls: float  # height of its bumps
    hairline: float  # how far it comes down the forehead
    locks: float  # length of long hair beside the face, 0 = none
    opening: float  # half angle in radians that long hair leaves free in front
    shoulders: float  # half width
    seed: int  # of the bumps
    size: tuple[float, float, float]  # factors on the head's width, height and depth


def draw(rng: np.random.Generator, labels: list[str]) -> Person:
    """Draw one adult; `labels` are the names of the model's local changes."""
    ancestry = rng.dirichlet((0.7, 0.7, 0.7))
    phenotypes = {
        "gender": float(rng.beta(0.5, 0.5)),
        "age": float(rng.uniform(0.6, 0.88)),  # 0.67 is a young adult, 1 is old
        "muscle": float(rng.uniform(0.3, 0.8)),
        "weight": float(rng.beta(2, 2)),
        "height": 0.5,
        "proportions": float(rng.uniform(0.3, 0.9)),
        "african": float(ancestry[0]),
        "asian": float(ancestry[1]),
        "caucasian": float(ancestry[2]),
    }
    long_hair = rng.random() < 0.2 + 0.5 * (phenotypes["gender"] < 0.5)
    return Person(
        phenotypes=phenotypes,
        changes=_changes(rng, labels),
        expressiveness=float(rng.uniform(0.85, 1.2)),
        hair=float(rng.choice([0.0, rng.uniform(4, 30)], p=[0.12, 0.88])),
        curls=float(rng.uniform(0.5, 7)),
        hairline=float(rng.uniform(-12, 18)),
        locks=float(rng.uniform(120, 300)) if long_hair else 0.0,
        opening=float(rng.uniform(0.75, 1.35)),
        shoulders=float(rng.uniform(175, 235)),
        seed=int(rng.integers(2**31)),
        size=tuple(rng.normal(SIZE, SIZE_SPREAD).tolist()),
    )


def _changes(rng: np.random.Generator, labels: list[str]) -> dict[str, float]:
    """Return local changes; the left and the right of a pair share their value, nearly."""
    values: dict[str, float] = {}
    for label in labels:
        side, name = (label[:2], label[2:]) if label[:2] in {"l-", "r-"} else ("", label)
        if not name.startswith(PARTS) or name.startswith(SKIPPED):
            continue
        twin = values.get(f"l-{name}") if side == "r-" else None
        value = rng.normal(0, SPREAD) if twin is None else twin + rng.normal(0, ASYMMETRY)
        values[label] = float(np.clip(value, -0.8, 0.8))
    return values
