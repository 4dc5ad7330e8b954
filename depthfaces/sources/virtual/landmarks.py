"""The 68 usual landmarks of a face as vertices of the head model, and which of them are seen.

Order and names after Sagonas et al. (300 Faces in-the-wild, ICCVW 2013): jaw line 0 to 16, brows 17
to 26, nose 27 to 35, eyes 36 to 47, outer lips 48 to 59, inner lips 60 to 67, each from the image's
left to its right, eyes and lips then back below. The vertices were chosen by hand on the template.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

# Vertices of the head model: those of the image's right half, and those in the middle.
RIGHT = {
    9: 3583, 10: 3706, 11: 3707, 12: 3653, 13: 2826, 14: 3620, 15: 3599, 16: 3604,
    22: 2354, 23: 2326, 24: 2349, 25: 2351, 26: 2357, 34: 2447, 35: 2491,
    42: 2217, 43: 3437, 44: 3421, 45: 2178, 46: 2190, 47: 2201,
    52: 2580, 53: 3760, 54: 2552, 55: 2605, 56: 2611, 63: 2596, 64: 2573, 65: 2606,
}  # fmt: skip
MIDDLE = {8: 1566, 27: 132, 28: 131, 29: 201, 30: 297, 33: 343, 51: 455, 57: 492, 62: 474, 66: 493}
# A landmark of the right half and its mirror image: (first, last, their sum).
MIRRORED = (
    (9, 16, 16), (22, 26, 43), (34, 35, 66), (42, 45, 81), (46, 47, 87), (52, 54, 102),
    (55, 56, 114), (63, 64, 124), (65, 65, 132),
)  # fmt: skip
NAMES = (
    *(f"jaw {k}" for k in range(17)),
    *(f"brow {k}" for k in range(10)),
    *(f"nose {k}" for k in range(9)),
    *(f"eye {k}" for k in range(12)),
    *(f"outer lip {k}" for k in range(12)),
    *(f"inner lip {k}" for k in range(8)),
)
NEAREST = 1.0  # mm: what lies less before a landmark is the surface that it is a point of


def vertices(template: Floats) -> npt.NDArray[np.intp]:
    """Return the vertex of each landmark (68,); the model's template (V, 3) is symmetric."""
    every = RIGHT | MIDDLE
    for first, last, total in MIRRORED:
        for place in range(first, last + 1):
            twin = template[RIGHT[place]] * np.array([-1, 1, 1], np.float32)
            every[total - place] = int(np.argmin(((template - twin) ** 2).sum(1)))
    return np.array([every[place] for place in range(len(NAMES))])


def seen(
    places: Floats, pixels: Floats, triangles: npt.NDArray[np.int32], size: int
) -> npt.NDArray[np.bool_]:
    """Return which landmarks (68,) no surface hides from the camera, within a frame of `size`.

    `places` (68, 3) and `pixels` (V, 3): column, row, depth in mm.
    """
    corners = pixels[triangles]
    low, high = corners[..., :2].min(1), corners[..., :2].max(1)
    point = places[:, None, :2]
    mark, face = np.nonzero(((point >= low) & (point <= high)).all(-1))
    before = crossing(places[mark, :2], corners[face]) < places[mark, 2] - NEAREST
    inside = ((places[:, :2] >= -0.5) & (places[:, :2] < size - 0.5)).all(1)
    return np.asarray(inside & ~np.isin(np.arange(len(places)), mark[before]))


def crossing(points: Floats, corners: Floats) -> npt.NDArray[np.float64]:
    """Return the depth (n,) at which the ray of each point (n, 2) meets its triangle (n, 3, 3).

    Infinity where it passes by.
    """
    shares = weights(points, corners)
    inside = (shares >= 0).all(1)
    depth = 1 / np.where(inside, (shares / corners[..., 2]).sum(1), 1)
    return np.where(inside, depth, np.inf)


def weights(points: Floats, corners: Floats) -> npt.NDArray[np.float64]:
    """Return the barycentric weights (n, 3) of points (n, 2) in triangles (n, 3, 3) of the image.

    Triangles seen from the side have no area: no point is in them (weights of -1).
    """
    side = corners[..., :2].astype(np.float64) - points[:, None]
    after, last = np.roll(side, -1, 1), np.roll(side, -2, 1)
    area = after[..., 0] * last[..., 1] - last[..., 0] * after[..., 1]
    total = area.sum(1, keepdims=True)
    flat = np.abs(total) < 1e-9
    return np.where(flat, -1.0, area / np.where(flat, 1.0, total))
