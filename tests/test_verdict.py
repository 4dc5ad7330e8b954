"""The engine: arms as data, draws by hand, verdicts by planted truths with two classifiers."""

import itertools

import numpy as np
import pandas as pd
import pytest
from conftest import LABELS
from scipy.stats import norm

from depthfaces import params
from depthfaces.classify.scores import confusion, macro_f1
from depthfaces.errors import DataError, IntegrityError
from depthfaces.faces import people
from depthfaces.verdict import predictions as table
from depthfaces.verdict import resampling as drawn_anew
from depthfaces.verdict import rule, statistics
from depthfaces.verdict.answer import answer
from depthfaces.verdict.arm import KINDS, SOURCES, Arm
from depthfaces.verdict.contrasts import Contrast, Scoreboard
from depthfaces.verdict.resampling import Resampling
from depthfaces.verdict.rule import Evidence, Ground, copies, judge_evidence

SETTINGS = params.load()
RULE = SETTINGS.compare.model_copy(
    update={"bootstrap": 2000, "min_subjects": 10, "margin": 0.02, "copying": 0.25}
)
QUICK = SETTINGS.model_copy(update={"compare": RULE})
REAL, SHUFFLED = Arm("real"), Arm("shuffled", "synthetic", 1.0)
AUGMENTED, POSED = Arm("control", "augmented", 1.0), Arm("control", "posed", 1.0)
ADDED, TOPPED = Arm("added", "synthetic", 1.0), Arm("topped", "synthetic", 1.0)
ALONE = Arm("alone", "synthetic", 1.0)
BASE = {REAL: 0.7, AUGMENTED: 0.74, POSED: 0.74, ADDED: 0.74, SHUFFLED: 0.6, ALONE: 0.5}


def planted(shares: dict[Arm, float], count: int = 12, seeds: int = 6, **more: int) -> pd.DataFrame:
    """Return answers of two classifiers that are right with the probability `shares[arm]`."""
    rng = np.random.default_rng(4)
    faces = pd.DataFrame(
        [
            {"id": f"{person}-{label}-{frame}", "person": str(person), "label": label}
            for person, label, frame in itertools.product(range(count), LABELS, range(4))
        ]
    )
    other = np.array([[b for b in LABELS if b != a] for a in faces["label"]])
    parts = []
    for (arm, share), model, seed in itertools.product(
        shares.items(), ("svm", "tree"), range(seeds)
    ):
        wrong = other[np.arange(len(faces)), rng.integers(0, 2, len(faces))]
        called = np.where(rng.random(len(faces)) < share, faces["label"], wrong)
        known = {"people": 36, "draw": 0, "model": model, "seed": seed, "part": "test", **more}
        generated = -1 if arm.kind in {"real", "control"} else 0
        rows = faces.assign(
            **table.columns_of_arm(arm), **known, generator=generated, predicted=called
        )
        for label in LABELS:
            rows[f"p_{label}"] = 1000 * (called == label)
        parts.append(rows)
    seen = parts[0].assign(part="synthetic")
    return pd.concat([*parts, seen], ignore_index=True)


@pytest.mark.parametrize(
    ("arm", "key", "title"),
    [
        (REAL, "real", "Real faces alone"),
        (Arm("control", "posed", 4.0), "control posed@4", "Real + 4 × augmented in 3-D"),
        (TOPPED, "topped synthetic@1", "Real + augmented + 1 × synthetic"),
        (Arm("added", "gan", 0.5, 2.0), "added gan@0.5x2", "Real + 0.5 × plain GAN, weight 2"),
        (Arm("alone", "vae", 1.0), "alone vae@1", "VAE alone"),
    ],
)
def test_an_arm_is_written_read_and_printed_in_one_way(arm, key, title):
    assert (arm.key, Arm.of(key), arm.title) == (key, arm, title)


def test_every_arm_comes_back_from_its_key():
    for kind, source, dose, weight in itertools.product(
        KINDS, SOURCES, (0.25, 0.5, 16.0), (0.5, 1.0)
    ):
        arm = Arm(kind, source, dose, weight)
        assert Arm.of(arm.key) == arm


def test_a_person_is_the_subject_else_the_group_else_the_face():
    found = people(np.array(["a", "b", "c"]), np.array(["p", "", ""]), np.array(["g", "g", ""]))
    assert found.tolist() == ["p", "group:g", "face:c"]
    assert table.known_people(pd.DataFrame({"person": found})) == 1


def test_holm():
    adjusted = statistics.holm(np.array([0.01, 0.04, 0.03, 0.005]))
    assert np.allclose(adjusted, [0.03, 0.06, 0.06, 0.02])
    assert statistics.holm(np.array([0.9, 0.8])).tolist() == [1, 1]


