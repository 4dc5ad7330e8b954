"""The one-line faults that a bench plants still fit the code."""

import pytest

from bench import mutations
from tests import declared


@pytest.mark.parametrize("mutant", mutations.read(), ids=lambda mutant: mutant.fault)
def test_the_line_stands_once_and_is_code_with_the_fault(mutant: mutations.Mutant) -> None:
    """After a change of that line, change it in bench/mutants.yaml as well."""
    text = (declared.TOP / mutant.file).read_text(encoding="utf-8")
    assert text.count(mutant.before) == 1
    faulty = text.replace(mutant.before, mutant.after)
    assert faulty != text
    compile(faulty, mutant.file, "exec")
    assert all((declared.TOP / "tests" / f"{name}.py").is_file() for name in mutant.tests)
