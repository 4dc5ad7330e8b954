"""The study swarm, from faces to its chapter."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from depthfaces import seeding
from depthfaces.faces import FaceSet
from depthfaces.gan.sample import sample
from depthfaces.schema import Params
from depthfaces.schema.studies import Swarm
from depthfaces.studies import figures as figures_
from depthfaces.studies.chapter import Chapter
from depthfaces.studies.swarm import pictures, protocol, space, tell
from depthfaces.studies.swarm.found import Found
from depthfaces.studies.swarm.trial import Data

FACES = 8  # of each class on the sheet


def run(faces: FaceSet, params: Params, seed: int, figures: Path) -> Chapter:
    """Return the chapter; its figures are written into the folder `figures`."""
    wanted = params.studies.swarm
    data = Data.of(faces)
    found = Found.of(data, protocol.run(data, wanted, seed, params.threads), seed)
    return Chapter.told(tell, found, wanted, figures_.write(figures, draw(found, wanted, seed)))


def draw(found: Found, wanted: Swarm, seed: int) -> dict[str, tuple[Figure, str]]:
    """Return every figure with its caption."""
    record = found.results.records[0]["swarm"]
    tried = [space.values(z, wanted.ranges) for z in record.z]
    drawn = {
        "rising": (
            pictures.rising({name: found.best_so_far(name) for name in protocol.SEARCHES}),
            "How the searches rise on validation people: mean and range of the seeds.",
        ),
        "flight": (
            pictures.flight(tried, record.fitness, record.generation, wanted.ranges),
            "Every training that the first seed's swarm saw: its settings, and its macro-F1 on "
            "validation people.",
        ),
        "confusions": (
            pictures.confusions(
                {arm: found.confusion(arm) for arm in ("swarm", "defaults")}, found.data.classes
            ),
            "Where the answers on test people go, per cent of each true class, all seeds.",
        ),
    }
    generator = found.results.held_out[0]["swarm"].generator
    if generator is not None:
        classes = found.data.classes
        labels = np.repeat(np.arange(len(classes)), FACES)
        shape = (len(labels), generator.shape.latent)
        z = seeding.stream(seed, "sheet").standard_normal(shape, np.float32)
        made = sample(generator, z, labels).reshape(
            len(classes), FACES, *2 * [generator.shape.size]
        )
        drawn["faces"] = (
            pictures.sheet(dict(zip(classes, made, strict=True))),
            "Faces generated under the swarm's settings, first seed. They serve the discriminator; "
            "nobody chose them for their looks.",
        )
    return drawn
