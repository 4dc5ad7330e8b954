"""What our pages share: how templates are filled, and the style sheet."""

from pathlib import Path

import jinja2
from markupsafe import Markup

from depthfaces import files
from depthfaces.faces import TABLES

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


def fingerprint(faces: Path) -> str:
    """Return what tells the prepared set in `faces` from others: the sha256 of its table."""
    return files.checksum(faces / TABLES[0])


def made_from(page: Path, faces: Path) -> bool:
    """Return whether `page` is there and its `faces` element names the prepared set in `faces`."""
    if not page.is_file():
        return False
    text = page.read_text(encoding="utf-8")
    return f'<meta name="faces" content="{fingerprint(faces)}">' in text
