"""Read and check params.yaml: every mistake at once, each with its path and what was expected."""

import difflib
import reprlib
from pathlib import Path
from typing import Any

import pydantic
from ruamel.yaml import YAML

from depthfaces.errors import ParamsError
from depthfaces.schema import Params

FILE = Path("params.yaml")
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 200  # characters


def load(path: Path = FILE) -> Params:
    """Return the checked parameters, or raise one error that lists every mistake."""
    return check(read(path), str(path))


def read(path: Path = FILE) -> Any:
    """Return the bare content of a YAML 1.2 file (there 2e-4 is a number; tags build nothing)."""
    try:
        return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParamsError(f"{path}: not found; run from the repository's top folder") from None
    except OSError:
        raise
    except Exception as fault:  # YAMLError, and what the reader's own steps raise at odd text
        text = " ".join(str(fault).split())[:400] or type(fault).__name__
        raise ParamsError(f"{path}: not readable as YAML: {text}") from None


def check(content: Any, name: str = "params.yaml") -> Params:
    """Check `content` against the schema."""
    try:
        return Params.model_validate(content)
    except pydantic.ValidationError as fault:
        lines = [_line(error) for error in fault.errors(include_url=False)]
        raise ParamsError(f"{name} has {len(lines)} mistake(s)\n  " + "\n  ".join(lines)) from None


def _line(error: Any) -> str:
    where = tuple(error["loc"])
    path = ".".join(map(str, where))
    if error["type"] == "missing":
        return f"{path}: expected a value, found none"
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(path, known(), n=1, cutoff=0.5)
        return f"{path}: unknown key" + (f"; did you mean {near[0]}?" if near else "")
    if error["type"] == "value_error":
        return f"{path}: {error['ctx']['error']}".removeprefix(": ")
    expected = error["msg"].removeprefix("Input should be ")
    return f"{path}: expected {expected}, found {_short(error['input'])}"


def _short(value: Any) -> str:
    """Return a value as text of bounded length; YAML's references nest it beyond measure."""
    try:
        return _SHORT.repr(value)
    except ValueError:  # Python does not write out whole numbers of thousands of digits
        return "a number of thousands of digits"


def known(model: type[pydantic.BaseModel] = Params, prefix: str = "") -> list[str]:
    """Return the dotted path of every key, sections included."""
    paths = []
    for name, field in model.model_fields.items():
        paths.append(prefix + name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, pydantic.BaseModel):
            paths += known(field.annotation, f"{prefix}{name}.")
    return paths
