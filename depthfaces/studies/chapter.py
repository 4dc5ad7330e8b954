"""A chapter of the studies' page: question, answer, tables and limits of a study, as plain JSON."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from depthfaces import files

# A text, a number, nothing (undefined: say why in the notes), or [value, low, high].
Cell = str | int | float | None | list[float]

# Columns: a published figure, ours by the published protocol, and ours by our own.
PUBLISHED = ("figure", "published", "published protocol here (leaky)", "our protocol here")


@dataclass(frozen=True)
class Table:
    """Rows of cells under `columns`; the first cell is the name of its row."""

    title: str
    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    def __post_init__(self) -> None:
        """Check that every row fits the columns."""
        for row in self.rows:
            assert len(row) == len(self.columns), f"{self.title}: {row} under {self.columns}"


@dataclass(frozen=True)
class Picture:
    """A picture at `file`, a path relative to the folder of the result file, and its caption."""

    file: str
    caption: str


@dataclass(frozen=True)
class Chapter:
    """The report of one study. `published` holds rows under `PUBLISHED`."""

    title: str
    question: str
    answer: str
    seeds: int
    sizes: dict[str, Cell]
    published: Sequence[Sequence[Cell]]
    tables: Sequence[Table] = ()
    figures: Sequence[Picture] = ()
    notes: Sequence[str] = field(default=())

    @classmethod
    def told(cls, text: Any, results: Any, section: Any, figures: Sequence[Picture]) -> Self:
        """Build the chapter from a study's results, worded by its module `text`."""
        return cls(
            title=text.TITLE,
            question=text.QUESTION,
            answer=text.answer(results),
            seeds=section.seeds,
            sizes=text.sizes(results, section),
            published=text.published(results),
            tables=text.tables(results),
            figures=figures,
            notes=text.notes(results, section),
        )

    def write(self, path: Path) -> None:
        """Write the chapter as JSON; numpy numbers become plain ones, NaN becomes null."""
        published_table = Table("", "", PUBLISHED, self.published)  # checks the rows
        content = asdict(self) | {"published": {"columns": PUBLISHED, "rows": published_table.rows}}
        files.write_json(path, plain(content))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a chapter written by `write`."""
        content = files.read_json(path)
        with files.intact(path):
            content["published"] = content["published"]["rows"]
            content["tables"] = [Table(**table) for table in content["tables"]]
            content["figures"] = [Picture(**picture) for picture in content["figures"]]
            return cls(**content)


def plain(value: Any) -> Any:
    """Return `value` in JSON types: lists, dicts with text keys, plain numbers, None for NaN."""
    if isinstance(value, dict):
        return {str(key): plain(element) for key, element in value.items()}
    if hasattr(value, "tolist"):  # numpy's arrays and numbers
        return plain(value.tolist())
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [plain(element) for element in value]
    return None if isinstance(value, float) and math.isnan(value) else value
