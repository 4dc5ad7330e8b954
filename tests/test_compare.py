"""The stage that measures and judges, on planted features."""

import numpy as np
import pandas as pd
import pytest
from conftest import write_features

from depthfaces import files, params
from depthfaces.features.store import open_all
from depthfaces.metrics import CLOUD_METRICS
from depthfaces.metrics.draws import DRAW_COUNT
from depthfaces.metrics.fidelity import Sides, fidelity
from depthfaces.verdict import rule, statistics
from depthfaces.verdict.rule import copies
from stages import classify, compare

SETTINGS = params.load()
RULE = SETTINGS.compare.model_copy(
    update={"dimensions": 6, "bootstrap": 400, "min_subjects": 10, "margin": 0.02, "copying": 0.25}
)
QUICK = SETTINGS.model_copy(
    update={
        "threads": 1,
        "compare": RULE,
        "classify": SETTINGS.classify.model_copy(update={"models": ["svm", "tree"], "seeds": 2}),
    }
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a folder with features and what classify and compare make of them."""
    place = tmp_path_factory.mktemp("compare")
    write_features(place / "features")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(params, "load", lambda: QUICK)
        classify.main(
            place / "features", place / "predictions.csv", place / "classify.json", place / "models"
        )
        for name in ("one", "two"):
            compare.main(place, place / name)
    return place


def test_nadeau_bengio():
    differences = np.array([0.02, 0.01, 0.03, 0, 0.02])
    value, p = statistics.corrected_t(differences, 160, 40)
    assert (value, p) == (pytest.approx(2.0919, abs=1e-4), pytest.approx(0.1046, abs=1e-4))
    # The naive t forgets that the runs share faces.
    assert statistics.corrected_t(differences, 160, 0)[1] == pytest.approx(0.0349, abs=1e-4)
    assert statistics.corrected_t(differences[:1], 160, 40) is None
    assert statistics.corrected_t(np.ones(5), 160, 40) is None


def test_stage_writes_the_same_twice(made):
    names = sorted(
        path.relative_to(made / "one").as_posix() for path in (made / "one").rglob("*.*")
    )
    tables = [f"compare/{name}.csv" for name in ("arms", "densities", "map", "metrics")]
    assert names == [*tables, "headline.json", "metrics.json", "verdict.json"]
    for name in names:
        assert (made / "one" / name).read_bytes() == (made / "two" / name).read_bytes()


def test_stage_says_underpowered_for_three_people_and_two_seeds(made):
    found = files.read_json(made / "one" / "verdict.json")
    assert found["verdict"] == rule.UNDERPOWERED
    assert len(found["reasons"]) == 2
    assert found["rule"] == RULE.model_dump()


def test_headline_is_short_and_repeats_the_long_files(made):
    short = files.read_json(made / "one" / "headline.json")
    found, metrics = (
        files.read_json(made / "one" / f"{name}.json") for name in ("verdict", "metrics")
    )
    assert len(short) <= 12
    assert short["verdict"] == found["verdict"]
    assert short["difference_low"] == found["low"]
    assert metrics["alarms"]["count"] == len(metrics["alarms"]["alarms"])
    assert short["fd"] == metrics["sets"]["synthetic"]["fd"]["value"]
    assert short["real_macro_f1"] == found["arms"]["real"]["svm"]["macro_f1"]
    assert short["alarms"] == len(found["alarms"])


def test_stage_scores_agree_with_those_of_classify(made):
    found = files.read_json(made / "one" / "verdict.json")
    scores = files.read_json(made / "classify.json")
    for arm, models in found["arms"].items():
        for model, entry in models.items():
            expected = scores[arm][model]["test"]["macro_f1"]["mean"]
            assert entry["macro_f1"] == pytest.approx(expected, abs=1e-6)
    labels = found["labels"]["svm"]
    assert labels["retention"] == pytest.approx(labels["tstr"] / labels["trtr"])


CLOUDS = {
    *CLOUD_METRICS,
    *("diversity", "vendi", "label_share", "inception_score"),
    *("closest_share", "authentic_share", "copying_z", "membership_auc"),
}


def measured(sets):
    return fidelity(sets, Sides(sets, {}, QUICK), {}, QUICK)


def test_every_metric_stands_beside_its_floor(made):
    found = files.read_json(made / "one" / "metrics.json")
    assert set(found["sets"]) == {"kde", "synthetic"}
    for metrics in found["sets"].values():
        assert set(metrics) == CLOUDS
        assert all(set(pair) == {"value", "sd", "floor", "floor_sd"} for pair in metrics.values())
    about = {"dimensions": 6, "faces": 36, "features": "handcrafted", "draws": DRAW_COUNT}
    assert found["embedding"] == about
    table = pd.read_csv(made / "one" / "compare" / "metrics.csv")
    assert len(table) == 2 * len(CLOUDS)


def test_copies_of_train_reach_the_floor_and_fail_memorisation(made):
    sets = open_all(made / "features")
    train = sets["real"].part("train")
    found = measured(sets | {"synthetic": train})["sets"]["synthetic"]
    assert found["authentic_share"]["value"] == 0
    assert copies(found["authentic_share"], RULE)
    assert found["closest_share"]["value"] > 0.9
    assert found["fd"]["value"] > found["fd"]["floor"] / 2


def test_too_few_faces_give_null_with_a_reason(made):
    sets = open_all(made / "features")
    few = sets["synthetic"].pick(np.arange(0, 180, 45))
    found = measured(sets | {"synthetic": few})
    assert found["sets"]["synthetic"]["fd"] == dict.fromkeys(("value", "sd", "floor", "floor_sd"))
    assert "needs 12 faces in 6 dimensions" in found["undefined"]["synthetic: fd"]
