"""Depth faces as pictures: colour is depth, light and shade are slope, background is clear."""

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
SIDE = 128  # least side of a picture in pixels
GAP = 3  # clear pixels around it
SMOOTH = 0.8 / 64  # of the side: a lamp shows noise far below what the eye would call shape
STEEP = 0.55  # depth units to pixel widths: how high the relief stands
LAMP = np.array([-0.45, -0.55, 0.70]) / np.linalg.norm([-0.45, -0.55, 0.70])  # x, y, to the eye
COLOURS = colormaps["magma"]  # perceptually uniform; without its ends, which vanish on a page
DARKEST, LIGHTEST, AMBIENT = 0.35, 0.95, 0.35


def relief(image: Array) -> npt.NDArray[np.uint8]:
    """Return one face (S, S) in [-1, 1] as RGBA (T, T, 4), T at least `SIDE` pixels.

    The same for real and generated faces: smoothed over about a pixel, enlarged linearly.
    """
    inside = (image > BACKGROUND).astype(float)
    sigma = SMOOTH * len(image)
    weight = ndimage.gaussian_filter(inside, sigma)
    total = ndimage.gaussian_filter(inside * image, sigma)
    depth = np.divide(total, weight, out=np.full(image.shape, -1.0), where=weight > 0.05)
    factor = max(1, SIDE // len(image))
    depth, cover = (ndimage.zoom(part, factor, order=1) for part in (depth, weight))
    down, along = np.gradient(depth * len(image) * STEEP)
    normal = np.stack([-along, -down, np.ones_like(depth)], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    light = AMBIENT + (1 - AMBIENT) * 1.25 * np.clip(normal @ LAMP, 0, 1)
    colour = COLOURS(DARKEST + (LIGHTEST - DARKEST) * (depth + 1) / 2)
    colour[..., :3] *= light[..., None]
    colour[..., 3] = cover > 0.5
    return np.asarray(np.clip(colour, 0, 1) * 255, np.uint8)


def strip(images: Array) -> Image.Image:
    """Return faces (n, S, S) side by side with a clear gap."""
    gap = ((GAP, GAP), (GAP, GAP), (0, 0))
    return Image.fromarray(np.concatenate([np.pad(relief(face), gap) for face in images], axis=1))


def data_uri(picture: Image.Image) -> str:
    """Return a picture as a WebP data URI, with its transparency."""
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=82, method=4)
    return uri(buffer.getvalue(), "webp")


def uri(content: bytes, kind: str) -> str:
    """Return an image file's bytes as a data URI."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
