"""What is stored beside the kept classifiers: read before anything that takes seconds to load."""

from pathlib import Path
from typing import Any

from depthfaces import files
from depthfaces.errors import DataError, ParamsError

CONFIG = "config.json"


def read(folder: Path, name: str) -> tuple[str, dict[str, Any]]:
    """Return the classifier that `name` asks for, and the config of all in `folder`.

    "" asks for the one that validation likes best.
    """
    if not (folder / CONFIG).is_file():
        raise DataError(f"{folder}: expected classifiers, found none; run `dvc repro classify`")
    config = files.read_json(folder / CONFIG)
    known = config["models"]
    if name and name not in known:
        raise ParamsError(f"--model: expected one of {', '.join(known)}, found {name!r}")
    return name or max(known, key=lambda one: known[one]["validation_macro_f1"]), config
