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
from depthfaces.studies.dfeatures.views import TRAINED, Learned, View, Wanted

Array = npt.NDArray[Any]
EVERYBODY = "everybody"  # the net as printed that saw the people held out as well (leaky)


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
    seeds = [seeding.number(seed, "run", number) for number in range(plan.seeds)]
    trained = views.learn_all(wanted(home), plan, seeds, params.threads)
    runs = [
        once(home, space, plan, nets, own)
        for nets, own in zip(tqdm(trained, "seeds", unit="seed", disable=None), seeds, strict=True)
    ]
    best = max(TRAINED, key=lambda arm: out_of_fold(home, runs, arm))
    more = {other.name: Wanted(other.known.images, best) for other in found[1:]}
    others = views.learn_all(more, plan, seeds, params.threads)
    looks: list[dict[str, View]] = [
        {home.name: one.learned[best], **nets} for one, nets in zip(runs, others, strict=True)
    ]
    cells = matrix.cross(found, looks, plan, seed)
    _write_rating(home, runs[0].drawn[best], plan, seed, figures)
    return tell.chapter(Results(found, missing, runs, best, cells, space, plan, seed), figures)


def wanted(home: Set) -> dict[str, Wanted]:
    """Return the nets of one seed: of known people, and one that the leaky protocol asks for."""
    known = {arm: Wanted(home.known.images, arm) for arm in (*TRAINED, "untrained")}
    return known | {EVERYBODY: Wanted(home.whole().images, TRAINED[0])}


def once(home: Set, space: Space, plan: Dfeatures, nets: dict[str, Learned], seed: int) -> Run:
    """Read emotions and units by every arm under one seed, and measure the faces made."""
    learned = {arm: net for arm, net in nets.items() if arm != EVERYBODY}
    looks: dict[str, View] = {**learned, "pixels": views.pixels}
    read = {arm: readings.read(view, home, plan, seed) for arm, view in looks.items()}
    leaky = readings.leak(nets[EVERYBODY], home, plan, seed)
    rng = seeding.stream(seed, "drawn")
    drawn = {arm: learned[arm].draw(plan.generated, rng) for arm in TRAINED}
    known = home.known.images
    drawn["floor"] = known[rng.permutation(len(known))[: plan.generated]]
    measured = {
        arm: quality.measure(space, home.asked.images, fake, plan.neighbours, seed)
        for arm, fake in drawn.items()
    }
    return Run(learned, read, leaky, measured, drawn)


def out_of_fold(home: Set, runs: list[Run], arm: str) -> float:
    """Return an arm's accuracy on known people out of fold, by which the matrix's arm is chosen."""
    y = readings.numbers(home.known, home.classes)
    return float(np.mean([one.readings[arm].folds == y for one in runs]))


def _write_rating(home: Set, fake: Array, plan: Dfeatures, seed: int, figures: Path) -> None:
    """Write the page on which people rate people held out beside generated faces."""
    rng = seeding.stream(seed, "rating")
    count = min(plan.rated, len(home.asked.images), len(fake))
    real, made = (side[rng.permutation(len(side))[:count]] for side in (home.asked.images, fake))
    files.write_text(figures / "rating.html", rating.page(real, made, home.unit, rng))
