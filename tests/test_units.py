"""Action units: nets that learn strengths, and what recognise says of them."""

from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from test_net import RELIEF, SIDE, TINY, heads

from bench import few
from depthfaces import params, shipped
from depthfaces.classify import kept
from depthfaces.classify.net import Net
from depthfaces.errors import ParamsError
from depthfaces.features.pixels import reduce
from depthfaces.recognise import Camera, _answer, line, recognise
from depthfaces.sources import virtual
from depthfaces.sources.virtual import emotions
from depthfaces.units import NAMES, Units

REAL = Path("../shared/data/real-depth")


def test_every_unit_that_an_emotion_shows_has_a_name() -> None:
    seven = params.load().data.virtual.emotions
    each = [emotions.EMOTIONS[name] for name in seven] + [*chain(*emotions.STYLES.values())]
    shown = set(chain.from_iterable(each))
    assert list(NAMES) == [unit for unit in emotions.AUS if unit in shown]


def test_strengths_are_learned_and_read_back_the_same(tmp_path: Path) -> None:
    train, other = heads(120, 0), heads(60, 1)
    strengths = np.stack([train.y * 0.8, 1 - train.y], 1)
    how = TINY.model_copy(update={"net_steps": 120, "net_relief": RELIEF})
    units = Units.fit(train.x, strengths.astype(np.float32), 0, how)
    said = units.predict(other.x)
    assert said.shape == (60, 2)
    assert said.min() >= 0 and said.max() <= 1
    assert units.net.shape.side == SIDE
    assert said[other.y == 1, 0].mean() > said[other.y == 0, 0].mean() + 0.3
    assert said[other.y == 0, 1].mean() > said[other.y == 1, 1].mean() + 0.3
    assert abs(said[other.y == 1, 0].mean() - 0.8) < 0.2
    units.save(tmp_path)
    np.testing.assert_array_equal(Units.load(tmp_path).predict(other.x), said)
    assert isinstance(Net.load(tmp_path), Net)


def test_only_units_that_are_shown_are_named_the_strongest_first() -> None:
    net = kept.load(shipped.FOLDER, "net")
    strengths = np.zeros(len(NAMES))
    strengths[:3] = 0.5, 0.1, 0.9
    answer = _answer(Path("a.png"), np.linspace(0.7, 0.0, 7) / 2.45, strengths, net)
    assert answer.units == (("AU4 brow down", 0.9), ("AU1 inner brow up", 0.5))
    told = line(answer._replace(ranking=[("Anger", 0.75), ("Fear", 0.25)], sure=True))
    assert told == (
        "a.png: Anger  (Anger 0.75  Fear 0.25)\n  AU4 brow down 0.90  AU1 inner brow up 0.50"
    )


def test_recognise_names_units_file_by_file(tmp_path: Path) -> None:
    names = [tmp_path / f"{number}.npy" for number in range(70)]
    camera = params.load().data.virtual.model_copy(update={"subjects": 3, "frames": 4})
    frames = [frame for some, _ in virtual.people_frames(camera, 3) for frame in some]
    for name, frame in zip(names, frames, strict=False):
        np.save(name, frame)
    net, units = kept.load(shipped.FOLDER, "net"), Units.load(shipped.UNITS)
    camera = Camera(365.0, 4096)
    plain = list(recognise(names, net, camera, threads=2))
    named = list(recognise(names, net, camera, units, threads=2))
    assert [one.file for one in named] == names
    assert [one._replace(units=()) for one in named] == plain
    assert named[69] == next(iter(recognise([names[69]], net, camera, units)))
    assert len({one.units for one in named}) > 35  # each file has its own


def test_faces_prepared_in_another_way_are_refused() -> None:
    config = {"unit": "mm", "preprocess": params.load().preprocess.model_dump()}
    shipped.check_like(config)
    wider = {**config, "preprocess": config["preprocess"] | {"crop": 220.0}}
    with pytest.raises(ParamsError, match=r"expected faces of crop 180\.0, .* found 220\.0"):
        shipped.check_like(wider)
    with pytest.raises(ParamsError, match="expected faces of unit mm"):
        shipped.check_like({**config, "unit": "grey"})


@pytest.mark.skipif(not REAL.is_dir(), reason=f"{REAL} is not here")
def test_units_of_recorded_people_are_those_of_their_expressions() -> None:
    faces = few.read(REAL, params.load())
    said = Units.load(shipped.UNITS).predict(reduce(np.asarray(faces.images), 32))
    label, unit = faces.table["label"].to_numpy(str), list(NAMES).index
    mean = {name: said[label == name].mean(0) for name in np.unique(label)}
    assert mean["Happiness"][unit(12)] > mean["Neutral"][unit(12)] + 0.1
    assert mean["Surprise"][unit(27)] > mean["Neutral"][unit(27)] + 0.3
    assert mean["Surprise"][unit(25)] > mean["Neutral"][unit(25)] + 0.3
