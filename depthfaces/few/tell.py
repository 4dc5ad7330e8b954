"""The experiment with few people as text and figures, for who runs it on its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from depthfaces import files
from depthfaces.report import charts, drawing, figures, tables, words

Document = dict[str, Any]
DPI = 110


def write(folder: Path, found: Document) -> str:
    """Write few.json, few.md and the figures to `folder`; return the text of few.md."""
    text = markdown(found)
    files.write_json(folder / "few.json", found)
    files.write_text(folder / "few.md", text)
    drawn: dict[str, Any] = {
        f"arms-{level['people']}": figures.arms(level["arms"]) for level in found["levels"]
    }
    drawn["people"] = charts.by_people(found)
    for name, figure in drawn.items():
        if figure is not None:
            with files.atomic(folder / f"{name}.png") as path:
                path.write_bytes(drawing.png(figure, DPI))
    return text


CELLS = "| people | classifier | trained on | against | points (95 %) | p | missed below |"


def markdown(found: Document) -> str:
    """Return every arm and every contrast as tables."""
    lines = [f"**{found['verdict']}**. {found['words']} {_primary(found)}", ""]
    lines += [f"Why not more: {reason}." for reason in found["reasons"]]
    for level in found["levels"]:
        lines += ["", _heading(level), "", "| trained on | classifier | macro-F1 (95 %) |"]
        lines += ["|---|---|---|", *_arms(level)]
    count = len(found["cells"])
    lines += ["", f"All {count} comparisons; p is adjusted for their number (Holm).", ""]
    lines += [CELLS, "|---|---|---|---|---|---|---|", *map(_cell, found["cells"])]
    return "\n".join(lines) + "\n"


def _arms(level: Document) -> Iterator[str]:
    for name, models in level["arms"].items():
        for model, arm in models.items():
            value, low, high = (points(arm[key]) for key in ("macro_f1", "low", "high"))
            yield f"| {words.arm(name)} | {words.model(model)} | {value} ({low} to {high}) |"


def _heading(level: Document) -> str:
    asked = "who take turns" if level["in_turn"] else "never learned from"
    return (
        f"Learned from {level['people']} people ({level['draws']} choices of them), asked "
        f"{level['asked']} people {asked}:"
    )


def _primary(found: Document) -> str:
    row = tables.compared(found | found["primary"])
    return (
        f"{words.model(found['primary']['model'])}, {found['people_learned']} people, {row['arm']} "
        f"against {row['control']}: {row['difference']} points of macro-F1 ({row['interval']}, "
        f"95 % interval; p {found['p']:.3f}); a true difference below "
        f"{points(found['smallest'])} would likely have been missed."
    )


def _cell(cell: Document) -> str:
    row = tables.compared(cell)
    return (
        f"| {cell['people']} | {words.model(cell['model'])} | {row['arm']} | {row['control']} | "
        f"{row['difference']} ({row['interval']}) | {cell['p']:.3f} | "
        f"{points(cell['smallest'])} |"
    )


def points(value: float) -> str:
    """Return a share in points, without a sign."""
    return tables.points(value, signed=False)
