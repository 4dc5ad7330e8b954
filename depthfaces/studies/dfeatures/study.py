"""The study dfeatures, from faces to its chapter."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from depthfaces import files, seeding
from depthfaces.faces import FaceSet
from depthfaces.schema import Params
from depthfaces.schema.studies import Dfeatures
from depthfaces.studies.chapter import Chapter
from depthfaces.studies.dfeatures import matrix, quality, rating, readings, sets, tell, views
from depthfaces.studies.dfeatures.quality import Measured, Space
from depthfaces.studies.dfeatures.readings import Leaky, Reading
from depthfaces.studies.dfeatures.results import Results
from depthfaces.studies.dfeatures.sets import Set
from depthfaces.studies.dfeatures.views import TRAINED, Learned, View

Array = npt.NDArray[Any]


class Run(NamedTuple):
    """What one seed found, by arm; `drawn` are the generated faces of the trained arms."""

    learned: dict[str, Learned]
    readings: dict[str, Reading]
    leaky: Leaky
    measured: dict[str, Measured]
    drawn: dict[str, Array]


def run(faces: FaceSet, params: Params, figures: Path) -> Chapter:
    """Return the chapter; its figures are written into the folder `figures`."""
    plan = params.studies.dfeatures
    seed = seeding.number(params.seed, "studies", "dfeatures")
    found, missing = sets.configured(faces, params)
    home = found[0]
    space = Space.fit(home, plan, seed)
    numbers = [seeding.number(seed, "run", number) for number in range(plan.seeds)]
    runs = [once(home, space, plan, number) for number in tqdm(numbers, "seeds", unit="seed")]
    best = max(TRAINED, key=lambda arm: mean_out_of_fold(home, runs, arm))
    pretrained = [
        _pretrained(found, best, one, (plan, number))
        for one, number in zip(runs, numbers, strict=True)
    ]
    cells = matrix.cross(found, pretrained, plan, seed)
    _write_rating(home, runs[0].drawn[best], plan, seed, figures)
    return tell.chapter(Results(found, missing, runs, best, cells, space, plan, seed), figures)


def once(home: Set, space: Space, plan: Dfeatures, seed: int) -> Run:
    """Train every arm under one seed, read emotions and units, and measure the faces made."""
    images = home.known.images
    learned = {arm: views.learn(images, arm, plan, seed) for arm in (*TRAINED, "untrained")}
    looks: dict[str, View] = {**learned, "pixels": views.pixels}
    read = {arm: readings.read(view, home, plan, seed) for arm, view in looks.items()}
    everybody = views.learn(home.whole().images, TRAINED[0], plan, seeding.number(seed, "leaky"))
    leaky = readings.leak(everybody, home, plan, seed)
    rng = seeding.stream(seed, "drawn")
    drawn = {arm: learned[arm].draw(plan.generated, rng) for arm in TRAINED}
    drawn["floor"] = images[rng.permutation(len(images))[: plan.generated]]
    measured = {
        arm: quality.measure(space, home.asked.images, fake, plan.neighbours, seed)
        for arm, fake in drawn.items()
    }
    return Run(learned, read, leaky, measured, drawn)


def mean_out_of_fold(home: Set, runs: list[Run], arm: str) -> float:
    """Return an arm's accuracy on known people out of fold, by which the matrix's arm is chosen."""
    y = readings.numbers(home.known, home.classes)
    return float(np.mean([one.readings[arm].folds == y for one in runs]))


def _pretrained(
    found: list[Set], arm: str, one: Run, rest: tuple[Dfeatures, int]
) -> dict[str, View]:
    """Return the view that one seed's DCGAN gives, pretrained on the known people of each set."""
    plan, seed = rest
    result: dict[str, View] = {found[0].name: one.learned[arm]}
    for other in found[1:]:
        own = seeding.number(seed, "pretrained", other.name)
        result[other.name] = views.learn(other.known.images, arm, plan, own)
    return result


def _write_rating(home: Set, fake: Array, plan: Dfeatures, seed: int, figures: Path) -> None:
    """Write the page on which people rate people held out beside generated faces."""
    rng = seeding.stream(seed, "rating")
    count = min(plan.rated, len(home.asked.images), len(fake))
    real, made = (side[rng.permutation(len(side))[:count]] for side in (home.asked.images, fake))
    files.write_text(figures / "rating.html", rating.page(real, made, home.unit, rng))
