"""Depth cameras that people own: `SENSORS` holds each by its name in `data.virtual.sensor`.

A frame is a square of `data.virtual.size` pixels cut from the middle of the sensor's image, so a
face has as many pixels as that camera gives it at that distance. Where no source is named a value
is a choice of ours.
"""

from functools import partial
from typing import Protocol

import numpy as np
import numpy.typing as npt

from depthfaces.errors import ParamsError
from depthfaces.schema import Virtual
from depthfaces.sources.virtual import flight
from depthfaces.sources.virtual.sensor import SWING
from depthfaces.sources.virtual.triangulation import Triangulation

FIELD = 200.0  # mm that a frame has to span at the least distance: a face, not quite centred


class Device(Protocol):
    """What takes frames: focal length and smaller side of its image in pixels, and a reading."""

    @property
    def focal(self) -> float:
        """Return the focal length in pixels."""

    @property
    def side(self) -> int:
        """Return the smaller side of the image in pixels, 0: any."""

    @property
    def nearest(self) -> float:
        """Return the least distance in mm that is read."""

    def read(
        self,
        true: npt.NDArray[np.float32],
        noise: float,
        wall: tuple[float, float],
        rng: np.random.Generator,
    ) -> npt.NDArray[np.uint16]:
        """Return readings (n, S, S) in mm of true depth (n, 2S, 2S); `noise` is a factor."""

    def deviation(self, depth: float) -> float:
        """Return the standard deviation of a reading at `depth` mm of a face-on surface, in mm."""


SENSORS: dict[str, Device] = {
    # 640 x 480, f 580, baseline 75 mm, steps of an eighth of a pixel: 2.87 mm at 1 m (Khoshelham
    # and Elberink 2012 measured 2.85e-5 z² a step, z in cm, and a random error of half a step:
    # 0.41 beside what the rounding to steps makes). 9 x 9 pixels are matched (Konolige and
    # Mihelich, ROS kinect_calibration); edges wobble by 0.8 pixels and steep surfaces are lost
    # (Nguyen, Izadi and Lovell, 3DIMPVT 2012). The projector is right: shadows fall left of a head.
    "kinect-v1": Triangulation(
        focal=580.0, side=480, baseline=75.0, error=0.41 / 8, step=1 / 8, shares={2.0: 1.0},
        window=2.6, lateral=0.8, steepest=70.0, missing=0.6, nearest=400.0, farthest=4000.0,
    ),
    # 512 x 424, f 365: axial noise as published, edges as in the camera of our own.
    "kinect-v2": flight.TimeOfFlight(
        focal=365.0, side=424, axial=1 / SWING, lateral=0.5, missing=0.5, flying=0.3, nearest=500.0,
        growth=partial(flight.fankhauser, focal=365.0),
    ),
    # D435 at 848 x 480, f 424 (90 degrees), baseline 50 mm: RMS = z² subpixel / (f b), subpixel
    # 0.05 to 0.1 on textured targets (Grunnet-Jepsen et al., "Tuning depth cameras for best
    # performance", Intel). Disparity comes in 1/32 pixels ("Subpixel linearity improvement",
    # Intel). Depth is the left imager's: shadows fall left, too.
    "realsense": Triangulation(
        focal=424.0, side=480, baseline=50.0, error=0.08, step=1 / 32, shares={1.5: 0.5, 4.0: 0.87},
        window=1.5, lateral=0.5, steepest=75.0, missing=0.7, nearest=280.0, farthest=10000.0,
    ),
    # iPhone X and later, 640 x 480 depth, held upright: below a millimetre at close range
    # (Breitbarth et al., Proc. SPIE 11144, 2019; Vogt, Rips and Emmelmann, Technologies 9(2),
    # 2021). Apple publishes neither baseline nor error: 27 mm between dot projector and infrared
    # camera and 0.05 pixels, which give 0.4 mm at 0.3 m and 1.1 mm at half a metre. Smooth, as
    # Apple filters.
    "truedepth": Triangulation(
        focal=432.0, side=480, baseline=-27.0, error=0.05, step=1 / 64, shares={3.0: 1.0},
        window=1.2, lateral=0.3, steepest=78.0, missing=0.4, nearest=150.0, farthest=5000.0,
    ),
}  # fmt: skip


def device(virtual: Virtual) -> Device:
    """Return the camera that `virtual` asks for, its own or one of `SENSORS`.

    One of these is refused where its frames would not hold a face.
    """
    if virtual.sensor == "own":
        return flight.TimeOfFlight(
            focal=virtual.focal,
            side=0,
            axial=virtual.axial,
            lateral=virtual.lateral,
            missing=virtual.missing,
            flying=virtual.flying,
            nearest=0.0,
        )
    chosen = SENSORS[virtual.sensor]
    least = int(np.ceil(FIELD * chosen.focal / virtual.near))
    if virtual.near < chosen.nearest:
        raise ParamsError(
            f"data.virtual.near: {virtual.sensor} sees nothing below {chosen.nearest:g} mm, found "
            f"{virtual.near:g}"
        )
    if not least <= virtual.size <= chosen.side:
        raise ParamsError(
            f"data.virtual.size: expected {least} to {chosen.side} pixels with the sensor "
            f"{virtual.sensor} from {virtual.near:g} mm on (a face fills {least}), found "
            f"{virtual.size}"
        )
    return chosen
