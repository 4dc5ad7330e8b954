"""The train people re-enacted: in new poses, with other expressions, with each other's changes.

Kollias et al. (IJCV 2020) put a morphable model's expressions on neutral faces. Here the people's
own points move by the head model's actions, or by what was measured on another person.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from depthfaces import seeding
from depthfaces.baselines import morphable
from depthfaces.baselines.cast import NEUTRAL, Cast
from depthfaces.baselines.motion import act, furrow
from depthfaces.baselines.parts import join
from depthfaces.baselines.samples import Array, Sampler
from depthfaces.baselines.surface import STRAIGHT, Surface, draw_view, lift, renosed, sensed, shown
from depthfaces.depth.crop import Window
from depthfaces.depth.dataset import window
from depthfaces.errors import DataError
from depthfaces.faces import FaceSet
from depthfaces.schema import Params
from depthfaces.sources.virtual import emotions

Floats = npt.NDArray[np.float32]

# Shares of the ways; one that a class does not allow leaves its share to the others. On six real
# people even shares did no worse than the others that were tried.
SHARES = {"pose": 0.25, "expression": 0.25, "donor": 0.25, "parts": 0.25}
# Strength of an emotion in a re-enacted face, and what single actions differ by (log deviation).
WEAKEST, STRONGEST = 0.6, 1.0
STYLE = 0.25
# Strength of another person's change, as a share of it.
DONATED = (0.8, 1.3)
FURROW = (0.8, 1.6)  # mm of depth between lips for each mm of their gap
RELATED = 0.7  # standard deviation of the shape of a relative, in deviations among people
LEAST = 0.6  # share of a face that must be left to see of it
CANDIDATES = 8  # faces of which the best fitting one gives the lower half


class Scene(NamedTuple):
    """A face before the camera is turned to it: its points, and those between its lips (n, 3)."""

    surface: Surface
    between: Floats


Way = Callable[[Cast, str, np.random.Generator], Scene]
NOTHING = np.empty((0, 3), np.float32)


def fit(train: FaceSet, validation: FaceSet, settings: Params, seed: int) -> Sampler:
    """Fit the head model to train people's neutral faces; `validation` is not used."""
    if train.table["unit"].iloc[0] != "mm":
        raise DataError(
            "reenact: expected depth in mm, whose points can be moved, found grey images: "
            "take another baseline"
        )
    span = window(settings.preprocess.model_copy(update={"size": train.images.shape[1]}))
    return Reenacted(Cast.of(train, span, seed), train.classes)


@dataclass(frozen=True)
class Reenacted:
    """A sampler of re-enacted faces."""

    cast: Cast
    classes: list[str]

    def __call__(self, labels: Array, seed: int) -> Array:
        """Return a face for each label."""
        rng = seeding.stream(seed, "reenact")
        faces = [self.draw(self.classes[label], rng) for label in labels]
        side = self.cast.window.size
        return np.stack(faces) if faces else np.empty((0, side, side), np.float32)

    def draw(self, label: str, rng: np.random.Generator) -> Floats:
        """Return one face (S, S), by a way that its label allows."""
        names = ways(self.cast, label)
        shares = np.array([SHARES[name] for name in names])
        name = str(rng.choice(names, p=shares / shares.sum()))
        return seen(WAYS[name](self.cast, label, rng), self.cast.window, rng)


def ways(cast: Cast, label: str) -> list[str]:
    """Return the ways in which a face of `label` can be made."""
    able = {
        "pose": True,
        "expression": bool(cast.actors.get(NEUTRAL)) and label in emotions.EMOTIONS,
        "donor": bool(cast.takers(label)),
        "parts": len(cast.rows[label]) > 1,
    }
    return [name for name in SHARES if able[name]]


def seen(scene: Scene, window: Window, rng: np.random.Generator) -> Floats:
    """Return what a camera sees of `scene`: turned by chance, with new noise, mirrored or not."""
    before = np.where(scene.surface.solid, scene.surface.points[..., 2], window.back)[::2, ::2]
    view = draw_view(window, rng)
    behind = shown(*scene, view, window)
    if (behind < window.back).sum() < LEAST * (before < window.back).sum():
        behind = shown(*scene, view._replace(turn=STRAIGHT.turn), window)
    image = sensed(renosed(behind, before.astype(np.float32), window), window, rng)
    return image if rng.random() < 0.5 else image[:, ::-1]


def pose(cast: Cast, label: str, rng: np.random.Generator) -> Scene:
    """Return a train face as a relative's, or, if no head is fitted to it, as it is."""
    rows, actors = cast.rows[label], cast.actors[label]
    number = rng.integers(len(rows))
    if number >= len(actors):
        return Scene(lift(cast.image(rng.choice(rows)), cast.window), NOTHING)
    _, rest = actors[number]
    return Scene(act(rest, relative(rng), morphable.load(), cast.window), NOTHING)


def expression(cast: Cast, label: str, rng: np.random.Generator) -> Scene:
    """Return a neutral train face that shows `label` by the head model's actions."""
    model = morphable.load()
    units = emotions.draw_units(label, WEAKEST, STRONGEST, rng)
    weights = emotions.actions(units, model.labels)
    weights *= np.exp(rng.normal(0, STYLE, len(weights)))
    number = int(rng.integers(len(cast.actors[NEUTRAL])))
    return acted(cast, number, np.tensordot(weights, model.actions, 1), rng)


def donor(cast: Cast, label: str, rng: np.random.Generator) -> Scene:
    """Return a neutral train face with the change that another person's face shows."""
    number = rng.choice(cast.takers(label))
    host, _ = cast.actors[NEUTRAL][number]
    givers = [name for name in cast.changes[label] if name != host]
    change = cast.changes[label][givers[rng.integers(len(givers))]]
    return acted(cast, number, rng.uniform(*DONATED) * change, rng)


def acted(cast: Cast, number: int, motion: Array, rng: np.random.Generator) -> Scene:
    """Return a neutral actor, or a relative, after a motion (V, 3) of the head."""
    _, rest = cast.actors[NEUTRAL][number]
    surface = act(rest, motion + relative(rng), morphable.load(), cast.window)
    return Scene(surface, furrow(surface, rest.mouth, rng.uniform(*FURROW), cast.window))


def relative(rng: np.random.Generator) -> Array:
    """Return a motion (V, 3) to the shape of somebody like the person."""
    model = morphable.load()
    return np.tensordot(rng.normal(0, RELATED, len(model.shapes)), model.shapes, 1)


def parts(cast: Cast, label: str, rng: np.random.Generator) -> Scene:
    """Return one face's upper half on a lower half, another person's where there is one."""
    rows = cast.rows[label]
    upper = rng.choice(rows)
    others = rows[cast.owners[rows] != cast.owners[upper]]
    if not len(others):
        others = rows[rows != upper]
    lower = rng.permutation(others)[:CANDIDATES]
    images = [cast.image(row) for row in lower]
    return Scene(lift(join(cast.image(upper), images, cast.window, rng), cast.window), NOTHING)


WAYS: dict[str, Way] = {
    "pose": pose,
    "expression": expression,
    "donor": donor,
    "parts": parts,
}
