"""A page on which people tell real faces from generated ones, instead of a crowd study."""

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
TEMPLATE_FOLDER = Path(__file__).parent
CSV_COLUMNS = ("rater", "order", "face", "truth", "judged", "milliseconds")
FACE_KINDS = ("real", "generated")


class Judgements(NamedTuple):
    """The number of faces judged real, of how many; the share has a 95 % Wilson interval."""

    real: int
    of: int

    @property
    def interval(self) -> list[float]:
        """Return [share, low, high]."""
        bounds = binomtest(self.real, self.of).proportion_ci(0.95, method="wilson")
        return [self.real / self.of, float(bounds.low), float(bounds.high)]


def face_picture(image: Array, unit: str) -> Image.Image:
    """Return a face (S, S) in [-1, 1] as an image to look at: depth as relief, photographs grey."""
    if unit == "mm":
        return Image.fromarray(relief(image))
    grey_image = Image.fromarray(np.rint((image + 1) * 127.5).clip(0, 255).astype(np.uint8))
    return grey_image.resize((128, 128), Image.Resampling.BICUBIC)


def render_page(real: Array, fake: Array, unit: str, rng: np.random.Generator) -> str:
    """Render the self-contained HTML page from faces (n, S, S) of both kinds.

    The order in the file is drawn from `rng`, and the browser shuffles again for each rater. The
    true kinds are in the file as base64, so that nobody reads them by accident.
    """
    labelled_images = [
        (kind, image)
        for kind, kind_images in zip(FACE_KINDS, (real, fake), strict=True)
        for image in kind_images
    ]
    order = rng.permutation(len(labelled_images))
    page_faces = [
        {
            "name": f"{position + 1:03d}",
            "source": data_uri(face_picture(labelled_images[index][1], unit)),
        }
        for position, index in enumerate(order)
    ]
    encoded_truth = base64.b64encode(
        json.dumps([labelled_images[index][0] for index in order]).encode()
    ).decode()
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATE_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    # Safe by construction: base64, and JSON of texts that hold neither < nor &.
    page_data = Markup(
        json.dumps({"faces": page_faces, "truth": encoded_truth, "columns": CSV_COLUMNS})
    )
    return environment.get_template("rating.html").render(
        page_data=page_data, count=len(page_faces)
    )


def read(paths: Sequence[Path]) -> dict[str, Judgements]:
    """Read the judgements of each kind of face from the CSV files that the page saved."""
    rows = [row for path in paths for row in _read_rows(path)]
    judgements = {}
    for kind in FACE_KINDS:
        verdicts = [row["judged"] for row in rows if row["truth"] == kind]
        if not verdicts:
            raise DataError(f"{paths[0].name}: no judgement of a {kind} face")
        judgements[kind] = Judgements(verdicts.count("real"), len(verdicts))
    return judgements


def _read_rows(path: Path) -> list[dict[str, str]]:
    try:
        csv_reader = csv.DictReader(io.StringIO(files.read_text(path)))
        rows = list(csv_reader)
    except PermissionError:
        raise
    except (OSError, ValueError, csv.Error) as error:  # ValueError: no text in UTF-8
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path}: expected a file of the rating page: {reason}") from None
    if tuple(csv_reader.fieldnames or ()) != CSV_COLUMNS:
        raise DataError(f"{path}: expected columns {','.join(CSV_COLUMNS)}")
    invalid_rows = [
        row for row in rows if row["truth"] not in FACE_KINDS or row["judged"] not in FACE_KINDS
    ]
    if invalid_rows:
        raise DataError(f"{path}: expected real or generated, found {invalid_rows[0]}")
    return rows
