"""Statistics by published values, verdicts by planted truths, and the stage that writes them."""

import itertools

import numpy as np
import pandas as pd
import pytest
from conftest import LABELS, write_features

from depthfaces import files, params
from depthfaces.errors import DataError
from depthfaces.features.store import open_all
from depthfaces.metrics import METRICS
from depthfaces.metrics.fidelity import Sides, fidelity
from depthfaces.utility import experiment, statistics, verdict
from depthfaces.utility.answer import answer
from depthfaces.utility.verdict import Evidence, Ground, is_clean, judge
from stages import classify, compare

SETTINGS = params.load()
RULE = SETTINGS.compare.model_copy(
    update={"dimensions": 6, "bootstrap": 400, "min_subjects": 10, "margin": 0.02, "copying": 0.25}
)
QUICK = SETTINGS.model_copy(
    update={
        "threads": 1,
        "compare": RULE,
        "classify": SETTINGS.classify.model_copy(
            update={"models": ["svm", "tree"], "seeds": 2, "ratios": [1.0]}
        ),
    }
)


def test_holm():
    adjusted = statistics.holm(np.array([0.01, 0.04, 0.03, 0.005]))
    assert np.allclose(adjusted, [0.03, 0.06, 0.06, 0.02])
    assert statistics.holm(np.array([0.9, 0.8])).tolist() == [1, 1]


def test_mcnemar():
    assert statistics.mcnemar(10, 2) == statistics.mcnemar(2, 10) == pytest.approx(0.03857421875)
    assert statistics.mcnemar(0, 0) == 1


def test_two_sided_p_of_draws():
    assert statistics.two_sided(np.arange(1, 100)) == pytest.approx(2 / 100)
    assert statistics.two_sided(-np.arange(1, 100)) == pytest.approx(2 / 100)
    assert statistics.two_sided(np.zeros(99)) == 1


def test_bootstrap_equals_drawing_one_by_one():
    rng = np.random.default_rng(0)
    matrices = rng.integers(1, 9, (5, 3, 2, 2))
    who, which = statistics.weights(5, 3, 20, rng)
    assert np.all(who.sum(axis=1) == 5)
    assert np.all(which.sum(axis=1) == 3)
    found = statistics.bootstrap(matrices, who, which)
    for draw in range(20):
        people = np.repeat(np.arange(5), who[draw])
        seeds = np.repeat(np.arange(3), which[draw])
        scores = [statistics.macro_f1(matrices[people, seed].sum(axis=0)) for seed in seeds]
        assert found[draw] == pytest.approx(np.mean(scores))


def test_bootstrap_interval_of_a_share_is_the_binomial_one():
    rng = np.random.default_rng(0)
    right = rng.random(400) < 0.8
    # Two classes in equal numbers, one face a person, equal errors: macro-F1 is near accuracy.
    matrices = np.zeros((400, 1, 2, 2), int)
    matrices[np.arange(400), 0, np.arange(400) % 2, (np.arange(400) + ~right) % 2] = 1
    draws = statistics.bootstrap(matrices, *statistics.weights(400, 1, 4000, rng))
    low, high = statistics.interval(draws, 0.95)
    width = 1.96 * np.sqrt(0.8 * 0.2 / 400)
    assert (high - low) / 2 == pytest.approx(width, rel=0.1)


GROUND = Ground(people=15, seeds=6, clean=True)


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (Evidence(0.01, 0.05, 0.015, 0.045, 0.01), verdict.USEFUL),
        (Evidence(-0.05, -0.01, -0.045, -0.015, 0.01), verdict.HARMFUL),
        (Evidence(-0.015, 0.019, -0.012, 0.015, 0.6), verdict.EQUIVALENT),
        (Evidence(-0.05, 0.06, -0.04, 0.05, 0.6), verdict.NO_EVIDENCE),
        # Above zero before Holm only.
        (Evidence(0.001, 0.05, 0.005, 0.045, 0.08), verdict.NO_EVIDENCE),
    ],
)
def test_verdict_by_rule(evidence, expected):
    assert judge(evidence, GROUND, RULE)[0] == expected
    for weak in (Ground(9, 6, True), Ground(15, 5, True)):
        found, reasons = judge(evidence, weak, RULE)
        assert found == verdict.UNDERPOWERED
        assert len(reasons) == 1


def test_copies_are_never_useful():
    better = Evidence(0.01, 0.05, 0.015, 0.045, 0.001)
    found, reasons = judge(better, Ground(15, 6, False), RULE)
    assert found == verdict.NO_EVIDENCE
    assert "too close to the train faces" in reasons[0]
    assert is_clean({"value": 0.5, "floor": 0.7}, RULE)
    assert not is_clean({"value": 0.4, "floor": 0.7}, RULE)
    assert not is_clean({"value": None, "floor": 0.7}, RULE)


