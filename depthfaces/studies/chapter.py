"""A chapter of the studies' page: what one study asked, found and could not show, as plain JSON."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from depthfaces import files

# A text, a number, nothing (undefined: say why in the notes), or [value, low, high].
Cell = str | int | float | None | list[float]

# What stands beside a published figure: theirs, ours counted their way, and ours.
PUBLISHED = ("figure", "published", "published protocol here (leaky)", "our protocol here")


@dataclass(frozen=True)
class Table:
    """Rows of cells under `columns`; the first cell of a row names it."""

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
    """A picture at `file`, a path below the folder of the result file, and what it shows."""

    file: str
    caption: str


@dataclass(frozen=True)
class Chapter:
    """What one study says. `published` holds rows under `PUBLISHED`."""

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
    def told(cls, tell: Any, found: Any, wanted: Any, figures: Sequence[Picture]) -> Self:
        """Return the chapter that the module `tell` makes of what a study found."""
        return cls(
            title=tell.TITLE,
            question=tell.QUESTION,
            answer=tell.answer(found),
            seeds=wanted.seeds,
            sizes=tell.sizes(found, wanted),
            published=tell.published(found),
            tables=tell.tables(found),
            figures=figures,
            notes=tell.notes(found, wanted),
        )

    def write(self, path: Path) -> None:
        """Write the chapter as JSON; numpy's numbers become plain ones, NaN becomes null."""
        published = Table("", "", PUBLISHED, self.published)  # checks the rows
        found = asdict(self) | {"published": {"columns": PUBLISHED, "rows": published.rows}}
        files.write_json(path, plain(found))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `write` wrote."""
        found = files.read_json(path)
        with files.intact(path):
            found["published"] = found["published"]["rows"]
            found["tables"] = [Table(**table) for table in found["tables"]]
            found["figures"] = [Picture(**picture) for picture in found["figures"]]
            return cls(**found)


def plain(value: Any) -> Any:
    """Return `value` as JSON knows it: lists, dicts with text keys, bare numbers, None for NaN."""
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if hasattr(value, "tolist"):  # numpy's arrays and numbers
        return plain(value.tolist())
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [plain(part) for part in value]
    return None if isinstance(value, float) and math.isnan(value) else value
