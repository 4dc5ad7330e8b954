"""verify makes the report's numbers again, and finds any that was changed by hand."""

import shutil

import numpy as np
import pytest
from conftest import LABELS, draw, write_faces, write_few

from depthfaces import __main__ as main
from depthfaces import files, params, verify
from depthfaces.errors import DataError, IntegrityError
from depthfaces.faces import FaceWriter
from stages import classify, compare, features, report

SETTINGS = params.load()
QUICK = SETTINGS.model_copy(
    update={
        "threads": 1,
        "classify": SETTINGS.classify.model_copy(update={"models": ["svm"], "seeds": 2}),
        "compare": SETTINGS.compare.model_copy(
            update={
                "dimensions": 6,
                "bootstrap": 100,
                "embeddings": ["autoencoder"],
                "autoencoder_steps": 5,
            }
        ),
        "report": SETTINGS.report.model_copy(update={"columns": 2, "dpi": 50}),
    }
)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Return a folder with data/ and reports/ as the stages after export leave them."""
    place = tmp_path_factory.mktemp("verify")
    data, reports = place / "data", place / "reports"
    write_faces(data / "faces")
    rng = np.random.default_rng(5)
    for folder in (data / "synthetic", data / "baselines" / "kde"):
        with FaceWriter(folder, (32, 32), np.float32) as writer:
            for number, label in enumerate(LABELS * 20):
                row = {"id": f"{label}-{number}", "label": label, "split": "synthetic"}
                face = draw(label, rng) + 0.1 * rng.normal(size=(32, 1))
                writer.append(np.clip(face, -1, 1).astype(np.float32)[None], [row])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(params, "load", lambda: QUICK)
        sets = (data / "faces", data / "synthetic", data / "baselines")
        features.main(*sets, data / "features")
        made = (data / "predictions.csv", reports / "classify.json", place / "models" / "classify")
        classify.main(data / "features", *made)
        compare.main(data, reports)
        write_few(data, reports, QUICK)
        report.main(reports, *sets, reports / "index.html")
    return place


def test_an_untouched_report_is_made_again(finished, monkeypatch, capsys):
    monkeypatch.setattr(params, "load", lambda: QUICK)
    monkeypatch.chdir(finished)
    main.main(["verify"])
    count = int(capsys.readouterr().out.split()[1].replace(",", ""))
    assert count > 500


@pytest.mark.parametrize(
    "edit",
    [
        ("headline.json", '"UNDERPOWERED"', '"USEFUL"', "headline.json: verdict: expected 'UNDER"),
        ("verdict.json", '"min_subjects": 10', '"min_subjects": 1', "rule.min_subjects"),
        ("compare/arms.csv", "real,svm,1.", "real,svm,0.", r"arms.csv: \[\d+\]\[2\]: expected 1."),
        ("few/few.json", '"draws": 6', '"draws": 7', r"few/few.json: experiment.draws"),
        ("classify.json", '"people": 3', '"people": 30', r"classify.json: kept.svm.people"),
        ("index.html", "UNDERPOWERED", "USEFUL", r"index.html: line \d+: expected "),
    ],
)
def test_a_hand_edited_result_is_found(finished, tmp_path, edit):
    file, old, new, where = edit
    place = shutil.copytree(finished, tmp_path / "copy")
    path = place / "reports" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(IntegrityError, match=where):
        verify.verify(place / "data", place / "models" / "classify", place / "reports", QUICK)


def test_a_changed_prediction_is_found(finished, tmp_path):
    place = shutil.copytree(finished, tmp_path / "copy")
    path = place / "data" / "predictions.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-7]), encoding="utf-8")
    with pytest.raises(IntegrityError, match=r"verdict\.json|classify\.json|headline\.json"):
        verify.verify(place / "data", place / "models" / "classify", place / "reports", QUICK)


def test_a_missing_report_says_what_to_run(finished, tmp_path):
    place = shutil.copytree(finished, tmp_path / "copy")
    (place / "reports" / "metrics.json").unlink()
    with pytest.raises(DataError, match=r"metrics\.json: expected a result, .* `dvc repro`"):
        verify.verify(place / "data", place / "models" / "classify", place / "reports", QUICK)


def test_every_fault_of_the_self_test_is_told(finished):
    found = files.read_json(finished / "reports" / "metrics.json")["selftest"]
    assert set(found["values"]) == {
        *("honest", "copies", "noisy copies", "half dropped"),
        *("blur", "noise", "mean face", "shuffled labels"),
    }
    moves = {(row["fault"], row["metric"]): row["moved"] for row in found["moves"]}
    assert moves["copies", "authentic_share"]
    assert moves["blur", "spectrum_distance"]
    assert moves["mean face", "diversity"]
    assert found["passed"] == sum(moved is True for moved in moves.values())
    assert found["values"]["copies"]["authentic_share"] == 0


def test_reconstructions_have_their_ssim_and_psnr(finished):
    found = files.read_json(finished / "reports" / "metrics.json")
    assert set(found["spaces"]) == {"autoencoder", "surface"}
    assert found["rebuilt"]["side"] == 32
    assert -1 <= found["rebuilt"]["ssim"] < 1
    assert 0 < found["rebuilt"]["psnr"] < 40
    page = (finished / "reports" / "index.html").read_text(encoding="utf-8")
    assert "makes held-out faces again" in page


def test_differences_name_the_first_path():
    made = {"a": [1.0, {"b": 2}], "c": "x", "d": None}
    assert list(verify.differences(made, {**made, "a": [1.0 + 1e-9, {"b": 2}]})) == []
    assert list(verify.differences(made, {**made, "a": [1.0, {"b": 3}]})) == [
        ("a[1].b", "expected 2, found 3")
    ]
    assert list(verify.differences(made, {"a": made["a"], "c": "x"})) == [("d", "missing")]
    assert list(verify.differences(made, {**made, "e": 1})) == [("e", "not made by this run")]
    assert next(verify.differences(made, {**made, "d": 0}))[0] == "d"
    assert list(verify.differences([1], [1, 2])) == [("", "expected 1 entries, found 2 entries")]
    assert list(verify.differences({"x": True}, {"x": 1})) == [("x", "expected True, found 1")]


def test_a_changed_spread_is_found(finished, tmp_path):
    place = shutil.copytree(finished, tmp_path / "copy")
    path = place / "reports" / "metrics.json"
    found = files.read_json(path)
    found["sets"]["kde"]["fd"]["sd"] += 0.1
    files.write_json(path, found)
    with pytest.raises(IntegrityError, match=r"metrics\.json: sets\.kde\.fd\.sd: expected"):
        verify.verify(place / "data", place / "models" / "classify", place / "reports", QUICK)
