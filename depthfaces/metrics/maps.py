"""Pictures of the space in numbers: flat maps of faces, feature families, each emotion apart."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import gaussian_kde
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.manifold import TSNE

from depthfaces import seeding
from depthfaces.features.store import FeatureSet
from depthfaces.metrics.fidelity import Sides
from depthfaces.metrics.manifold import coverage, precision, recall
from depthfaces.metrics.sides import HELD_OUT, Side
from depthfaces.metrics.undefined import attempt
from depthfaces.schema import Params

Array = npt.NDArray[Any]
SHOWN = 300  # faces of each side on a map
LEAST = 20  # faces that t-SNE needs to say anything
GRID = 120  # places along a density curve


def flat_map(sides: Sides, seed: int) -> pd.DataFrame:
    """Return faces as dots: side (real, synthetic), label, and their two t-SNE coordinates."""
    shown = {"real": sides.sides[HELD_OUT], "synthetic": sides.fakes["synthetic"]}
    rng = seeding.stream(seed, "map")
    picked = {name: some(side, rng) for name, side in shown.items()}
    points = np.concatenate([side.points for side in picked.values()])
    table = pd.DataFrame(
        {
            "side": np.repeat(list(picked), [len(side) for side in picked.values()]),
            "label": np.concatenate([side.label for side in picked.values()]),
        }
    )
    if len(points) < LEAST:
        return table.iloc[:0].assign(x=0.0, y=0.0)
    # Barnes-Hut sums in one thread in a fixed order; two decimals hide the last bits.
    flat = TSNE(perplexity=min(30, len(points) / 4), init="pca", random_state=0).fit_transform(
        points
    )
    return table.assign(x=np.round(flat[:, 0], 2), y=np.round(flat[:, 1], 2))


def some(side: Side, rng: np.random.Generator) -> Side:
    """Return at most `SHOWN` faces."""
    return side.pick(np.sort(rng.permutation(len(side))[:SHOWN]))


def densities(sides: Sides) -> pd.DataFrame:
    """Return curves along the direction that tells the real emotions best apart (LDA).

    Columns: side, label, place, density (area 1). Fitted on real train faces alone.
    """
    train = sides.reference.train
    axis = LinearDiscriminantAnalysis(n_components=1).fit(train.points, train.label)
    shown = {"real": sides.sides[HELD_OUT], "synthetic": sides.fakes["synthetic"]}
    flat = {name: axis.transform(side.points)[:, 0] for name, side in shown.items()}
    low, high = np.quantile(np.concatenate(list(flat.values())), [0.002, 0.998])
    places = np.linspace(low, high, GRID)
    rows = [
        pd.DataFrame({"side": name, "label": label, "place": places, "density": curve})
        for name, values in flat.items()
        for label in sorted(set(shown[name].label))
        if (curve := density(values[shown[name].label == label], places)) is not None
    ]
    return pd.concat(rows, ignore_index=True).round(5) if rows else pd.DataFrame()


def density(values: Array, places: Array) -> Array | None:
    """Return a kernel density of `values` at `places`; None for fewer than 3 different values."""
    if len(np.unique(values)) < 3:
        return None
    return np.asarray(gaussian_kde(values)(places))


def families(sets: dict[str, FeatureSet]) -> dict[str, Any]:
    """Return how alike the feature families order the faces: {names, real, synthetic} matrices.

    Linear CKA (Kornblith et al. 2019) of each pair, 0 to 1, on train faces.
    """
    real = sets["real"].part("train")
    found: dict[str, Any] = {"names": [str(name) for name in real.family_names]}
    for name, part in {"real": real, "synthetic": sets["synthetic"]}.items():
        rows = np.linspace(0, len(part) - 1, min(SHOWN, len(part))).astype(int)
        blocks = np.split(part.x[rows].astype(float), part.family_stops[:-1], axis=1)
        grams = [standard(block) for block in blocks]
        found[name] = [[alike(a, b) for b in grams] for a in grams]
    return found


def standard(block: Array) -> Array:
    """Return the centred Gram matrix (n, n) of standardised columns, of length 1."""
    centred = block - block.mean(axis=0)
    spread = centred.std(axis=0)
    gram = centred / np.where(spread > 1e-6, spread, np.inf)
    gram = gram @ gram.T
    return np.asarray(gram / max(np.linalg.norm(gram), 1e-12))


def alike(a: Array, b: Array) -> float:
    """Return the cosine of two Gram matrices."""
    return float(np.clip((a * b).sum(), 0, 1))


def by_emotion(sides: Sides, params: Params) -> dict[str, Any]:
    """Return {label: {metric: {value, floor}}} of the synthetic set; None where too few faces."""
    k = params.compare.neighbours
    sets = {"value": sides.fakes["synthetic"], "floor": sides.reference.train}
    found: dict[str, Any] = {}
    for label in sorted(set(sides.sides[HELD_OUT].label)):
        real = of_class(sides.sides[HELD_OUT], label)
        fakes = {name: of_class(side, label) for name, side in sets.items()}
        found[label] = {
            metric.__name__: {
                name: attempt(metric, real=real, fake=fake, neighbours=k).value
                for name, fake in fakes.items()
            }
            for metric in (precision, recall, coverage)
        }
        found[label]["label_share"] = {
            name: right_share(side, label) for name, side in sets.items()
        }
    return found


def of_class(side: Side, label: str) -> Array:
    """Return the points of one emotion."""
    return np.asarray(side.points[side.label == label])


def right_share(side: Side, label: str) -> float | None:
    """Return the share of an emotion's faces that the reader of real faces takes for it."""
    classes, own = sorted(set(side.label)), side.label == label
    if not own.any() or side.shares.shape[1] != len(classes):
        return None
    return float(np.mean(side.shares[own].argmax(axis=1) == classes.index(label)))
