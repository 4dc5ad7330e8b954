"""Make every number of the report again from what is stored, and find the first that differs."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from depthfaces import comparison, files
from depthfaces.classify.keep import reliabilities
from depthfaces.classify.scores import summary
from depthfaces.errors import DataError, IntegrityError
from depthfaces.few import experiment
from depthfaces.few.answer import answer
from depthfaces.metrics.fidelity import Sides
from depthfaces.report import page, results
from depthfaces.schema import Params

# Sums in another order (another processor, another library) differ by less.
TOLERANCE = 1e-6


def verify(data: Path, models: Path, reports: Path, params: Params) -> int:
    """Return how many values were made again; raise IntegrityError at the first that differs.

    From predictions, features, images and the spaces' vectors in `data`, and the predictions of the
    kept classifiers in `models`: all JSON and CSV of the comparison, the classifiers' scores, the
    experiment with few people, and the page.
    """
    count = 0
    for name, expected in documents(data, models, params).items():
        path = reports / name
        if not path.is_file():
            raise DataError(f"{path}: expected a result, found none; run `dvc repro`")
        with files.intact(path):
            stored = (
                files.read_json(path) if name.endswith(".json") else cells(files.read_text(path))
            )
        made = cells(expected) if isinstance(expected, str) else expected
        for where, difference in differences(made, stored):
            raise IntegrityError(f"{path}: {where}: {difference}; run `dvc repro`")
        count += leaves(made)
    return count + check_page(data, reports, params)


def documents(data: Path, models: Path, params: Params) -> dict[str, Any]:
    """Return every result {path below reports/: content} as it has to be."""
    inputs = comparison.Inputs.open(data)
    sides = Sides(comparison.shapely(inputs.sets), inputs.images, params)
    vectors = comparison.read_vectors(data / "points")
    found = comparison.compare(inputs, sides, vectors, params)
    scores = summary(inputs.predictions) | {"kept": reliabilities(models)}
    few = answer(*experiment.read(data / "few"), params)
    return found | {"classify.json": scores, "few/few.json": few}


def check_page(data: Path, reports: Path, params: Params) -> int:
    """Build the page from the (by now verified) results and compare it line by line."""
    path = reports / "index.html"
    if not path.is_file():
        raise DataError(f"{path}: expected the report, found none; run `dvc repro`")
    found = results.load(reports, data / "faces", data / "synthetic", data / "baselines")
    made = page.build(found, params.report.columns).splitlines()
    with files.intact(path):
        stored = files.read_text(path).splitlines()
    for number, (line, other) in enumerate(zip(made, stored, strict=False), 1):
        if line != other:
            raise IntegrityError(
                f"{path}: line {number}: expected {line.strip()[:60]!r}, found "
                f"{other.strip()[:60]!r}; run `dvc repro`"
            )
    if len(made) != len(stored):
        raise IntegrityError(f"{path}: expected {len(made)} lines, found {len(stored)}")
    return len(made)


def differences(made: Any, stored: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Yield (dotted path, what differs) of nested values; numbers may differ by rounding."""
    if isinstance(made, dict) and isinstance(stored, dict):
        for key in sorted({*made, *stored}, key=str):
            path = f"{where}.{key}" if where else str(key)
            if key not in stored or key not in made:
                yield path, "missing" if key not in stored else "not made by this run"
            else:
                yield from differences(made[key], stored[key], path)
    elif isinstance(made, list) and isinstance(stored, list) and len(made) == len(stored):
        for number, pair in enumerate(zip(made, stored, strict=True)):
            yield from differences(*pair, f"{where}[{number}]")
    elif not same(made, stored):
        yield where, f"expected {short(made)}, found {short(stored)}"


def same(made: Any, stored: Any) -> bool:
    """Whether two leaves are equal, numbers up to rounding."""
    if is_number(made) and is_number(stored):
        return math.isclose(made, stored, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return type(made) is type(stored) and bool(made == stored)


def is_number(value: Any) -> bool:
    """Whether a leaf is a number; True and False are not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def short(value: Any) -> str:
    """Return a leaf as text; of nested values only their size."""
    if isinstance(value, (dict, list)):
        return f"{len(value)} entries"
    return repr(value)


def leaves(value: Any) -> int:
    """Return how many values a document holds."""
    if isinstance(value, dict):
        return sum(map(leaves, value.values()))
    return sum(map(leaves, value)) if isinstance(value, list) else 1


def cells(text: str) -> list[list[Any]]:
    """Return CSV as rows of cells, numbers as numbers."""
    return [[_number(cell) for cell in line.split(",")] for line in text.splitlines()]


def _number(cell: str) -> Any:
    try:
        return float(cell)
    except ValueError:
        return cell
