"""What the dvc.yaml files declare beside what the stages' code really imports and reads."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from depthfaces import params

TOP = Path(__file__).parents[1]
# It holds the version and nothing else, so no result depends on it.
EXEMPT = "depthfaces/__init__.py"
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


def closure(path: Path) -> set[Path]:
    """Return `path` and every file of the package that it imports, directly or not."""
    seen: set[Path] = set()
    waiting = [path]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting += imports(current)
    return {found for found in seen if found.relative_to(TOP).as_posix() != EXEMPT}


def imports(path: Path) -> Iterator[Path]:
    """Yield the files of the package that the file at `path` needs, packages' own included."""
    if path.suffix != ".py":
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for name in modules(node):
            parts = name.split(".")
            for stop in range(1, len(parts) + 1):
                yield from files(TOP.joinpath(*parts[:stop]))
        if isinstance(node, ast.Constant) and re.fullmatch(r"\w+\.\w+", str(node.value)):
            beside = path.parent / str(node.value)  # weights, tables, templates
            if beside.is_file():
                yield beside


def modules(node: ast.AST) -> list[str]:
    """Return the dotted names that may be modules; families load their members by such a text."""
    match node:
        case ast.Import():
            return [alias.name for alias in node.names]
        case ast.ImportFrom(module=str(module)):
            return [module, *(f"{module}.{alias.name}" for alias in node.names)]
        case ast.Constant(value=str(text)):
            return re.findall(r"^depthfaces(?:\.\w+)+$", text)
    return []


def files(module: Path) -> Iterator[Path]:
    """Yield the file of a module of ours, if it is one."""
    if module.relative_to(TOP).parts[0] == "depthfaces":
        candidates = (module / "__init__.py", module.with_suffix(".py"))
        yield from (path for path in candidates if path.is_file())


def reads(path: Path) -> set[str]:
    """Return the dotted parameters that `path`, and what it hands `Params` to, reads.

    A chain such as `settings.ga.generations` starts at a name bound to `params.load()`, at an
    argument annotated `Params`, or at the call itself. A bare section counts as read whole.
    """
    code = [file for file in closure(path) if file.suffix == ".py"]
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
