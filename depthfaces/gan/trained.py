"""What a training gives."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from depthfaces.gan.networks import Discriminator, Generator

Losses = dict[str, float]


@dataclass(frozen=True)
class Trained:
    """The four nets of the best check, and what was seen on the way.

    `history`: a row of mean losses every few steps; `checks`: a row of fidelity a check; `film`
    (checks, classes, S, S): the same latents then; `best`: the step the nets are of; `stopped`:
    why training ended early, or nothing.
    """

    generator: Generator
    discriminator: Discriminator
    generator_teacher: Generator
    discriminator_teacher: Discriminator
    history: list[Losses]
    checks: list[dict[str, Any]]
    film: np.ndarray
    best: int
    stopped: str = ""
