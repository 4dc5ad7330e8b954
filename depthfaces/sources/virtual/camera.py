"""A pinhole depth camera: pose, projection, and a z-buffer that runs on CPU and CUDA."""

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import warp as wp

from depthfaces.sources.virtual import caches

wp.config.log_level = wp.LOG_ERROR  # its notices of compiling say nothing to a user

Floats = npt.NDArray[np.float32]
EMPTY = np.float32(1e9)  # depth where the camera sees nothing
NONE = np.int32(2**31 - 1)  # no triangle


def project(points: Floats, focal: float, size: int) -> Floats:
    """Return (n, V, 3) pixel column, pixel row, depth in mm of camera points (n, V, 3) in mm."""
    depth = points[..., 2:]
    centre = (size - 1) / 2
    return np.concatenate([centre + focal * points[..., :2] / depth, depth], -1)


def depth_maps(pixels: Floats, triangles: npt.NDArray[np.int32], size: int) -> Floats:
    """Return depth (n, size, size) in mm of the nearest surface, `EMPTY` where there is none."""
    return _rastered(pixels, triangles, size, nearest=False)[0]


def nearest_triangles(
    pixels: Floats, triangles: npt.NDArray[np.int32], size: int
) -> tuple[Floats, npt.NDArray[np.int32]]:
    """Return `depth_maps` and the triangle (n, size, size) seen at each pixel, `NONE` for none."""
    return _rastered(pixels, triangles, size, nearest=True)


def _rastered(
    pixels: Floats, triangles: npt.NDArray[np.int32], size: int, *, nearest: bool
) -> tuple[Floats, npt.NDArray[np.int32]]:
    caches.prepare()
    device = wp.get_preferred_device()
    wp.set_module_options({"enable_backward": False})  # nothing is differentiated
    corners = wp.from_numpy(np.ascontiguousarray(pixels), dtype=wp.vec3, device=device)
    faces = wp.from_numpy(triangles, dtype=wp.vec3i, device=device)
    shape = (len(pixels), size, size)
    depth = wp.full(shape, float(EMPTY), dtype=wp.float32, device=device)
    face = wp.full(shape if nearest else (1, 1, 1), int(NONE), dtype=wp.int32, device=device)
    for known in (False, True) if nearest else (False,):
        wp.launch(
            _kernel(),
            dim=(len(pixels), len(triangles)),
            inputs=[corners, faces, known, depth, face],
            device=device,
        )
    # untyped in the library
    return np.asarray(depth.numpy()), np.asarray(face.numpy())  # type: ignore[no-untyped-call]


@cache
def _kernel() -> Any:
    """Return the z-buffer kernel: one thread a triangle, nearest depth wins by atomic minimum."""

    @wp.kernel
    def raster(
        corners: wp.array2d(dtype=wp.vec3),  # type: ignore[valid-type]
        faces: wp.array(dtype=wp.vec3i),  # type: ignore[valid-type]
        known: bool,
        depth: wp.array3d(dtype=wp.float32),  # type: ignore[valid-type]
        nearest: wp.array3d(dtype=wp.int32),  # type: ignore[valid-type]
    ) -> None:
        frame, face = wp.tid()  # type: ignore[misc] # as many as the launch has dimensions
        size = depth.shape[1]
        a = corners[frame, faces[face][0]]
        b = corners[frame, faces[face][1]]
        c = corners[frame, faces[face][2]]
        area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
        if wp.min(wp.min(a[2], b[2]), c[2]) < 1.0 or wp.abs(area) < 1.0e-6:
            return
        left = wp.max(int(wp.ceil(wp.min(wp.min(a[0], b[0]), c[0]))), 0)
        right = wp.min(int(wp.floor(wp.max(wp.max(a[0], b[0]), c[0]))), size - 1)
        top = wp.max(int(wp.ceil(wp.min(wp.min(a[1], b[1]), c[1]))), 0)
        bottom = wp.min(int(wp.floor(wp.max(wp.max(a[1], b[1]), c[1]))), size - 1)
        for y in range(top, bottom + 1):
            for x in range(left, right + 1):
                u = float(x)
                v = float(y)
                # Barycentric weights; 1/z is linear in the image.
                p = ((b[0] - u) * (c[1] - v) - (c[0] - u) * (b[1] - v)) / area
                q = ((c[0] - u) * (a[1] - v) - (a[0] - u) * (c[1] - v)) / area
                r = 1.0 - p - q
                if p >= 0.0 and q >= 0.0 and r >= 0.0:
                    z = 1.0 / (p / a[2] + q / b[2] + r / c[2])
                    if not known:
                        wp.atomic_min(depth, frame, y, x, z)
                    elif z <= depth[frame, y, x]:  # of those so near the first wins
                        wp.atomic_min(nearest, frame, y, x, face)

    return raster
