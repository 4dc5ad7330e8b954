"""Shared by all pages: the template environment and the style sheet."""

from pathlib import Path

import jinja2
from markupsafe import Markup

from depthfaces import files
from depthfaces.faces import TABLES

STYLE = Path(__file__).parent / "page.css"


def environment(folder: Path) -> jinja2.Environment:
    """Return the jinja environment of `folder`: texts are escaped, undefined names are errors."""
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
    """Return the fingerprint of the prepared set in `faces`: the sha256 of its table."""
    return files.checksum(faces / TABLES[0])


def made_from(page: Path, faces: Path) -> bool:
    """Return whether `page` exists and its `faces` element names the prepared set in `faces`."""
    if not page.is_file():
        return False
    page_text = page.read_text(encoding="utf-8")
    return f'<meta name="faces" content="{fingerprint(faces)}">' in page_text
