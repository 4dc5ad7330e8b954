"""Sensors that measure how long light is on its way: of the user's own knobs, and the Kinect v2."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from depthfaces.sources.virtual.sensor import SWING, Floats, Sensor, sense, slope, squared

STEEPEST = np.tan(np.radians(75.0))  # beyond, the noise was not measured


@dataclass(frozen=True)
class TimeOfFlight:
    """A sensor of `focal` pixels whose smaller image side has `side` pixels, 0: any.

    Its noise as in `sensor.Sensor`; it reads from `nearest` mm on.
    """

    focal: float
    side: int
    axial: float
    lateral: float
    missing: float
    flying: float
    nearest: float
    growth: Callable[[Floats], Floats] = squared

    def read(
        self, true: Floats, noise: float, wall: tuple[float, float], rng: np.random.Generator
    ) -> npt.NDArray[np.uint16]:
        """Return readings (n, S, S) in whole millimetres, 0 = none, of true depth (n, 2S, 2S).

        `noise` is a factor on all noise; `wall` says how far the wall behind is.
        """
        noisy = Sensor(
            axial=noise * self.axial,
            lateral=noise * self.lateral,
            missing=min(noise * self.missing, 1.0),
            flying=min(noise * self.flying, 1.0),
            wall=wall,
            growth=self.growth,
        )
        return sense(true, noisy, rng)

    def deviation(self, depth: float) -> float:
        """Return the standard deviation of a reading at `depth`, in mm, of a face-on surface."""
        noise = (
            self.axial * SWING * float(self.growth(np.full((1, 2, 2), depth, np.float32)).mean())
        )
        return float(np.hypot(noise, 1 / np.sqrt(12)))


def fankhauser(depth: Floats, focal: float) -> Floats:
    """Return a Kinect v2's noise in mm, standard deviation, at `depth` (n, S, S) in mm.

    1.5 - 0.5 z + 0.3 z² + 0.1 z^1.5 a² / (pi/2 - a)², z in m, a the angle of the surface
    (Fankhauser et al., "Kinect v2 for mobile robot navigation", ICAR 2015).
    """
    metres = np.minimum(depth / 1000, 5)
    angle = np.arctan(np.minimum(slope(depth, focal), STEEPEST))
    turned = 0.1 * metres**1.5 * angle**2 / (np.pi / 2 - angle) ** 2
    return np.asarray(1.5 - 0.5 * metres + 0.3 * metres**2 + turned, np.float32)
