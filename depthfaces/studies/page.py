"""The studies' page: one chapter per study, in one self-contained file."""

from pathlib import Path
from typing import Any

from depthfaces.errors import DataError
from depthfaces.report import template
from depthfaces.report.relief import uri
from depthfaces.report.tables import number
from depthfaces.studies.chapter import PUBLISHED, Cell, Chapter, Table

# In the order of the page; name of the result file: short title of the study.
STUDY_TITLES = {
    "balance": "DCGAN balance",
    "dfeatures": "Discriminator features",
    "swarm": "Swarm",
    "augment": "Augmented VGG-19",
}
FOLD_ABOVE_ROWS = 12  # a longer table is folded


def build(results: Path, faces: Path) -> str:
    """Return the page of the chapters in `results`, made from the prepared set in `faces`.

    Studies that have not run are listed as such.
    """
    result_paths = {name: results / f"{name}.json" for name in STUDY_TITLES}
    written_chapters = {
        name: Chapter.read(path) for name, path in result_paths.items() if path.is_file()
    }
    if not written_chapters:
        raise DataError(f"{results}: expected a result of a study, found none; run `make studies`")
    return (
        template.environment(Path(__file__).parent)
        .get_template("chapters.html")
        .render(
            style=template.style(),
            faces=template.fingerprint(faces),
            chapters=[
                chapter_context(name, chapter, results)
                for name, chapter in written_chapters.items()
            ],
            missing=[STUDY_TITLES[name] for name in STUDY_TITLES if name not in written_chapters],
        )
    )


def chapter_context(name: str, chapter: Chapter, results: Path) -> dict[str, Any]:
    """Return the template variables of a chapter."""
    published_table = Table("", "", PUBLISHED, chapter.published)
    return {
        "name": name,
        "short": STUDY_TITLES[name],
        "chapter": chapter,
        "facts": [(format_value(value), size_name) for size_name, value in chapter.sizes.items()],
        "published": cell_rows(published_table),
        "columns": published_table.columns,
        "tables": [
            {"table": table, "rows": cell_rows(table), "long": len(table.rows) > FOLD_ABOVE_ROWS}
            for table in chapter.tables
        ],
        "figures": [
            embed_picture(results / figure.file, figure.caption) for figure in chapter.figures
        ],
        "more": sorted(
            path.relative_to(results).as_posix()
            for pattern in ("*.html", "*.csv")
            for path in (results / name).rglob(pattern)
        ),
    }


def cell_rows(table: Table) -> list[list[dict[str, str]]]:
    """Return the rows of a table as {text, range, kind} cells."""
    return [[format_cell(value) for value in row] for row in table.rows]


def format_cell(value: Cell) -> dict[str, str]:
    """Return a value as text, its interval as text if it has one, and whether it is a word."""
    if isinstance(value, list):
        point_estimate, low, high = (f"{bound:.3f}".replace("-", "−") for bound in value)
        return {"text": point_estimate, "range": f"{low} to {high}", "kind": "number"}
    cell_kind = "word" if isinstance(value, str) else "number"
    return {"text": format_value(value), "range": "", "kind": cell_kind}


def format_value(value: Cell) -> str:
    """Return a single value as text; a dash for None."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}".replace("-", "−")
    return number(value) if not isinstance(value, list) else format_cell(value)["text"]


def embed_picture(path: Path, caption: str) -> dict[str, str]:
    """Return a PNG as data URI with its caption."""
    if not path.is_file():
        raise DataError(f"{path}: expected a figure of the study, found none; run `make studies`")
    return {"source": uri(path.read_bytes(), "png"), "caption": caption}
