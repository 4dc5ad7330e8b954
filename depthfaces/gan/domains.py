"""One face in two domains: a picture of the same latents as yours and as virtual people."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from depthfaces.gan import record
from depthfaces.gan.networks import Generator
from depthfaces.gan.sample import sample

DOMAINS = ("yours", "virtual")  # in the order of the labels
CAPTION = "the same latents in two domains; near is bright"


def write(path: Path, generator: Generator, names: Sequence[str], rng: np.random.Generator) -> None:
    """Draw each emotion of `names`, which are all classes, in your domain over the virtual one."""
    z = rng.standard_normal((record.COLUMNS, generator.shape.latent), np.float32)
    rows = [
        (f"{name}, {title}", sample(generator, z, np.full(len(z), number + domain * len(names))))
        for number, name in enumerate(names)
        for domain, title in enumerate(DOMAINS)
    ]
    titles, faces = zip(*rows, strict=True)
    record.draw(path, np.stack(faces), list(titles), CAPTION)