def predictions(shares: dict[str, float], people: int = 12, seeds: int = 6) -> pd.DataFrame:
    """Return answers that are right with the probability `shares[arm]`."""
    rng = np.random.default_rng(4)
    rows = []
    for (arm, share), seed, part in itertools.product(
        shares.items(), range(seeds), ("validation", "test")
    ):
        for person, label, frame in itertools.product(range(people), LABELS, range(4)):
            wrong = [other for other in LABELS if other != label][frame % 2]
            called = label if rng.random() < share else wrong
            rows.append(
                {
                    **{"arm": arm, "model": "svm", "seed": seed, "part": part},
                    **{"id": f"{part}-{person}-{label}-{frame}", "subject": f"{part}-{person}"},
                    **{"label": label, "predicted": called},
                    **{f"p_{name}": 1000 * (name == called) for name in LABELS},
                }
            )
    extra = pd.DataFrame([{**row, "part": "synthetic", "arm": "real"} for row in rows[:48]])
    return pd.concat([pd.DataFrame(rows), extra], ignore_index=True)


BASE = {"real": 0.7, "synthetic": 0.5, "oversampled@1": 0.7, "augmented@1": 0.74}


@pytest.mark.parametrize(
    ("mixed", "expected"),
    [(0.9, verdict.USEFUL), (0.6, verdict.HARMFUL), (0.74, verdict.NO_EVIDENCE)],
)
def test_planted_effects_get_their_verdict(mixed, expected):
    rule = RULE.model_copy(update={"margin": 0.005})
    settings = QUICK.model_copy(update={"compare": rule})
    found = answer(predictions({**BASE, "mixed@1": mixed, "shuffled": 0.5}), True, 400, settings)
    assert found["verdict"] == expected
    assert found["classifiers"]["svm"]["control"] == "augmented@1"
    assert found["people"] == 12
    assert found["low"] <= found["difference"] <= found["high"]
    assert (
        answer(predictions({**BASE, "mixed@1": mixed}), False, 400, settings)["verdict"] != "USEFUL"
    )


def test_the_ratio_is_chosen_on_validation_and_not_on_test():
    rows = predictions({**BASE, "mixed@1": 0.8, "mixed@2": 0.8})
    good = (rows["arm"] == "mixed@2") & (rows["part"] == "validation")
    best = (rows["arm"] == "mixed@1") & (rows["part"] == "test")
    rows.loc[good | best, "predicted"] = rows.loc[good | best, "label"]
    results = experiment.measure(rows, 100, np.random.default_rng(0))
    assert results["mixed@1", "svm"].test == 1
    assert experiment.choose(results, "svm") == ("mixed@2", "augmented@1")


def test_fewer_people_are_judged_apart_and_the_verdict_is_that_of_all():
    all_people = predictions({**BASE, "mixed@1": 0.74}).assign(fraction=1.0)
    few = predictions({"real": 0.5, "augmented@1": 0.55, "mixed@1": 0.8}).assign(fraction=0.25)
    alone = predictions({"real": 0.4}).assign(fraction=0.1)
    rows = pd.concat([all_people, few, alone], ignore_index=True)
    found = answer(rows, True, 400, QUICK)
    expected = answer(all_people.drop(columns="fraction"), True, 400, QUICK)
    assert found["verdict"] == expected["verdict"] != verdict.USEFUL
    assert found["arms"] == expected["arms"]
    assert [part["fraction"] for part in found["fractions"]] == [0.25, 1.0]
    assert found["fractions"][0]["verdict"] == verdict.USEFUL
    # Two shares were looked at, so the smaller p counts twice.
    assert found["fractions"][0]["p"] == pytest.approx(2 * 2 / (RULE.bootstrap + 1))


def test_published_accuracies_stand_beside_the_true_ones():
    rows = predictions({**BASE, "mixed@1": 0.7, "mixed-kde": 0.6})
    test = rows[rows["part"] == "test"]
    leaky = [
        test[test["arm"] == "real"].assign(arm=arm, part="leaky", predicted=test["label"])
        for arm in ("published-synthetic", "published-mixed-kde")
    ]
    found = answer(pd.concat([rows, *leaky], ignore_index=True), True, 400, QUICK)
    assert set(found["published"]) == {"synthetic", "kde"}
    assert found["published"]["kde"]["svm"]["mixed"] == 1
    assert found["published"]["kde"]["svm"]["true"] == pytest.approx(0.6, abs=0.05)
    assert found["published"]["synthetic"]["svm"]["synthetic"] == 1
    assert found["published"]["synthetic"]["svm"]["true"] == pytest.approx(0.7, abs=0.05)
    assert "published-synthetic" not in found["arms"]


