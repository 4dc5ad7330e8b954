"""What the dvc.yaml files declare beside what the stages' code really imports and reads."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from depthfaces import params
from depthfaces.closure import Checkout

TOP = Path(__file__).parents[1]
CHECKOUT = Checkout(TOP)
KEYS = set(params.known())
# Folder of the scripts: the pipeline that runs them.
PIPELINES = {"stages": "dvc.yaml", "studies": "studies/dvc.yaml"}


def stages(folder: str = "stages") -> dict[str, Any]:
    """Return the stages of the pipeline that runs the scripts in `folder`."""
    path = TOP / PIPELINES[folder]
    content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    return dict(content["stages"])


def entries(stage: dict[str, Any], *kinds: str) -> list[str]:
    """Return the paths under `deps`, `outs`, `metrics`, `plots` without their options."""
    found = [entry for kind in kinds for entry in stage.get(kind, [])]
    return [next(iter(entry)) if isinstance(entry, dict) else entry for entry in found]


def reads(path: Path) -> set[str]:
    """Return the dotted parameters that `path`, and what it hands `Params` to, reads.

    A chain such as `settings.ga.generations` starts at a name bound to `params.load()`, at an
    argument annotated `Params`, or at the call itself. A bare section counts as read whole.
    """
    code = [file for file in CHECKOUT.closure(path) if file.suffix == ".py"]
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in code]
    found = {chain for tree in trees for chain in chains(tree)}
    return {key for key in found if not any(key.startswith(f"{whole}.") for whole in found)}


def chains(tree: ast.Module) -> Iterator[str]:
    """Yield the longest attribute chains on the parameters in one file."""
    roots = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and ast.unparse(node.value) == "params.load()"
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    roots |= {
        node.arg
        for node in ast.walk(tree)
        if isinstance(node, ast.arg)
        and node.annotation
        and ast.unparse(node.annotation) == "Params"
    }
    roots.add("params.load()")
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and id(node) not in inner:
            text = ast.unparse(node)
            for root in roots:
                if text.startswith(f"{root}."):
                    yield from known_part(text.removeprefix(f"{root}."))


def known_part(chain: str) -> Iterator[str]:
    """Yield the longest beginning of `chain` that is a key of params.yaml, if there is one."""
    parts = chain.split(".")
    begins = [".".join(parts[:stop]) for stop in range(len(parts), 0, -1)]
    yield from [begin for begin in begins if begin in KEYS][:1]
