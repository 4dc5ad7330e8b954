"""What our pages share: how templates are filled, and the style sheet."""

from pathlib import Path

import jinja2
from markupsafe import Markup

STYLE = Path(__file__).parent / "page.css"


def environment(folder: Path) -> jinja2.Environment:
    """Return what fills the templates of `folder`: texts escaped, unknown names refused."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def style() -> Markup:
    """Return the style sheet; safe by construction: it is a file of this package."""
    return Markup(STYLE.read_text(encoding="utf-8"))
