"""A page on which people tell real faces from generated ones, in place of a crowd study."""

import base64
import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import numpy as np
import numpy.typing as npt
from markupsafe import Markup
from PIL import Image
from scipy.stats import binomtest

from depthfaces import files
from depthfaces.errors import DataError
from depthfaces.report.relief import data_uri, relief

Array = npt.NDArray[Any]
HERE = Path(__file__).parent
COLUMNS = ("rater", "order", "face", "truth", "judged", "milliseconds")
KINDS = ("real", "generated")


class Judged(NamedTuple):
    """Faces judged to be real, of so many; with the 95 % interval of the share (Wilson)."""

    real: int
    of: int

    @property
    def interval(self) -> list[float]:
        """Return [share, low, high]."""
        found = binomtest(self.real, self.of).proportion_ci(0.95, method="wilson")
        return [self.real / self.of, float(found.low), float(found.high)]


def picture(image: Array, unit: str) -> Image.Image:
    """Return a face (S, S) in [-1, 1] as one looks at it: depth as relief, a photograph grey."""
    if unit == "mm":
        return Image.fromarray(relief(image))
    plain = Image.fromarray(np.rint((image + 1) * 127.5).clip(0, 255).astype(np.uint8))
    return plain.resize((128, 128), Image.Resampling.BICUBIC)


def page(real: Array, fake: Array, unit: str, rng: np.random.Generator) -> str:
    """Return the page as HTML that needs nothing else; faces (n, S, S) of both kinds.

    The order in the file is drawn from `rng`, and the browser shuffles again for each rater. What
    a face is stands in the file in base64, so that nobody reads it by accident.
    """
    images = [
        (kind, image) for kind, side in zip(KINDS, (real, fake), strict=True) for image in side
    ]
    order = rng.permutation(len(images))
    faces = [
        {"name": f"{place + 1:03d}", "source": data_uri(picture(images[row][1], unit))}
        for place, row in enumerate(order)
    ]
    truth = base64.b64encode(json.dumps([images[row][0] for row in order]).encode()).decode()
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True, undefined=jinja2.StrictUndefined
    )
    # Safe by construction: base64, and JSON of texts that hold neither < nor &.
    told = Markup(json.dumps({"faces": faces, "truth": truth, "columns": COLUMNS}))
    return environment.get_template("rating.html").render(told=told, count=len(faces))


def read(paths: Sequence[Path]) -> dict[str, Judged]:
    """Return how the raters judged each kind of face, from the files that the page wrote."""
    rows = [row for path in paths for row in _rows(path)]
    result = {}
    for kind in KINDS:
        judged = [row["judged"] for row in rows if row["truth"] == kind]
        if not judged:
            raise DataError(f"{paths[0].name}: no judgement of a {kind} face")
        result[kind] = Judged(judged.count("real"), len(judged))
    return result


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        reader = csv.DictReader(io.StringIO(files.read_text(path)))
        rows = list(reader)
    except PermissionError:
        raise
    except (OSError, ValueError, csv.Error) as fault:  # ValueError: no text in UTF-8
        reason = getattr(fault, "strerror", None) or fault
        raise DataError(f"{path}: expected a file of the rating page: {reason}") from None
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise DataError(f"{path}: expected columns {','.join(COLUMNS)}")
    wrong = [row for row in rows if row["truth"] not in KINDS or row["judged"] not in KINDS]
    if wrong:
        raise DataError(f"{path}: expected real or generated, found {wrong[0]}")
    return rows
