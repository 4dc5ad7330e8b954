"""Depth faces as pictures: colour is depth, shading is slope, the background is transparent."""

import base64
import io
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps
from PIL import Image
from scipy import ndimage

Array = npt.NDArray[Any]
BACKGROUND = -0.98  # prepared faces put it at -1; generated ones come close to it
SIDE = 128  # minimum side of a picture in pixels
GAP = 3  # transparent pixels around it
SMOOTH = 0.8 / 64  # sigma, of the side: shading shows noise far below what the eye calls shape
STEEP = 0.55  # relief height: pixel widths per depth unit
LAMP = np.array([-0.45, -0.55, 0.70]) / np.linalg.norm([-0.45, -0.55, 0.70])  # x, y, to the eye
COLOURS = colormaps["magma"]  # perceptually uniform; without its ends, which vanish on a page
DARKEST, LIGHTEST, AMBIENT = 0.35, 0.95, 0.35


def relief(image: Array) -> npt.NDArray[np.uint8]:
    """Return one face (S, S) in [-1, 1] as RGBA (T, T, 4), T at least `SIDE` pixels.

    The same for real and generated faces: smoothed over about a pixel, enlarged linearly.
    """
    face_mask = (image > BACKGROUND).astype(float)
    sigma = SMOOTH * len(image)
    face_weight = ndimage.gaussian_filter(face_mask, sigma)
    weighted_depth = ndimage.gaussian_filter(face_mask * image, sigma)
    depth = np.divide(
        weighted_depth, face_weight, out=np.full(image.shape, -1.0), where=face_weight > 0.05
    )
    zoom_factor = max(1, SIDE // len(image))
    depth, coverage = (
        ndimage.zoom(channel, zoom_factor, order=1) for channel in (depth, face_weight)
    )
    row_gradient, column_gradient = np.gradient(depth * len(image) * STEEP)
    surface_normal = np.stack([-column_gradient, -row_gradient, np.ones_like(depth)], axis=-1)
    surface_normal /= np.linalg.norm(surface_normal, axis=-1, keepdims=True)
    brightness = AMBIENT + (1 - AMBIENT) * 1.25 * np.clip(surface_normal @ LAMP, 0, 1)
    rgba = COLOURS(DARKEST + (LIGHTEST - DARKEST) * (depth + 1) / 2)
    rgba[..., :3] *= brightness[..., None]
    rgba[..., 3] = coverage > 0.5
    return np.asarray(np.clip(rgba, 0, 1) * 255, np.uint8)


def strip(images: Array) -> Image.Image:
    """Return faces (n, S, S) side by side with a transparent gap."""
    padding = ((GAP, GAP), (GAP, GAP), (0, 0))
    return Image.fromarray(
        np.concatenate([np.pad(relief(face), padding) for face in images], axis=1)
    )


def data_uri(picture: Image.Image) -> str:
    """Return a picture as a WebP data URI, with its transparency."""
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=82, method=4)
    return uri(buffer.getvalue(), "webp")


def uri(content: bytes, kind: str) -> str:
    """Return an image file's bytes as a data URI."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
