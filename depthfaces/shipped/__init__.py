"""Nets that learned from virtual people alone, for `recognise` before anything was trained.

The folder holds what models/classify holds after a run; `python -m bench.recogniser` makes it anew.
"""

from pathlib import Path
from typing import Any

from depthfaces import files
from depthfaces.errors import ParamsError
from depthfaces.kept_config import CONFIG

FOLDER = Path(__file__).parent
LIKE = ("unit", "crop", "front", "back", "frontalise")  # what a face's look hangs on
UNITS = FOLDER / "units"  # nets that say how strongly each action unit is shown


def folder_to_ask(asked: Path, usual: Path, model: str, source: str) -> Path:
    """Return the folder of classifiers that answer: `asked`, or in place of the usual one `FOLDER`.

    That is where nothing is kept yet, and where what is kept, and not asked for by its name
    `model`, learned from virtual people (`data.source`) too: the package's nets met more of them.
    """
    if asked != usual:
        return asked
    if not (asked / CONFIG).is_file():
        return FOLDER
    config = files.read_json(asked / CONFIG, "unit", "classes", "preprocess")
    mine = files.read_json(FOLDER / CONFIG, "classes")
    known = set(config["classes"]) <= set(mine["classes"])
    same = source == "virtual" and known and difference(config, (*LIKE, "size")) is None
    return FOLDER if same and not model else asked


def difference(config: dict[str, Any], keys: tuple[str, ...]) -> tuple[str, Any, Any] | None:
    """Return the first of `keys` in which faces differ from what the package's nets saw.

    With it: what they saw, and what `config` has.
    """
    mine = files.read_json(FOLDER / CONFIG, "unit", "preprocess")
    expected, found = ({"unit": one["unit"], **one["preprocess"]} for one in (mine, config))
    differing = ((key, expected[key], found.get(key)) for key in keys)
    return next((one for one in differing if one[1] != one[2]), None)


def check_like(config: dict[str, Any]) -> None:
    """Refuse faces that were prepared in another way than those that the package's nets saw."""
    if wrong := difference(config, LIKE):
        key, expected, found = wrong
        raise ParamsError(
            f"--units: expected faces of {key} {expected}, as the nets of the package learned "
            f"from, found {found}"
        )
