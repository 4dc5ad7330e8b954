"""Faces for the viewer of the page: depth as bytes, one face an emotion and set."""

import base64
import json
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from depthfaces.faces import FaceSet
from depthfaces.report.gallery import spread
from depthfaces.report.relief import BACKGROUND, SMOOTH

SIDE = 64  # points a side at most


def faces(sets: dict[str, FaceSet]) -> str:
    """Return {set: {emotion: {side, depth}}} as JSON that may stand inside a script element."""
    classes = sets["real"].classes
    found: dict[str, Any] = {}
    for name, part in sets.items():
        rows = {label: spread(part, label, 3)[1:2] for label in classes}
        found[name] = {
            label: encode(np.array(part.images[row[0]], float))
            for label, row in rows.items()
            if len(row)
        }
    text = json.dumps(found, sort_keys=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def encode(image: npt.NDArray[Any]) -> dict[str, Any]:
    """Return one face (S, S) in [-1, 1] as bytes 1 (far) to 255 (near), 0 where there is none.

    Smoothed as the page's reliefs are, real and generated faces alike.
    """
    step = max(1, len(image) // SIDE)
    inside = (image > BACKGROUND).astype(float)
    weight = ndimage.gaussian_filter(inside, SMOOTH * len(image))
    total = ndimage.gaussian_filter(inside * image, SMOOTH * len(image))
    depth = np.divide(total, weight, out=np.full(image.shape, -1.0), where=weight > 0.5)
    grey = np.where(weight > 0.5, np.rint(1 + 254 * (depth + 1) / 2), 0)[::step, ::step]
    raw = grey.clip(0, 255).astype(np.uint8)
    return {"side": len(raw), "depth": base64.b64encode(raw.tobytes()).decode()}
