"""The page: everything that was found, in one file that needs nothing else."""

from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from depthfaces.report import drawing, figures, gallery, tables
from depthfaces.report.limits import is_virtual, limits
from depthfaces.report.relief import uri
from depthfaces.report.results import Results

HERE = Path(__file__).parent
FIGURES = ("losses", "evolution", "overlap", "arms")


def build(results: Results, columns: int) -> str:
    """Return the page as HTML; `columns` faces stand in a gallery row."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Safe by construction: the style sheet is a file of this package.
    style = Markup((HERE / "page.css").read_text(encoding="utf-8"))
    return environment.get_template("page.html").render(**content(results, columns), style=style)


def content(results: Results, columns: int) -> dict[str, Any]:
    """Return what the template shows; a part without results is None or empty."""
    real = {"real": results.faces}
    ours = {name: found for name, found in results.sets.items() if name == "synthetic"}
    drawn = {name: drawing.svg(figure, name) for name, figure in draw(results).items()}
    return {
        "verdict": tables.verdict(results.utility),
        "facts": tables.facts(results),
        "virtual": is_virtual(results),
        "emotions": gallery.by_emotion(real | ours, columns),
        "methods": gallery.by_method(real | results.sets),
        "sheet": uri(results.sheet, "png") if results.sheet else None,
        "preparation": tables.preparation(results),
        # Safe by construction: matplotlib escapes the texts that it draws.
        "figures": dict.fromkeys(FIGURES, "")
        | {name: Markup(text) for name, text in drawn.items()},
        "metrics": tables.metrics(results.metrics),
        "contrasts": tables.contrasts(results.utility),
        "labels": tables.labels(results.utility),
        "confusions": tables.confusions(results),
        "limits": limits(results),
        "rule": results.utility["rule"] if results.utility else {},
    }


def draw(results: Results) -> dict[str, Any]:
    """Return the figures for which there are results, by name."""
    found: dict[str, Any] = {}
    if results.losses is not None:
        found["losses"] = figures.losses(results.losses)
    if results.curves is not None:
        found["evolution"] = figures.evolution(results.curves)
    if results.metrics and results.metrics["sets"]:
        found["overlap"] = figures.overlap(results.metrics["sets"])
    if results.utility:
        found["arms"] = figures.arms(results.utility["arms"])
    return found