def test_two_sided_p_of_draws():
    assert statistics.two_sided(np.arange(1, 100)) == pytest.approx(2 / 100)
    assert statistics.two_sided(-np.arange(1, 100)) == pytest.approx(2 / 100)
    assert statistics.two_sided(np.zeros(99)) == 1


def test_the_smallest_effect_is_found_four_times_of_five():
    draws = np.random.default_rng(0).normal(0, 0.01, 100_000)
    effect = statistics.smallest_effect(draws, 0.05)
    assert effect == pytest.approx(0.028, rel=0.01)
    found = np.abs(effect + draws) > norm.ppf(0.975) * 0.01
    assert found.mean() == pytest.approx(0.8, abs=0.01)


def test_resampling_equals_drawing_one_by_one():
    rows = planted({REAL: 0.6, TOPPED: 0.7}, count=5, seeds=3)
    rows = rows[(rows["part"] == "test") & (rows["model"] == "svm")]
    made = pd.concat(
        [rows[rows["generator"] == 0], rows[rows["generator"] == 0].assign(generator=1)]
    )
    flip = (made["generator"] == 1) & (np.arange(len(made)) % 5 == 0)
    made["predicted"] = made["predicted"].mask(flip, LABELS[0])
    rows = pd.concat([rows[rows["generator"] == -1], made], ignore_index=True)
    resampling = Resampling(rows, 20, np.random.default_rng(0))
    assert resampling.run_weights.shape == (20, 2 * 3)
    for arm, each in table.by_arm(rows).items():
        scored = resampling.score(each)
        runs = [run for _, run in each.groupby(["generator", "seed"])]
        runs = runs * 2 if arm == REAL else runs
        alone = [_score([run]) for run in runs]
        assert np.allclose(scored.runs, alone)
        assert scored.value == pytest.approx(np.mean(alone))
        for draw in range(20):
            drawn = [
                _score([run[run["person"] == name]] * int(often) for name, often in counted)
                for run in runs
                for counted in [zip(resampling.people, resampling.person_counts[draw], strict=True)]
            ]
            assert scored.draws[draw] == pytest.approx(np.dot(drawn, resampling.run_weights[draw]))


def _score(parts) -> float:
    """Return macro-F1 of tables one after another, lists of tables laid flat."""
    flat = [part for one in parts for part in (one if isinstance(one, list) else [one])]
    rows = pd.concat(flat)
    return float(macro_f1(confusion(rows["label"], rows["predicted"], np.array(LABELS))))


def test_the_interval_of_a_share_is_the_binomial_one():
    rng = np.random.default_rng(0)
    label = np.tile(["a", "b"], 200)
    right = rng.random(400) < 0.8
    share = right.mean()
    called = np.where(right, label, np.where(label == "a", "b", "a"))
    rows = pd.DataFrame({"label": label, "predicted": called, "person": np.arange(400).astype(str)})
    rows = rows.assign(generator=-1, draw=0, seed=0)
    draws = Resampling(rows, 4000, rng).score(rows).draws
    low, high = statistics.interval(draws, 0.95)
    assert (high - low) / 2 == pytest.approx(1.96 * np.sqrt(share * (1 - share) / 400), rel=0.1)


def test_faces_of_one_person_are_drawn_together():
    """Twelve faces that stand or fall together say as much as one."""
    rows = pd.DataFrame({"label": ["a", "b"] * 120, "person": np.repeat(np.arange(20), 12)})
    wrong = (rows["person"] % 2 == 0).to_numpy()
    rows["predicted"] = rows["label"].where(~wrong, rows["label"].map({"a": "b", "b": "a"}))
    rows = rows.assign(person=rows["person"].astype(str), generator=-1, draw=0, seed=0)
    low, high = statistics.interval(
        Resampling(rows, 4000, np.random.default_rng(0)).score(rows).draws, 0.95
    )
    assert (high - low) / 2 == pytest.approx(1.96 * np.sqrt(0.25 / 20), rel=0.15)


def test_another_training_that_came_out_otherwise_widens_the_interval():
    one = planted({AUGMENTED: 0.7, TOPPED: 0.8}, seeds=2)
    one = one[one["part"] == "test"]
    lucky = one[one["generator"] == 0].assign(generator=1)
    lucky["predicted"] = lucky["label"]
    both = pd.concat([one, lucky], ignore_index=True)
    widths = []
    for rows in (one, both):
        scoreboard = Scoreboard(rows, Resampling(rows, 2000, np.random.default_rng(0)))
        low, high = statistics.interval(scoreboard.subtract("svm", TOPPED, AUGMENTED).draws, 0.95)
        widths.append(high - low)
    assert widths[1] > 1.3 * widths[0]


def test_gaps_are_an_integrity_error():
    rows = planted({REAL: 0.7}, seeds=2)
    rows = rows[rows["part"] == "test"]
    resampling = Resampling(rows, 10, np.random.default_rng(0))
    with pytest.raises(IntegrityError, match="found gaps"):
        resampling.score(rows[rows["seed"] == 0])


