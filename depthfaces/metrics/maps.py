"""Data for plots of the space: t-SNE maps, density curves, feature families, single emotions."""

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
MAX_SHOWN = 300  # faces of each side on a map
MIN_FACES = 20  # faces that t-SNE needs to say anything
CURVE_POINTS = 120  # grid points of a density curve


def flat_map(sides: Sides, seed: int) -> pd.DataFrame:
    """Return one row per face: side (real, synthetic), label, and two t-SNE coordinates."""
    shown = {"real": sides.sides[HELD_OUT], "synthetic": sides.fakes["synthetic"]}
    rng = seeding.stream(seed, "map")
    drawn_sides = {name: draw_faces(side, rng) for name, side in shown.items()}
    points = np.concatenate([side.points for side in drawn_sides.values()])
    table = pd.DataFrame(
        {
            "side": np.repeat(list(drawn_sides), [len(side) for side in drawn_sides.values()]),
            "label": np.concatenate([side.label for side in drawn_sides.values()]),
        }
    )
    if len(points) < MIN_FACES:
        return table.iloc[:0].assign(x=0.0, y=0.0)
    # Barnes-Hut sums in one thread in a fixed order; two decimals hide the last bits.
    coordinates = TSNE(
        perplexity=min(30, len(points) / 4), init="pca", random_state=0
    ).fit_transform(points)
    return table.assign(x=np.round(coordinates[:, 0], 2), y=np.round(coordinates[:, 1], 2))


def draw_faces(side: Side, rng: np.random.Generator) -> Side:
    """Return at most `MAX_SHOWN` faces, drawn by chance."""
    return side.pick(np.sort(rng.permutation(len(side))[:MAX_SHOWN]))


def densities(sides: Sides) -> pd.DataFrame:
    """Return density curves along the direction that best separates the real emotions (LDA).

    Columns: side, label, place, density (area 1). Fitted on real train faces alone.
    """
    train_side = sides.reference.train
    discriminant = LinearDiscriminantAnalysis(n_components=1).fit(
        train_side.points, train_side.label
    )
    shown = {"real": sides.sides[HELD_OUT], "synthetic": sides.fakes["synthetic"]}
    projected = {name: discriminant.transform(side.points)[:, 0] for name, side in shown.items()}
    low, high = np.quantile(np.concatenate(list(projected.values())), [0.002, 0.998])
    grid_points = np.linspace(low, high, CURVE_POINTS)
    curve_tables = [
        pd.DataFrame({"side": name, "label": label, "place": grid_points, "density": curve})
        for name, values in projected.items()
        for label in sorted(set(shown[name].label))
        if (curve := density_curve(values[shown[name].label == label], grid_points)) is not None
    ]
    return pd.concat(curve_tables, ignore_index=True).round(5) if curve_tables else pd.DataFrame()


def density_curve(values: Array, grid_points: Array) -> Array | None:
    """Return a kernel density estimate at `grid_points`; None for fewer than 3 distinct values."""
    if len(np.unique(values)) < 3:
        return None
    return np.asarray(gaussian_kde(values)(grid_points))


def families(feature_sets: dict[str, FeatureSet]) -> dict[str, Any]:
    """Return the similarity of the feature families: {names, real, synthetic} matrices.

    Linear CKA (Kornblith et al. 2019) of each pair, 0 to 1, on train faces.
    """
    real = feature_sets["real"].part("train")
    similarities: dict[str, Any] = {"names": [str(name) for name in real.family_names]}
    for name, features in {"real": real, "synthetic": feature_sets["synthetic"]}.items():
        face_rows = np.linspace(0, len(features) - 1, min(MAX_SHOWN, len(features))).astype(int)
        blocks = np.split(features.x[face_rows].astype(float), features.family_stops[:-1], axis=1)
        grams = [standardised_gram(block) for block in blocks]
        similarities[name] = [[gram_cosine(a, b) for b in grams] for a in grams]
    return similarities


def standardised_gram(block: Array) -> Array:
    """Return the centred Gram matrix (n, n) of standardised columns, of length 1."""
    centred_columns = block - block.mean(axis=0)
    deviations = centred_columns.std(axis=0)
    gram = centred_columns / np.where(deviations > 1e-6, deviations, np.inf)
    gram = gram @ gram.T
    return np.asarray(gram / max(np.linalg.norm(gram), 1e-12))


def gram_cosine(a: Array, b: Array) -> float:
    """Return the cosine of two Gram matrices."""
    return float(np.clip((a * b).sum(), 0, 1))


def by_emotion(sides: Sides, params: Params) -> dict[str, Any]:
    """Return {label: {metric: {value, floor}}} of the synthetic set; None where too few faces."""
    neighbours = params.compare.neighbours
    compared_sides = {"value": sides.fakes["synthetic"], "floor": sides.reference.train}
    metrics_by_label: dict[str, Any] = {}
    for label in sorted(set(sides.sides[HELD_OUT].label)):
        real = class_points(sides.sides[HELD_OUT], label)
        fakes = {name: class_points(side, label) for name, side in compared_sides.items()}
        metrics_by_label[label] = {
            metric.__name__: {
                name: attempt(metric, real=real, fake=fake, neighbours=neighbours).value
                for name, fake in fakes.items()
            }
            for metric in (precision, recall, coverage)
        }
        metrics_by_label[label]["label_share"] = {
            name: recognised_share(side, label) for name, side in compared_sides.items()
        }
    return metrics_by_label


def class_points(side: Side, label: str) -> Array:
    """Return the points of one emotion."""
    return np.asarray(side.points[side.label == label])


def recognised_share(side: Side, label: str) -> float | None:
    """Return the share of an emotion's faces that the reader of real faces recognises as such."""
    classes, label_mask = sorted(set(side.label)), side.label == label
    if not label_mask.any() or side.probabilities.shape[1] != len(classes):
        return None
    return float(np.mean(side.probabilities[label_mask].argmax(axis=1) == classes.index(label)))
