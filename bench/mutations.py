"""Does a fast test fail for every fault that one wrong line can make? Puts them in, and sees.

    python -m bench.mutations [--only TEXT]

Each fault of `bench/mutants.yaml` is put into a copy of the checkout, and the tests that it names
are run there. Prints SURVIVED for each that no test notices, and how many were caught. --only takes
the faults whose file or words hold TEXT.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from depthfaces import command, params, scratch
from depthfaces.errors import IntegrityError, ParamsError

TESTS = [sys.executable, "-m", "pytest", "-q", "-x", "-m", "not slow", "-p", "no:cacheprovider"]
MUTANTS = Path(__file__).parent / "mutants.yaml"
FAILED = 1  # pytest's code where a test failed; other ones say that it could not run


class Mutant(NamedTuple):
    """What goes wrong, in which file, the line's text before and after, and the tests to ask."""

    fault: str
    file: str
    before: str
    after: str
    tests: list[str]


def read() -> list[Mutant]:
    """Return every fault there is to try."""
    return [
        Mutant(file=group["file"], tests=group["tests"].split(), **fault)
        for group in params.read(MUTANTS)
        for fault in group["faults"]
    ]


def main(*, only: str = "") -> None:
    """Put every fault in, one at a time; say whether the tests notice."""
    chosen = [mutant for mutant in read() if only in mutant.fault or only in mutant.file]
    if not chosen:
        raise ParamsError(f"--only: expected words or a file of bench/mutants.yaml, found {only!r}")
    with tempfile.TemporaryDirectory(prefix="mutations.") as place:
        checkout = copied(Path(place))
        if run(checkout, {name for mutant in chosen for name in mutant.tests}):
            raise IntegrityError(
                "expected tests that pass before anything is wrong, found failures"
            )
        survived = []
        for mutant in tqdm(chosen, "mutations"):
            if not is_caught(mutant, checkout):
                survived.append(mutant)
                tqdm.write(f"SURVIVED {mutant.file}: {mutant.fault}")
    sys.stdout.write(f"caught: {len(chosen) - len(survived)} of {len(chosen)}\n")
    sys.exit(1 if survived else 0)


def copied(place: Path) -> Path:
    """Return a copy of the checkout inside `place`, without results."""
    for path in scratch.own_files(Path()):
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, place / path)
    return place


def is_caught(mutant: Mutant, checkout: Path) -> bool:
    """Return whether a test in `checkout` fails once `mutant` is put into it."""
    path = checkout / mutant.file
    text = path.read_text(encoding="utf-8")
    if text.count(mutant.before) != 1:
        raise IntegrityError(f"{mutant.file}: expected once, found {text.count(mutant.before)} "
                             f"times: {mutant.before!r}; mend bench/mutants.yaml")  # fmt: skip
    path.write_text(text.replace(mutant.before, mutant.after), encoding="utf-8")
    code = run(checkout, mutant.tests)
    path.write_text(text, encoding="utf-8")
    if code not in {0, FAILED}:
        raise IntegrityError(f"{mutant.file}: {mutant.fault}: pytest ended with {code}")
    return code == FAILED


def run(checkout: Path, names: Iterable[str]) -> int:
    """Return pytest's exit code for the fast tests of some files."""
    tests = [f"tests/{name}.py" for name in sorted(names)]
    environment = {**os.environ, "PYTHONPATH": str(checkout), "PYTHONDONTWRITEBYTECODE": "1"}
    asked = subprocess.run(
        [*TESTS, *tests], cwd=checkout, env=environment, capture_output=True, check=False
    )
    return asked.returncode


if __name__ == "__main__":
    command.run(main)