def test_intervals_are_the_middle_95_and_90_percent():
    draws = np.linspace(-1, 1, 2001)
    evidence = Contrast("svm", TOPPED, AUGMENTED, 0.0, draws).evidence()
    assert (evidence.low, evidence.high) == pytest.approx((-0.95, 0.95))
    assert (evidence.low90, evidence.high90) == pytest.approx((-0.9, 0.9))
    assert Contrast("svm", TOPPED, AUGMENTED, 0.0, draws).evidence(0.2).p == 0.2


GROUND = Ground(people=15, seeds=6)


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (Evidence(0.01, 0.05, 0.015, 0.045, 0.01), rule.USEFUL),
        (Evidence(-0.05, -0.01, -0.045, -0.015, 0.01), rule.HARMFUL),
        (Evidence(-0.015, 0.019, -0.012, 0.015, 0.6), rule.EQUIVALENT),
        (Evidence(-0.05, 0.06, -0.04, 0.05, 0.6), rule.NO_EVIDENCE),
        (Evidence(0.001, 0.05, 0.005, 0.045, 0.08), rule.NO_EVIDENCE),
        # Between the two intervals: 0 outside the 90 % one, inside the 95 % one.
        (Evidence(-0.001, 0.05, 0.002, 0.047, 0.03), rule.NO_EVIDENCE),
        # Inside the margin by the 90 % interval only, and by neither.
        (Evidence(-0.021, 0.021, -0.019, 0.019, 0.9), rule.EQUIVALENT),
        (Evidence(-0.024, 0.021, -0.021, 0.019, 0.9), rule.NO_EVIDENCE),
    ],
)
def test_verdict_by_rule(evidence, expected):
    assert judge_evidence(evidence, GROUND, RULE, {})[0] == expected
    for weak in (Ground(9, 6), Ground(15, 5)):
        found, reasons = judge_evidence(evidence, weak, RULE, {})
        assert found == rule.UNDERPOWERED
        assert len(reasons) == 1
    stopped, why = judge_evidence(evidence, Ground(15, 6, ("copies",)), RULE, {})
    assert (stopped, why) == (rule.STOPPED, ["copies"])


def test_useful_needs_every_control_beaten():
    better = Evidence(0.01, 0.05, 0.015, 0.045, 0.001)
    assert judge_evidence(better, GROUND, RULE, {"one": True, "two": True})[0] == rule.USEFUL
    found, reasons = judge_evidence(better, GROUND, RULE, {"one": True, "two": False})
    assert found == rule.NO_EVIDENCE
    assert reasons == ["it is not surely better than: two"]


def test_cells_are_judged_by_the_adjusted_p(monkeypatch):
    rows = planted({**BASE, TOPPED: 0.92})
    assert rule.USEFUL in {cell["verdict"] for cell in answer(rows, [], QUICK)["cells"]}
    monkeypatch.setattr(statistics, "holm", np.ones_like)
    judged = {cell["verdict"] for cell in answer(rows, [], QUICK)["cells"]}
    assert judged.isdisjoint({rule.USEFUL, rule.HARMFUL})


def test_a_class_that_is_neither_shown_nor_called_has_no_f1():
    """The mean is that of the others: here 1 and 2 / 3."""
    hits, total = [2, 0, 1], [4, 0, 3]
    assert drawn_anew.macro_f1(np.array([hits, total], float)) == pytest.approx((1 + 2 / 3) / 2)


def test_copies_are_said():
    assert copies({"value": 0.5, "floor": 0.7}, RULE) == []
    assert "no near copy" in copies({"value": 0.4, "floor": 0.7}, RULE)[0]
    assert "could not be measured" in copies({"value": None, "floor": 0.7}, RULE)[0]


@pytest.mark.parametrize(
    ("topped", "expected"),
    [(0.92, rule.USEFUL), (0.6, rule.HARMFUL), (0.74, rule.NO_EVIDENCE)],
)
def test_planted_effects_get_their_verdict(topped, expected):
    settings = QUICK.model_copy(update={"compare": RULE.model_copy(update={"margin": 0.005})})
    rows = planted({**BASE, TOPPED: topped})
    found = answer(rows, [], settings)
    assert found["verdict"] == expected
    assert found["primary"] == {
        "model": "svm", "arm": "topped synthetic@1", "control": "control posed@1"
    }  # fmt: skip
    assert found["people"] == 12
    assert found["low"] <= found["difference"] <= found["high"]
    assert {one["control"] for one in found["against"]} == {
        "real", "control augmented@1", "control posed@1", "shuffled synthetic@1"
    }  # fmt: skip
    assert answer(rows, ["copies"], settings)["verdict"] == rule.STOPPED


