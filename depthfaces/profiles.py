"""Profiles: small files in profiles/ that overlay params.yaml, e.g. for a run of a minute."""

import difflib
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from depthfaces import files, params
from depthfaces.errors import ParamsError
from depthfaces.schema import Params


def names(top: Path = Path()) -> list[str]:
    """Return the names of all profiles of the project at `top`."""
    return sorted(path.stem for path in (top / "profiles").glob("*.yaml"))


def load(name: str, top: Path = Path()) -> dict[str, Any]:
    """Return what the profile changes, as {dotted key: value}, after a check of the outcome."""
    if name not in names(top):
        raise ParamsError(f"{name}: no such profile; known: {', '.join(names(top))}")
    path = top / "profiles" / f"{name}.yaml"
    base = params.read(top / params.FILE)
    changes = flatten(params.read(path) or {}, base, str(path))
    params.check(overlay(base, changes), f"{params.FILE} under {path}")
    return changes


def params_of(name: str, top: Path = Path()) -> Params:
    """Return the checked parameters as the profile changes them."""
    content = overlay(params.read(top / params.FILE), load(name, top))
    return params.check(content, f"{params.FILE} under profiles/{name}.yaml")


def flatten(patch: Any, base: Any, name: str, prefix: str = "") -> dict[str, Any]:
    """Return the leaves of `patch` by dotted key; a key that `base` does not have is an error."""
    if not isinstance(patch, dict):
        raise ParamsError(f"{name}: {prefix or 'top'}: expected keys, found {patch!r}")
    leaves: dict[str, Any] = {}
    for key, value in patch.items():
        if key not in base:
            near = difflib.get_close_matches(str(key), base, n=1, cutoff=0.5)
            hint = f"; did you mean {prefix}{near[0]}?" if near else ""
            raise ParamsError(f"{name}: {prefix}{key}: unknown key{hint}")
        if isinstance(base[key], dict):
            leaves |= flatten(value, base[key], name, f"{prefix}{key}.")
        else:
            leaves[prefix + key] = value
    return leaves


def overlay(base: Any, changes: dict[str, Any]) -> Any:
    """Put each value of `changes` into the nested mapping `base`, in place, and return it."""
    for path, value in changes.items():
        *sections, key = path.split(".")
        place = base
        for section in sections:
            place = place[section]
        place[key] = value
    return base


def settings(changes: dict[str, Any]) -> str:
    """Return `changes` as arguments of `dvc exp run`: -S key=value ..."""
    return " ".join(f"-S {key}={_word(key, value)}" for key, value in changes.items())


def write(path: Path, changes: dict[str, Any]) -> None:
    """Write `changes` into the params.yaml at `path`; its comments stay."""
    yaml = YAML()
    content = overlay(yaml.load(path.read_text(encoding="utf-8")), changes)
    with files.atomic(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        yaml.dump(content, file)


def _word(key: str, value: Any) -> str:
    """Return `value` as one word that needs no quotes in a shell."""
    if isinstance(value, list):
        return "[" + ",".join(_word(key, item) for item in value) + "]"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if not text or not all(letter.isalnum() or letter in "._-/" for letter in text):
        raise ParamsError(f"{key}: {value!r} cannot stand on a command line; use a scratch project")
    return text
