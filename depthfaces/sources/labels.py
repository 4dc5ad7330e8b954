"""Names of emotions as data sets write them, and the one name we use for each."""

import sys
import unicodedata
from collections.abc import Iterable
from typing import get_args

from depthfaces import files
from depthfaces.schema import Emotion

LONGEST = 100  # characters of a label, which later names folders and files
_WORDS = {
    "Anger": "anger angry",
    "Contempt": "contempt contemptuous",
    "Disgust": "disgust disgusted",
    "Fear": "fear fearful afraid scared",
    "Happiness": "happiness happy joy joyful",
    "Neutral": "neutral",
    "Sadness": "sadness sad",
    "Surprise": "surprise surprised",
}
NAMES = {word: emotion for emotion, words in _WORDS.items() for word in words.split()}
assert tuple(_WORDS) == get_args(Emotion)


def canonical(name: str) -> str:
    """Return the emotion that `name` stands for, or the name itself where it is none we know."""
    plain = unicodedata.normalize("NFC", name).strip()
    return NAMES.get(plain.casefold(), plain)


def fault(label: str) -> str:
    """Return why `label` cannot name a class (it will name a folder), or ''."""
    if not label:
        return "no label"
    odd = label in {".", ".."} or files.has_control(label) or set(label) & set("/\\")
    return f"label {label[:LONGEST]!r} cannot name a folder" if odd or len(label) > LONGEST else ""


def announce(names: Iterable[str]) -> None:
    """Print on stderr how each class name found was understood."""
    for name in sorted(set(names)):
        known = canonical(name) in _WORDS
        note = canonical(name) if known else f"{canonical(name)} (not an emotion we know: kept)"
        sys.stderr.write(f"label {name!r} -> {note}\n")