def test_a_better_control_of_another_kind_forbids_useful():
    found = answer(planted({**BASE, TOPPED: 0.92, AUGMENTED: 0.95}), [], QUICK)
    assert found["low"] > 0
    assert found["verdict"] == rule.NO_EVIDENCE
    assert "1 × augmented" in found["reasons"][0]


def test_the_other_classifier_does_not_decide():
    """The primary classifier gains nothing; whatever the other gains, the verdict stays."""
    rows = planted({**BASE, TOPPED: 0.74})
    lucky = (rows["model"] == "tree") & (rows["kind"] == "topped")
    better = answer(rows.assign(predicted=rows["predicted"].mask(lucky, rows["label"])), [], QUICK)
    plain = answer(rows, [], QUICK)
    assert better["verdict"] == plain["verdict"] != rule.USEFUL
    assert better["difference"] == plain["difference"]
    cells = {(c["model"], c["arm"]): c for c in better["cells"]}
    assert cells["tree", TOPPED.key]["verdict"] == rule.USEFUL


def test_p_of_secondary_cells_counts_every_cell():
    found = answer(planted({**BASE, TOPPED: 0.95}), [], QUICK)
    cells = [(cell["model"], cell["arm"]) for cell in found["cells"]]
    assert cells == [(model, arm.key) for model in ("svm", "tree") for arm in (TOPPED, ADDED)]
    least = 2 / (RULE.bootstrap + 1)
    topped = [cell["p"] for cell in found["cells"] if cell["arm"] == TOPPED.key]
    assert topped == pytest.approx([4 * least] * 2)


def test_differences_are_paired():
    """Two arms with the same answers differ by nothing in every draw."""
    rows = planted({AUGMENTED: 0.7})
    same = rows[rows["part"] == "test"].assign(**table.columns_of_arm(TOPPED), generator=0)
    both = pd.concat([rows[rows["part"] == "test"], same], ignore_index=True)
    scoreboard = Scoreboard(both, Resampling(both, 200, np.random.default_rng(0)))
    assert np.ptp(scoreboard.subtract("svm", TOPPED, AUGMENTED).draws) == 0


def test_unknown_people_are_underpowered():
    rows = planted({**BASE, TOPPED: 0.9})
    found = answer(rows.assign(person="group:" + rows["person"]), [], QUICK)
    assert found["verdict"] == rule.UNDERPOWERED
    assert "held-out people known: 0," in found["reasons"][0]


def test_a_primary_contrast_that_was_not_run_is_said():
    with pytest.raises(DataError, match=r"compare\.primary_model"):
        answer(planted(BASE), [], QUICK)


def test_published_accuracies_stand_beside_the_true_ones():
    rows = planted({**BASE, TOPPED: 0.7, Arm("topped", "kde", 1.0): 0.6})
    right = rows[(rows["part"] == "test") & (rows["kind"] == "real")]
    right = right.assign(part="leaky", predicted=right["label"], generator=0)
    leaky = [
        right.assign(**table.columns_of_arm(arm))
        for arm in (Arm("leaky-alone", "synthetic"), Arm("leaky-added", "kde"))
    ]
    found = answer(pd.concat([rows, *leaky], ignore_index=True), [], QUICK)
    assert set(found["published"]) == {"synthetic", "kde"}
    assert found["published"]["kde"]["svm"]["added"] == 1
    assert found["published"]["kde"]["svm"]["true"] == pytest.approx(0.6, abs=0.05)
    assert found["published"]["synthetic"]["svm"]["alone"] == 1
    assert found["published"]["synthetic"]["svm"]["true"] == pytest.approx(0.7, abs=0.05)
    assert not any(key.startswith("leaky") for key in found["arms"])


def test_scores_name_both_g_measures_and_say_why_one_is_missing():
    rows = planted({**BASE, TOPPED: 0.7})
    rows["predicted"] = rows["predicted"].mask(rows["kind"] == "alone", "Neutral")
    found = answer(rows, [], QUICK)["scores"]
    real = found["arms"]["real"]["svm"]
    assert {"precision", "recall", "f1", "g_measure", "g_mean", "auc"} == set(real["macro"])
    assert real["accuracy"] == pytest.approx(real["macro"]["recall"])
    assert set(real["classes"]["g_mean"]) == set(LABELS)
    assert "classes" not in found["arms"][ALONE.key]["svm"]
    assert found["undefined"][f"{ALONE.key}, svm, precision, Surprise"] == "never called"


def test_missing_predictions_say_what_to_run(tmp_path):
    with pytest.raises(DataError, match="dvc repro classify"):
        table.read(tmp_path / "predictions.csv")
    (tmp_path / "old.csv").write_text("arm,model\nreal,svm\n")
    with pytest.raises(IntegrityError, match="expected the columns kind, source"):
        table.read(tmp_path / "old.csv")
