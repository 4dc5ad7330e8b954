"""A net of one's own beside the nets of the package."""

from pathlib import Path

import numpy as np
import pytest

from depthfaces import files, params
from depthfaces.classify import kept
from depthfaces.classify.fused import Fused, shipped_nets
from depthfaces.classify.net import Net
from depthfaces.classify.sample import Sample, join
from depthfaces.depth.dataset import window
from depthfaces.depth.prepare import prepare
from depthfaces.errors import DataError, IntegrityError
from depthfaces.features.pixels import reduce
from depthfaces.sources import virtual

NAMES = ("Happiness", "Neutral", "Surprise")
SETTINGS = params.load()
TINY = SETTINGS.of_unit("mm").classify.model_copy(
    update={"net_steps": 8, "net_width": 4, "net_members": 1}
)
NOBODY = Sample(np.zeros((0, 32 * 32), np.uint8), np.zeros(0, int), names=NAMES)


@pytest.fixture(scope="module")
def faces() -> Sample:
    """Return 12 small faces of two virtual people."""
    camera = SETTINGS.data.virtual.model_copy(
        update={"subjects": 3, "frames": 2, "emotions": list(NAMES)}
    )
    x, y = [], []
    for frames, rows in virtual.people_frames(camera, 11):
        found = prepare(list(frames), [365.0] * len(rows), window(SETTINGS.preprocess), 0.3, False)
        x.append(reduce(np.stack([face.image for face in found]), 32))
        y += [NAMES.index(row["label"]) for row in rows]
    return Sample(np.concatenate(x), np.array(y), names=NAMES)


def test_it_is_the_product_of_both_and_reads_back_the_same(faces: Sample, tmp_path: Path) -> None:
    fused = Fused.fit(faces, NOBODY, 0, TINY)
    net, calibrator, classes = shipped_nets()
    known = calibrator.probabilities(np.log(np.maximum(net.predict(faces.x), 1e-6)))
    both = fused.own_net.predict(faces.x) * known[:, [classes.index(name) for name in NAMES]]
    said = fused.predict(faces.x)
    np.testing.assert_allclose(said, both / both.sum(1, keepdims=True), rtol=1e-9)
    fused.save(tmp_path)
    np.testing.assert_array_equal(Fused.load(tmp_path).predict(faces.x), said)
    np.testing.assert_array_equal(fused.predict(faces.x[:1]), said[:1])
    config = {"classes": [], "size": 64, "unit": "mm", "preprocess": {}, "models": {"fused": {}}}
    known = {"features": SETTINGS.features.model_dump(), **config}
    fused.save(tmp_path / "models" / "fused")
    files.write_json(tmp_path / "models" / "config.json", known)
    assert isinstance(kept.load(tmp_path / "models", "fused").model, Fused)
    (tmp_path / "fused.json").write_text('{"names": ["Bliss"]}')
    with pytest.raises(IntegrityError, match=r"fused\.json"):
        Fused.load(tmp_path)


def test_it_knows_more_than_its_own_net_that_learned_next_to_nothing(faces: Sample) -> None:
    own = Net.fit(faces, NOBODY, 0, TINY)
    fused = Fused.fit(faces, NOBODY, 0, TINY)
    right = [float((one.predict(faces.x).argmax(1) == faces.y).mean()) for one in (own, fused)]
    assert right[1] > max(right[0], 0.6)


def test_the_names_of_the_classes_decide_not_their_numbers(faces: Sample) -> None:
    order = np.array([2, 0, 1])  # class k of `faces` is class order[k] here
    names = tuple(NAMES[place] for place in np.argsort(order))
    fused = Fused.fit(faces._replace(y=order[faces.y], names=names), NOBODY, 0, TINY)
    assert [shipped_nets().classes[column] for column in fused.shipped_columns] == list(names)


@pytest.mark.parametrize(
    ("change", "settings", "found"),
    [
        ({"names": ("Happiness", "Neutral", "wink")}, {}, "found wink"),
        ({}, {"net_relief": 0.0}, "found other faces"),
    ],
)
def test_faces_that_the_package_does_not_know_are_refused(
    faces: Sample, change: dict, settings: dict, found: str
) -> None:
    with pytest.raises(DataError, match=f"{found}; take net"):
        Fused.fit(faces._replace(**change), NOBODY, 0, TINY.model_copy(update=settings))


def test_names_stay_with_the_faces(faces: Sample) -> None:
    assert join([faces, faces]).names == NAMES
    assert faces.pick(faces.y > 0).names == NAMES
