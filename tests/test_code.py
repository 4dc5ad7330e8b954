"""What a stage's code does decides whether it runs again, not what is said in it."""

from pathlib import Path

import pytest
from conftest import same_files

from depthfaces.closure import Checkout, effect_of
from stages import code
from tests import declared

CODE = '''"""Words."""
from depthfaces.schema.base import Section
X = 1  # more words


class Chosen(Section):
    """A section."""

    key: int
    other = 2

    def twice(self):
        """Words."""
        return 2 * self.key
'''


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# more words", "# others"),
        ('"""Words."""', '"""Other words."""'),
        ("X = 1  ", "X = (1)\n\n"),
        ("    key: int\n", "    key: int\n    new: float\n"),
    ],
)
def test_words_and_declared_parameters_do_nothing(before: str, after: str) -> None:
    changed = CODE.replace(before, after)
    assert changed != CODE
    assert effect_of(changed.encode()) == effect_of(CODE.encode())


@pytest.mark.parametrize(
    ("before", "after"),
    [("X = 1", "X = 2"), ("other = 2", "other = 3"), ("2 * self", "3 * self"), ("twice", "thrice")],
)
def test_what_is_done_does(before: str, after: str) -> None:
    assert effect_of(CODE.replace(before, after).encode()) != effect_of(CODE.encode())


def test_annotations_of_other_classes_stay() -> None:
    """A dataclass makes its arguments of them."""
    plain = CODE.replace("(Section)", "")
    assert effect_of(plain.replace("key: int", "new: int").encode()) != effect_of(plain.encode())


def checkout(top: Path) -> Checkout:
    """Write a small package: a script, two modules, a family loaded by name, weights and a page."""
    content = {
        "stages/one.py": "from depthfaces import shared\n",
        "stages/two.py": "from depthfaces.inner import page\n",
        "depthfaces/__init__.py": "__version__ = '1'\n",
        "depthfaces/shared.py": "FAMILY = 'depthfaces.member'\n",
        "depthfaces/member.py": "import numpy\n",
        "depthfaces/unused.py": "",
        "depthfaces/inner/__init__.py": "",
        "depthfaces/inner/page.py": "from pathlib import Path\nHERE = Path(__file__).parent\n",
        "depthfaces/inner/page.html": "<p>",
        "depthfaces/inner/nets/net.bin": "weights",
        "depthfaces/inner/deeper/__init__.py": "",
        "depthfaces/inner/deeper/other.html": "<p>",
    }
    for name, text in content.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text, encoding="utf-8")
    return Checkout(top)


def names(found: set[Path], top: Path) -> set[str]:
    """Return paths relative to `top`."""
    return {path.relative_to(top).as_posix() for path in found}


def test_closure_holds_what_is_imported_loaded_by_name_or_lies_beside(tmp_path: Path) -> None:
    found = checkout(tmp_path)
    assert names(found.closure(tmp_path / "stages/one.py"), tmp_path) == {
        "stages/one.py",
        "depthfaces/shared.py",
        "depthfaces/member.py",
    }
    assert names(found.closure(tmp_path / "stages/two.py"), tmp_path) == {
        "stages/two.py",
        "depthfaces/inner/__init__.py",
        "depthfaces/inner/page.py",
        "depthfaces/inner/page.html",
        "depthfaces/inner/nets/net.bin",
    }


@pytest.mark.parametrize(
    ("file", "text", "changed"),
    [
        ("depthfaces/shared.py", "FAMILY = 'depthfaces.member'  # words\n", set()),
        ("depthfaces/shared.py", "FAMILY = 'depthfaces.unused'\n", {"one.txt"}),
        ("depthfaces/member.py", "import scipy\n", {"one.txt"}),
        ("depthfaces/inner/page.html", "<b>", {"two.txt"}),
        ("depthfaces/inner/nets/net.bin", "others", {"two.txt"}),
        ("depthfaces/unused.py", "X = 1\n", set()),
    ],
)
def test_only_the_stages_concerned_get_another_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, text: str, changed: set[str]
) -> None:
    checkout(tmp_path)
    monkeypatch.chdir(tmp_path)
    code.main(Path("before"))
    (tmp_path / file).write_text(text, encoding="utf-8")
    code.main(Path("after"))
    pairs = {path.name: path for path in Path("before").iterdir()}
    assert set(pairs) == {"one.txt", "two.txt"}
    different = {
        name
        for name, path in pairs.items()
        if path.read_bytes() != Path("after", name).read_bytes()
    }
    assert different == changed


def test_a_comment_in_every_file_changes_no_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of this very package."""
    for folder in ("depthfaces", "stages", "studies"):
        for path in (declared.TOP / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                copy = tmp_path / path.relative_to(declared.TOP)
                copy.parent.mkdir(parents=True, exist_ok=True)
                words = b"\n# words\n" if path.suffix == ".py" else b""
                copy.write_bytes(path.read_bytes() + words)
    monkeypatch.chdir(declared.TOP)
    code.main(tmp_path / "before")
    monkeypatch.chdir(tmp_path)
    code.main(tmp_path / "after")
    same_files(tmp_path / "before", tmp_path / "after")


def test_a_word_of_a_template_is_in_the_report_alone() -> None:
    """Of the stages of the main pipeline."""
    page = declared.TOP / "depthfaces/report/page.html"
    concerned = {
        stage
        for stage in declared.stages()
        if page in declared.CHECKOUT.closure(declared.TOP / "stages" / f"{stage}.py")
    }
    assert concerned == {"report"}
