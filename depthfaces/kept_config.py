"""What is stored beside the kept classifiers: read before anything that takes seconds to load."""

from pathlib import Path
from typing import Any

from depthfaces import files
from depthfaces.errors import DataError, ParamsError
from depthfaces.schema import Features

CONFIG = "config.json"
KEYS = ("classes", "size", "unit", "features", "preprocess")


def read(folder: Path, name: str) -> tuple[str, dict[str, Any]]:
    """Return the classifier that `name` asks for, and the config of all in `folder`.

    "" asks for the one that validation likes best.
    """
    if not (folder / CONFIG).is_file():
        raise DataError(f"{folder}: expected classifiers, found none; run `dvc repro classify`")
    known = files.read_json(folder / CONFIG, "models")["models"]
    if name and name not in known:
        raise ParamsError(f"--model: expected one of {', '.join(known)}, found {name!r}")
    config = files.read_json(folder / CONFIG, *KEYS)
    with files.intact(folder / CONFIG):
        Features.model_validate(config["features"])
        return name or max(known, key=lambda one: known[one]["validation_macro_f1"]), config
