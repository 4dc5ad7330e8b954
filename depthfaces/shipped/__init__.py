"""Nets that learned from virtual people alone, for `recognise` before anything was trained.

The folder holds what models/classify holds after a run; `python -m bench.recogniser` makes it anew.
"""

from pathlib import Path

from depthfaces.kept_config import CONFIG

FOLDER = Path(__file__).parent


def in_place_of(default: Path, folder: Path) -> Path:
    """Return `folder`; but `FOLDER` if that is the default one and holds no classifiers yet."""
    return FOLDER if folder == default and not (folder / CONFIG).is_file() else folder
