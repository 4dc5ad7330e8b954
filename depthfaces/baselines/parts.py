"""One face's upper half on another's lower half, joined along a smooth seam.

Cf. "Frankenstein" faces: what a label's faces share stays, who they are is mixed.
"""

import numpy as np
import numpy.typing as npt

from depthfaces.depth.crop import Window

Floats = npt.NDArray[np.float32]

SEAM = (2.0, 12.0)  # mm below the nose tip
SLANT = 0.25  # half width of the even draw of the seam's slope
SOFT = 5.0  # mm over which it goes from one to the other
BAND = 12.0  # mm on both sides of the seam in which faces are compared
MOST = 6.0  # mm by which the lower half may be moved in depth to meet the upper one


def join(upper: Floats, lowers: list[Floats], window: Window, rng: np.random.Generator) -> Floats:
    """Return a face (S, S) in [-1, 1]: `upper`, and below the seam the one that meets it best."""
    side = (np.arange(window.size) - (window.size - 1) / 2) * window.crop / window.size
    below = side[:, None] - rng.uniform(*SEAM) - rng.uniform(-SLANT, SLANT) * side
    above = window.decode(upper)
    found = [_met(above, window.decode(lower), np.abs(below) < BAND, window) for lower in lowers]
    lower, _ = min(found, key=lambda pair: pair[1])
    share = 1 / (1 + np.exp(-below / SOFT))
    solid = above < window.back - 1, lower < window.back - 1
    share = np.where(solid[0] & solid[1], share, share > 0.5)
    return window.encode(((1 - share) * above + share * lower).astype(np.float32))


def _met(
    above: Floats, lower: Floats, band: npt.NDArray[np.bool_], window: Window
) -> tuple[Floats, float]:
    """Return `lower` moved in depth to meet `above` in the band, and how far off it still is."""
    solid = lower < window.back - 1
    both = band & solid & (above < window.back - 1)
    if not both.any():
        return lower, float("inf")
    gap = (above - lower)[both]
    shift = np.clip(np.median(gap), -MOST, MOST)
    moved = np.where(solid, lower + shift, window.back).astype(np.float32)
    return moved, float(np.abs(gap - shift).clip(max=30).mean())
