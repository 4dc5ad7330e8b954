"""Nets that learned from virtual people alone, for `recognise` before anything was trained.

The folder holds what models/classify holds after a run; `python -m bench.recogniser` makes it anew.
"""

from pathlib import Path

from depthfaces.kept_config import CONFIG

FOLDER = Path(__file__).parent


def place(asked: Path, usual: Path) -> Path:
    """Return the folder `asked`; in place of the usual one, if nothing is kept there, `FOLDER`."""
    return asked if asked != usual or (asked / CONFIG).is_file() else FOLDER
