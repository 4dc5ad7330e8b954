"""Faces for the viewer of the page: depth as bytes, one face per emotion and set."""

import base64
import json
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from depthfaces.faces import FaceSet
from depthfaces.report.gallery import evenly_spaced_rows
from depthfaces.report.relief import BACKGROUND, SMOOTH

SIDE = 64  # maximum points per side


def viewer_json(sets: dict[str, FaceSet]) -> str:
    """Return {set: {emotion: {side, depth}}} as JSON that is safe inside a script element."""
    class_names = sets["real"].classes
    encoded_sets: dict[str, Any] = {}
    for set_name, face_set in sets.items():
        middle_rows = {label: evenly_spaced_rows(face_set, label, 3)[1:2] for label in class_names}
        encoded_sets[set_name] = {
            label: encode_face(np.array(face_set.images[middle_row[0]], float))
            for label, middle_row in middle_rows.items()
            if len(middle_row)
        }
    json_text = json.dumps(encoded_sets, sort_keys=True, separators=(",", ":"))
    return json_text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def encode_face(image: npt.NDArray[Any]) -> dict[str, Any]:
    """Return one face (S, S) in [-1, 1] as bytes 1 (far) to 255 (near), 0 where there is none.

    Smoothed as the page's reliefs are, real and generated faces alike.
    """
    step = max(1, len(image) // SIDE)
    face_mask = (image > BACKGROUND).astype(float)
    face_weight = ndimage.gaussian_filter(face_mask, SMOOTH * len(image))
    weighted_depth = ndimage.gaussian_filter(face_mask * image, SMOOTH * len(image))
    depth = np.divide(
        weighted_depth, face_weight, out=np.full(image.shape, -1.0), where=face_weight > 0.5
    )
    grey_values = np.where(face_weight > 0.5, np.rint(1 + 254 * (depth + 1) / 2), 0)[::step, ::step]
    depth_bytes = grey_values.clip(0, 255).astype(np.uint8)
    return {"side": len(depth_bytes), "depth": base64.b64encode(depth_bytes.tobytes()).decode()}
