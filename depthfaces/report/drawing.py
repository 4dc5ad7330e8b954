"""Matplotlib figures as bytes that are the same in each build."""

import io
import re
from contextlib import AbstractContextManager
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

# Stands for "the page's text colour" until the SVG is written; near black in a PNG.
INK = "#010203"
COLOURS = ("#3d8bd4", "#e0793a", "#35a079", "#a274d6", "#d64f6b", "#b8962e", "#4fb3bf", "#8a8f99")
STYLE: dict[Any, Any] = {
    "text.parse_math": False,  # a class may be called $x$
    "svg.fonttype": "none",
    "svg.hashsalt": "depthfaces",
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": "#88888855",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
}
WIDTH = 5.4  # inches; a figure is read on a phone too


def canvas(height: float) -> Figure:
    """Return an empty figure `WIDTH` x `height` inches; draw on it inside `style()`."""
    return Figure(figsize=(WIDTH, height), layout="constrained")


def style() -> AbstractContextManager[None]:
    """Return the context in which figures are drawn and written."""
    return mpl.rc_context(STYLE)


def svg(figure: Figure, title: str) -> str:
    """Return the figure as an SVG element that takes the page's font and text colour."""
    buffer = io.BytesIO()
    no_metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with style():
        figure.savefig(buffer, format="svg", transparent=True, metadata=no_metadata)
    document = buffer.getvalue().decode()
    element = re.sub(
        r"<metadata>.*?</metadata>", "", document[document.index("<svg") :], flags=re.DOTALL
    )
    view_box = re.search(r'viewBox="([^"]+)"', element)
    assert view_box, "matplotlib states the view box"
    element = f'<svg role="img" viewBox="{view_box[1]}">' + element[element.index(">") + 1 :]
    element = re.sub(r"font: (\d+(?:\.\d+)?)px [^;\"]+", r"font-size: \1px", element)
    # Equal names in two figures would take each other's clip paths.
    element = re.sub(r'(id="|url\(#|href="#)', rf"\g<1>{slug(title)}-", element)
    return element.replace(INK, "currentColor").strip()


def png(figure: Figure, dpi: int) -> bytes:
    """Return the figure as PNG on white."""
    buffer = io.BytesIO()
    with style():
        figure.savefig(
            buffer, format="png", dpi=dpi, facecolor="white", metadata={"Software": None}
        )
    return buffer.getvalue()


def slug(text: str) -> str:
    """Return `text` as letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
