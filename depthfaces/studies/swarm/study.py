"""The study swarm, from faces to its chapter."""

from pathlib import Path
from typing import Any

from depthfaces.faces import FaceSet
from depthfaces.schema.studies import Swarm


def run(faces: FaceSet, settings: Swarm, seed: int, figures: Path) -> Any:
    """Return the chapter; its figures are written into the folder `figures`."""
    raise NotImplementedError
