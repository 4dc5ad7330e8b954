"""The audit finds what is wrong in published tables, by numbers alone, and nothing else."""

from fractions import Fraction
from pathlib import Path

import pytest

from depthfaces import __main__ as main
from depthfaces.audit import CHECKS
from depthfaces.audit.accuracy import correct_count
from depthfaces.audit.audit import audit, documents
from depthfaces.audit.numbers import parse_number
from depthfaces.errors import DataError

FINDINGS = {
    "depth-faces": [
        "13 of 15 accuracies fit a test set of 240; impossible there: 51.50 (GMM tree), "
        "58.92 (proposed tree)",
        "13 of 15 accuracies fit a test set of 480; impossible there: 66.42 (GAN tree), "
        "68.92 (proposed tree)",
        "proposed XGBoost against GAN XGBoost: 463 against 452 of 480, p = 0.126",
        "no test size is stated; the accuracies point to 240",
        "no test size is stated; the accuracies point to 480",
    ],
    "balance": ["no test size is stated; the smallest that fits all accuracies is 200"],
    "dfeatures": [
        "mean of experiment 4 is 0.940, not 0.932",
        "IS of pix2pixHD is 0.875, below its bound of 1",
        "AU7, AU23, AU24 are one and the same column (set for Angry)",
    ],
    "augment": [
        "the generated images were added before the split, so the test set holds generated images",
        "777 true fear exceed the 553 test images of fear",
        "763 true fear exceed the 553 test images of fear",
        "confusion, original: only a rotation of the classes by 1 makes that possible",
        "confusion, augmented: only a rotation of the classes by 1 makes that possible",
        "mean of recall weighted by test images is 0.617, not 0.63",
    ],
    "swarm": [],
    "control": [],
}


def test_every_document_has_its_findings_listed():
    assert set(documents()) == set(FINDINGS)


@pytest.mark.parametrize("name", FINDINGS)
def test_findings_of_the_published_tables(name):
    found = audit(documents()[name])
    assert len(found) == len(FINDINGS[name])
    for expected in FINDINGS[name]:
        assert any(expected in line for line in found), (expected, found)


def test_a_printed_number_knows_its_rounding():
    assert parse_number("81.50").holds(Fraction(163, 2))
    assert not parse_number("81.50").holds(Fraction("81.51"))
    assert parse_number("0.9").high == Fraction("0.95")
    assert correct_count(parse_number("81.67"), 240) == 196
    assert correct_count(parse_number("51.50"), 240) is None
    with pytest.raises(DataError, match="expected a number, found 'many'"):
        parse_number("many")


def test_each_check_finds_a_planted_mistake_and_passes_without_it():
    good = {
        "accuracy": {"values": {"a": "50.00"}, "size": "4"},
        "bounds": {"measure": "AUC", "values": {"a": "1.00"}},
        "columns": {"rows": {"x": ["a", "b"], "y": ["b"]}},
        "fscore": {"rows": {"x": ["0.80", "0.50", "0.62"]}},
        "mean": {"columns": {"x": ["0.5", "-", "1"]}, "means": {"x": "0.75"}},
        "support": {"faces": {"a": "5", "b": "9"}, "hits": {"a": "5"}},
        "totals": {"rows": {"a": ["2", "1", "3"]}, "total": ["2", "1", "3"]},
    }
    bad = {
        "accuracy": {"values": {"a": "51.00"}, "size": "4"},
        "bounds": {"measure": "AUC", "values": {"a": "1.20"}},
        "columns": {"rows": {"x": ["a", "b"], "y": ["c"]}},
        "fscore": {"rows": {"x": ["0.80", "0.50", "0.66"]}},
        "mean": {"columns": {"x": ["0.5", "-", "1"]}, "means": {"x": "0.81"}},
        "support": {"faces": {"a": "5", "b": "9"}, "hits": {"a": "6"}},
        "totals": {"rows": {"a": ["2", "1", "4"]}, "total": ["2", "1", "4"]},
    }
    assert set(good) == set(bad) == set(CHECKS)
    for name, check in CHECKS.items():
        assert check(good[name]) == [], name
        assert check(bad[name]), name


def test_the_command_prints_findings(capsys):
    main.main(["audit", str(documents()["dfeatures"]), str(documents()["control"])])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("dfeatures.yaml: 3 findings")
    assert lines[1].startswith("  AUC of emotions: ")
    assert lines[-1].endswith("control.yaml: 0 findings")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tables: [", "expected YAML"),
        ("[1, 2]", "expected `title` and a list `tables`"),
        ("tables: [{name: a, check: magic}]", r"tables\[0\]\.check: expected one of accuracy, "),
        ("tables: [{name: a, check: fscore}]", "expected the key 'rows', found none"),
        ("tables: [{name: a, check: fscore, rows: {x: [1, 2]}}]", "not as `fscore` needs it"),
        ("tables: [{name: a, check: bounds, measure: IQ, values: {}}]", "found 'IQ'"),
    ],
)
def test_a_wrong_table_file_says_what_is_wrong(tmp_path, text, message):
    path = tmp_path / "table.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        audit(path)
    with pytest.raises(DataError, match="found none"):
        audit(Path("nowhere.yaml"))
