"""The head's pose as a rotation matrix in the camera's axes: x right, y down, z away."""

import numpy as np
import numpy.typing as npt


def rotation(yaw: float, pitch: float, roll: float) -> npt.NDArray[np.float32]:
    """Return the rotation (3, 3) of angles in degrees: yaw first, then pitch, then roll.

    Positive yaw turns the nose to the image's right, positive pitch nods it down, positive roll
    tilts the head clockwise in the image.
    """
    a, b, c = np.radians([yaw, pitch, roll])
    yaw_matrix = np.array([[np.cos(a), 0, -np.sin(a)], [0, 1, 0], [np.sin(a), 0, np.cos(a)]])
    pitch_matrix = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    roll_matrix = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return np.asarray(roll_matrix @ pitch_matrix @ yaw_matrix, np.float32)
