"""The studies' page: whole, self-contained, escaped, with what is there."""

import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from depthfaces.errors import DataError
from depthfaces.studies import page
from depthfaces.studies.chapter import Picture, Table
from studies import chapters
from tests.test_chapter import chapter
from tests.test_report import CHROMIUM, Page, in_a_browser

NASTY = "<script>alert(1)</script>"


def tables_of(found: dict[str, Any]) -> dict[str, list[list[Any]]]:
    """Return the rows of a chapter's tables by title."""
    return {table["title"]: table["rows"] for table in found["tables"]}


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A folder of two chapters with a figure and a list each."""
    for name in ("balance", "augment"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (4, 4)).save(tmp_path / name / "a.png")
        (tmp_path / name / "list.csv").touch()
        chapter(figures=[Picture(f"{name}/a.png", "caption")]).write(tmp_path / f"{name}.json")
    return tmp_path


@pytest.fixture
def faces(drawn: Path) -> Path:
    """The prepared set that the studies ran on."""
    return drawn


def test_page_needs_nothing_else_and_is_the_same_twice(results: Path, faces: Path) -> None:
    for name in ("one.html", "two.html"):
        chapters.main(results, faces, results / name)
    text = (results / "one.html").read_text(encoding="utf-8")
    assert (results / "two.html").read_text(encoding="utf-8").replace(
        "one.html", ""
    ) == text.replace("one.html", "")
    assert "http" not in re.sub(r'base64,[^"]*', "", text)
    for tag, attributes in Page(text).tags:
        for name in ("src", "srcset"):
            assert (attributes.get(name) or "data:").startswith("data:")
        assert tag not in {"script", "iframe", "object", "embed"}


def test_every_link_leads_somewhere(results: Path, faces: Path) -> None:
    tags = Page(page.build(results, faces)).tags
    names = {attributes["id"] for _, attributes in tags if "id" in attributes}
    links = {attributes["href"] for tag, attributes in tags if tag == "a"}
    assert {link[1:] for link in links if link.startswith("#")} == names == {"balance", "augment"}
    inside = {link for link in links if not link.startswith("#")} - {"../index.html"}
    assert inside == {"balance/list.csv", "augment/list.csv"}


def test_what_has_not_run_is_named(results: Path, faces: Path) -> None:
    text = page.build(results, faces)
    assert "Not run yet: Discriminator features, Swarm." in text
    assert text.index('id="balance"') < text.index('id="augment"')


def test_nothing_at_all_is_an_error(tmp_path: Path, faces: Path) -> None:
    with pytest.raises(DataError, match="expected a result of a study, found none; run"):
        page.build(tmp_path, faces)


def test_a_missing_figure_is_an_error(results: Path, faces: Path) -> None:
    (results / "augment" / "a.png").unlink()
    with pytest.raises(DataError, match=r"a\.png: expected a figure"):
        page.build(results, faces)


def test_texts_are_escaped(results: Path, faces: Path) -> None:
    table = Table(NASTY, NASTY, [NASTY, "x"], [[NASTY, 1]])
    chapter(title=NASTY, answer=NASTY, notes=[NASTY], tables=[table], figures=[]).write(
        results / "swarm.json"
    )
    text = page.build(results, faces)
    assert "<script" not in text
    assert text.count("&lt;script&gt;") == 7


@pytest.mark.parametrize(
    ("value", "text", "span"),
    [
        ([0.71, 0.66, 0.76], "0.710", "0.660 to 0.760"),
        ([-0.5, -1.0, 0.0], "−0.500", "−1.000 to 0.000"),
        (None, "–", ""),
        (1512, "1,512", ""),
        (0.65, "0.65", ""),
        ("as it is", "as it is", ""),
    ],
)
def test_cells_are_made_text_here(value: Any, text: str, span: str) -> None:
    kind = "word" if isinstance(value, str) else "number"
    assert page.format_cell(value) == {"text": text, "range": span, "kind": kind}


def test_long_tables_are_folded(results: Path, faces: Path) -> None:
    rows = [[str(row), row] for row in range(page.FOLD_ABOVE_ROWS + 1)]
    chapter(tables=[Table("long", "", ["x", "y"], rows)], figures=[]).write(results / "swarm.json")
    assert "<summary>long</summary>" in page.build(results, faces)


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
@pytest.mark.parametrize("width", [390, 1200])
def test_in_a_browser_nothing_sticks_out(
    results: Path, faces: Path, tmp_path: Path, width: int
) -> None:
    found = in_a_browser(page.build(results, faces), tmp_path, width)
    assert found["images"] == 0
    assert found["wide"] <= 0
