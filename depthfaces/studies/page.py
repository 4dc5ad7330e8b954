"""The studies' page: a chapter each, in one file that needs nothing else."""

from pathlib import Path
from typing import Any

from depthfaces.errors import DataError
from depthfaces.report import template
from depthfaces.report.relief import uri
from depthfaces.report.tables import number
from depthfaces.studies.chapter import PUBLISHED, Cell, Chapter, Table

# In this order; name of the result file: what the publication is called here.
STUDIES = {
    "balance": "DCGAN balance",
    "dfeatures": "Discriminator features",
    "swarm": "Swarm",
    "augment": "Augmented VGG-19",
}
LONG = 12  # rows; a longer table is folded


def build(results: Path, faces: Path) -> str:
    """Return the page of the chapters in `results`, made from the prepared set in `faces`.

    A study that has not run is named so.
    """
    found = {name: results / f"{name}.json" for name in STUDIES}
    there = {name: Chapter.read(path) for name, path in found.items() if path.is_file()}
    if not there:
        raise DataError(f"{results}: expected a result of a study, found none; run `make studies`")
    return (
        template.environment(Path(__file__).parent)
        .get_template("chapters.html")
        .render(
            style=template.style(),
            faces=template.fingerprint(faces),
            chapters=[content(name, chapter, results) for name, chapter in there.items()],
            missing=[STUDIES[name] for name in STUDIES if name not in there],
        )
    )


def content(name: str, chapter: Chapter, results: Path) -> dict[str, Any]:
    """Return what the template shows of a chapter."""
    published = Table("", "", PUBLISHED, chapter.published)
    return {
        "name": name,
        "short": STUDIES[name],
        "chapter": chapter,
        "facts": [(text(value), word) for word, value in chapter.sizes.items()],
        "published": rows(published),
        "columns": published.columns,
        "tables": [
            {"table": table, "rows": rows(table), "long": len(table.rows) > LONG}
            for table in chapter.tables
        ],
        "figures": [picture(results / one.file, one.caption) for one in chapter.figures],
        "more": sorted(
            path.relative_to(results).as_posix()
            for kind in ("*.html", "*.csv")
            for path in (results / name).rglob(kind)
        ),
    }


def rows(table: Table) -> list[list[dict[str, str]]]:
    """Return the rows of a table as {text, range, kind} cells."""
    return [[cell(value) for value in row] for row in table.rows]


def cell(value: Cell) -> dict[str, str]:
    """Return a value as text, its interval as text if it has one, and whether it is a word."""
    if isinstance(value, list):
        middle, low, high = (f"{part:.3f}".replace("-", "−") for part in value)
        return {"text": middle, "range": f"{low} to {high}", "kind": "number"}
    kind = "word" if isinstance(value, str) else "number"
    return {"text": text(value), "range": "", "kind": kind}


def text(value: Cell) -> str:
    """Return a single value as text; a dash where there is none."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}".replace("-", "−")
    return number(value) if not isinstance(value, list) else cell(value)["text"]


def picture(path: Path, caption: str) -> dict[str, str]:
    """Return a PNG as data URI with its caption."""
    if not path.is_file():
        raise DataError(f"{path}: expected a figure of the study, found none; run `make studies`")
    return {"source": uri(path.read_bytes(), "png"), "caption": caption}
