"""Which code a script runs: the files that it imports, and a digest of each that ignores words."""

import ast
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGE = "depthfaces"
# It holds the version and names for users, so no result depends on it.
EXEMPT = f"{PACKAGE}/__init__.py"
SECTION = "Section"  # base of the classes that declare parameters


class Checkout:
    """The code below the folder `top`; each file is read once."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self._imports: dict[Path, list[Path]] = {}
        self._digests: dict[Path, str] = {}

    def closure(self, script: Path) -> set[Path]:
        """Return `script` and every file of the package that it needs, directly or not."""
        seen: set[Path] = set()
        waiting = [script]
        while waiting:
            current = waiting.pop()
            if current not in seen:
                seen.add(current)
                waiting += self.imports(current)
        return seen - {self.top / EXEMPT}

    def imports(self, path: Path) -> list[Path]:
        """Return the files of the package that the file at `path` needs itself."""
        if path not in self._imports:
            self._imports[path] = list(needed(path, self.top)) if path.suffix == ".py" else []
        return self._imports[path]

    def digest(self, path: Path) -> str:
        """Return the checksum of what the file at `path` does."""
        if path not in self._digests:
            content = path.read_bytes()
            effect = effect_of(content).encode() if path.suffix == ".py" else content
            self._digests[path] = hashlib.sha256(effect).hexdigest()[:16]
        return self._digests[path]

    def digests(self, script: Path) -> str:
        """Return one line per file that `script` needs: its digest and its path."""
        each = {path.relative_to(self.top).as_posix(): path for path in self.closure(script)}
        return "".join(f"{self.digest(each[name])}  {name}\n" for name in sorted(each))


def needed(path: Path, top: Path) -> Iterator[Path]:
    """Yield the files of the package that a Python file names: modules, and data beside it."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        for name in modules(node):
            parts = name.split(".")
            for stop in range(1, len(parts) + 1):
                yield from files_of(parts[:stop], top)
        if isinstance(node, ast.Name) and node.id in {"__file__", "__package__"}:
            yield from data_beside(path.parent)


def modules(node: ast.AST) -> list[str]:
    """Return the dotted names that may be modules; families load their members by such a text."""
    match node:
        case ast.Import():
            return [alias.name for alias in node.names]
        case ast.ImportFrom(module=str(module)):
            return [module, *(f"{module}.{alias.name}" for alias in node.names)]
        case ast.Constant(value=str(text)):
            return re.findall(rf"^{PACKAGE}(?:\.\w+)+$", text)
    return []


def files_of(module: list[str], top: Path) -> Iterator[Path]:
    """Yield the file of a module, given by the parts of its name, if it is one of ours."""
    if module[0] == PACKAGE:
        path = top.joinpath(*module)
        candidates = (path / "__init__.py", path.with_suffix(".py"))
        yield from (candidate for candidate in candidates if candidate.is_file())


def data_beside(folder: Path) -> Iterator[Path]:
    """Yield weights, tables and templates below a package's folder, not those of packages in it."""
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.suffix not in {".py", ".pyc"}:
            yield path
        elif path.is_dir() and path.name != "__pycache__" and not (path / "__init__.py").is_file():
            yield from data_beside(path)


def effect_of(code: bytes) -> str:
    """Return Python code without what does nothing: comments, docstrings and layout.

    Nor do declarations of parameters: the values that a stage reads stand under `params` in
    dvc.yaml.
    """
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            node.body = [line for line in node.body if not is_idle(line, node)] or [ast.Pass()]
    return ast.unparse(tree)


def is_idle(line: ast.stmt, owner: ast.AST) -> bool:
    """Return whether a line of `owner` is a docstring, or declares a parameter."""
    if isinstance(line, ast.Expr):
        return isinstance(line.value, ast.Constant) and isinstance(line.value.value, str)
    bases = owner.bases if isinstance(owner, ast.ClassDef) else []
    of_section = any(isinstance(base, ast.Name) and base.id == SECTION for base in bases)
    return of_section and isinstance(line, ast.AnnAssign) and line.value is None