def test_scores_name_both_g_measures_and_say_why_one_is_missing():
    rows = predictions({**BASE, "mixed@1": 0.7})
    rows["predicted"] = rows["predicted"].mask(rows["arm"] == "synthetic", "Neutral")
    found = answer(rows, True, 400, QUICK)["scores"]
    real = found["arms"]["real"]["svm"]
    assert {"precision", "recall", "f1", "g_measure", "g_mean", "auc"} == set(real["macro"])
    assert real["accuracy"] == pytest.approx(real["macro"]["recall"])
    assert set(real["classes"]["g_mean"]) == set(LABELS)
    assert "classes" not in found["arms"]["synthetic"]["svm"]
    assert found["undefined"]["synthetic, svm, precision, Surprise"] == "never called"


def test_unknown_people_are_underpowered():
    rows = predictions({**BASE, "mixed@1": 0.9})
    found = answer(rows.assign(subject=""), True, 400, QUICK)
    assert found["verdict"] == verdict.UNDERPOWERED
    assert "held-out people known: 0," in found["reasons"][0]


def test_discordant_counts_faces_by_mean_probability():
    rows = predictions({"a": 1.0, "b": 1.0}, people=1, seeds=3)
    test = rows[rows["part"] == "test"].reset_index(drop=True)
    face = test["id"].iloc[0]
    columns = [f"p_{name}" for name in LABELS]
    # One confident seed outvotes two unsure ones.
    mine = (test["arm"] == "b") & (test["id"] == face)
    test.loc[mine, columns] = [[450, 550, 0], [1000, 0, 0], [450, 550, 0]]
    assert experiment.discordant(test, "a", "b") == (0, 0)
    test.loc[mine, columns] = [[450, 550, 0], [500, 500, 0], [450, 550, 0]]
    assert experiment.discordant(test, "a", "b") == (1, 0)


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
    assert names == [*tables, "headline.json", "metrics.json", "utility.json"]
    for name in names:
        assert (made / "one" / name).read_bytes() == (made / "two" / name).read_bytes()


def test_stage_says_underpowered_for_three_people_and_two_seeds(made):
    found = files.read_json(made / "one" / "utility.json")
    assert found["verdict"] == verdict.UNDERPOWERED
    assert len(found["reasons"]) == 2
    assert found["rule"] == RULE.model_dump()


def test_headline_is_short_and_repeats_the_long_files(made):
    short = files.read_json(made / "one" / "headline.json")
    utility, metrics = (
        files.read_json(made / "one" / f"{name}.json") for name in ("utility", "metrics")
    )
    assert len(short) <= 11
    assert short["verdict"] == utility["verdict"]
    assert short["alarms"] == metrics["alarms"]["count"] == len(metrics["alarms"]["alarms"])
    assert short["difference_low"] == utility["low"]
    assert short["fd"] == metrics["sets"]["synthetic"]["fd"]["value"]
    alone = [model["macro_f1"] for model in utility["arms"]["real"].values()]
    assert short["real_macro_f1"] == pytest.approx(sum(alone) / 2)


def test_stage_scores_agree_with_those_of_classify(made):
    utility = files.read_json(made / "one" / "utility.json")
    scores = files.read_json(made / "classify.json")
    for arm, models in utility["arms"].items():
        for model, found in models.items():
            expected = scores[arm][model]["test"]["macro_f1"]["mean"]
            assert found["macro_f1"] == pytest.approx(expected)
    labels = utility["labels"]["svm"]
    assert labels["retention"] == pytest.approx(labels["tstr"] / labels["trtr"])


CLOUDS = {
    *METRICS,
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
        assert all(set(pair) == {"value", "floor"} for pair in metrics.values())
    assert found["embedding"] == {"dimensions": 6, "faces": 36, "features": "handcrafted"}
    table = pd.read_csv(made / "one" / "compare" / "metrics.csv")
    assert len(table) == 2 * len(CLOUDS)


def test_copies_of_train_reach_the_floor_and_fail_memorisation(made):
    sets = open_all(made / "features")
    copies = sets["real"].part("train")
    found = measured(sets | {"synthetic": copies})["sets"]["synthetic"]
    assert found["authentic_share"]["value"] == 0
    assert not is_clean(found["authentic_share"], RULE)
    assert found["closest_share"]["value"] > 0.9
    assert found["fd"]["value"] > found["fd"]["floor"] / 2


def test_too_few_faces_give_null_with_a_reason(made):
    sets = open_all(made / "features")
    few = sets["synthetic"].pick(np.arange(0, 180, 45))
    found = measured(sets | {"synthetic": few})
    assert found["sets"]["synthetic"]["fd"] == {"value": None, "floor": None}
    assert "needs 12 faces in 6 dimensions" in found["undefined"]["synthetic: fd"]


def test_missing_predictions_say_what_to_run(tmp_path):
    with pytest.raises(DataError, match="dvc repro classify"):
        experiment.read(tmp_path / "predictions.csv")
