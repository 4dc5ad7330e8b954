"""The page: whole, self-contained, escaped, the same twice."""

import base64
import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import LABELS, draw, write_features, write_few
from PIL import Image

from depthfaces import files, params
from depthfaces.errors import DataError
from depthfaces.faces import FaceSet, FaceWriter
from depthfaces.metrics import CLOUD_METRICS, IMAGE_STATISTICS, SURFACE_DISTANCES
from depthfaces.report import (
    charts,
    evidence,
    gallery,
    generators,
    relief,
    tables,
    template,
    viewer,
    words,
)
from depthfaces.report import page as page_of
from depthfaces.report.drawing import slug
from depthfaces.report.results import load
from stages import classify, compare, report
from tests import declared

SETTINGS = params.load()
QUICK = SETTINGS.model_copy(
    update={
        "threads": 1,
        "classify": SETTINGS.classify.model_copy(update={"models": ["svm"], "seeds": 2}),
        "compare": SETTINGS.compare.model_copy(update={"dimensions": 6, "bootstrap": 100}),
        "report": SETTINGS.report.model_copy(update={"columns": 4, "dpi": 50}),
    }
)
NASTY = "<script>alert('$x$')</script>"


class Page(HTMLParser):
    """Collect tags, links and texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(" ".join(data.split()))


def write_generated(folder: Path, labels: tuple[str, ...] = LABELS) -> None:
    rng = np.random.default_rng(2)
    with FaceWriter(folder, (32, 32), np.float32) as writer:
        for number, label in enumerate(labels * 3):
            row = {"id": f"g{number}", "label": label, "split": "synthetic"}
            writer.append(draw("Neutral", rng)[None], [row])


@pytest.fixture(scope="module")
def place(drawn, tmp_path_factory) -> Path:
    """Return a folder with every result that the page can show."""
    place = tmp_path_factory.mktemp("report")
    write_generated(place / "synthetic")
    write_generated(place / "baselines" / "kde")
    write_features(place / "data" / "features")
    reports = place / "reports"
    steps = np.arange(1, 21)
    losses = pd.DataFrame({"step": steps, "d": 1 / steps, "g": 0.1, "g_kd": 0.3, "d_kd": 0.2})
    rows = [
        {"emotion": e, "method": m, "generation": g, "best": g, "mean": g / 2, "diversity": 1}
        for e in LABELS
        for m in ("ga", "random")
        for g in range(3)
    ]
    reasons = pd.DataFrame({"file": ["a", "b"], "reason": ["torn file", NASTY]})
    for path, table in (
        ("train/history.csv", losses),
        ("evolve/curves.csv", pd.DataFrame(rows)),
        ("preprocess/quarantine.csv", reasons),
    ):
        files.write_text(reports / path, table.to_csv(index=False))
    files.write_json(
        reports / "preprocess.json",
        {"found_faces": 1440, "nose_error_mm": {"median": 3.5}},
    )
    Image.new("RGB", (4, 4)).save(reports / "preprocess" / "sheet.png")
    write_few(place / "data", reports, QUICK)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(params, "load", lambda: QUICK)
        data = place / "data"
        classify.main(
            data / "features",
            data / "predictions.csv",
            reports / "classify.json",
            place / "models",
        )
        compare.main(data, reports)
        for name in ("one", "two"):
            sets = (drawn, place / "synthetic", place / "baselines")
            report.main(reports, *sets, place / name / "index.html")
    return place


@pytest.fixture(scope="module")
def text(place) -> str:
    return (place / "one" / "index.html").read_text(encoding="utf-8")


def test_two_builds_are_equal(place):
    drawn = sorted(path.stem for path in (place / "one" / "figures").iterdir())
    assert set(page_of.FIGURES) == set(drawn)
    names = ["index.html", *(f"figures/{name}.png" for name in drawn)]
    for name in names:
        assert (place / "one" / name).read_bytes() == (place / "two" / name).read_bytes()


def test_the_page_needs_nothing_else(text):
    assert "http" not in re.sub(r'base64,[^"]*', "", text)
    assert "url(" not in re.sub(r"url\(#", "", text)
    for tag, attributes in Page(text).tags:
        assert tag not in {"iframe", "object", "embed", "link"} or attributes.get("rel") == "icon"
        for name in ("src", "href", "xlink:href", "srcset"):
            link = attributes.get(name) or "#"
            assert link.startswith(("data:", "#"))


def test_the_studies_are_linked_where_they_are_of_the_same_faces(drawn, tmp_path):
    found = tmp_path / "studies" / "index.html"
    sets = (drawn, tmp_path / "none", tmp_path / "none")
    for content, linked in (
        (None, False),
        (f'<meta name="faces" content="{template.fingerprint(drawn)}">', True),
        (f'<meta name="faces" content="{64 * "0"}">', False),
        ("of an older version", False),
    ):
        if content is not None:
            files.write_text(found, content)
        page = Page(page_of.build(load(tmp_path, *sets), 4))
        links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
        assert links.count("studies/index.html") == 2 * linked
        assert all((tmp_path / link).is_file() for link in links if not link.startswith("#"))


def overlaps(figure) -> list[tuple[str, str]]:
    """Return the tick labels of one axis that lie upon each other when the figure is drawn."""
    figure.draw_without_rendering()
    found = []
    for axis in [part for axes in figure.axes for part in (axes.xaxis, axes.yaxis)]:
        labels = [label for label in axis.get_ticklabels() if label.get_text()]
        boxes = [label.get_window_extent() for label in labels]
        upright = {label.get_rotation() % 90 for label in labels} <= {0}
        found += [
            (labels[k].get_text(), labels[k + 1].get_text())
            for k in range(len(labels) - 1)
            if upright and boxes[k].overlaps(boxes[k + 1])
        ]
    return found


@pytest.mark.parametrize("count", [1, 2, 4])
def test_bars_by_generator_have_room_for_their_names(count):
    models = list(words.MODELS)[:count]
    names = ["real", *(f"topped {name}@1" for name in words.METHODS if name != "real")]
    figure = charts.by_method({row: {name: {"accuracy": 0.7} for name in models} for row in names})
    assert figure is not None
    assert overlaps(figure) == []


def test_no_tick_labels_of_the_page_lie_upon_each_other(place, drawn):
    sets = (drawn, place / "synthetic", place / "baselines")
    drawings = page_of.draw(load(place / "reports", *sets))
    assert {name: overlaps(figure) for name, figure in drawings.items() if overlaps(figure)} == {}


def test_paper_has_every_column_and_no_dark_colours():
    css = template.STYLE.read_text(encoding="utf-8")
    rule = css[css.index("@media print") :]
    assert re.search(r"\.scroll \{[^}]*overflow: visible", rule)
    assert "--paper: #ffffff" in rule


def test_every_id_is_its_own_and_every_anchor_leads_somewhere(text):
    tags = Page(text).tags
    names = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert [name for name in set(names) if names.count(name) > 1] == []
    for _, attributes in tags:
        link = attributes.get("href") or attributes.get("xlink:href") or ""
        if link.startswith("#"):
            assert link[1:] in names


def test_every_part_is_there_and_the_verdict_comes_first(text, place):
    page = Page(text)
    found = files.read_json(place / "reports" / "verdict.json")
    first = page.texts.index(found["words"])
    assert "UNDERPOWERED" in page.texts[:first]
    for title in ("Real beside synthetic", "Does it help?", "How alike are they?"):
        assert title in page.texts[first:]
    for title in ("How they were made", "Preparation", "What we could not show"):
        assert title in page.texts[first:]
    assert "Published beside ours" in page.texts[first:]
    assert any(re.fullmatch(r"[\d.]+ ± [\d.]+", found) for found in page.texts[first:])
    drawn = list((place / "one" / "figures").iterdir())
    assert sum(tag == "svg" for tag, _ in page.tags) == len(drawn)
    captions = sum(tag == "figcaption" for tag, _ in page.tags)
    assert captions == sum(tag == "figure" for tag, _ in page.tags)


def test_alarms_stand_above_the_verdict(place, drawn):
    found = load(place / "reports", drawn, place / "synthetic", place / "baselines")
    silent = page_of.build(replace(found, metrics=without_alarms(found)), 4)
    assert 'role="alert"' not in silent
    rung = [{"words": "Half of the faces are copies."}, {"words": NASTY}]
    metrics = found.metrics | {"alarms": {"count": 2, "alarms": rung}}
    text = page_of.build(replace(found, metrics=metrics), 4)
    texts = Page(text).texts
    first = texts.index("STOPPED BY 2 ALARMS")
    assert first < texts.index("Half of the faces are copies.") < texts.index("UNDERPOWERED")
    assert NASTY not in text


def without_alarms(found: Any) -> dict[str, Any]:
    return found.metrics | {"alarms": {"count": 0, "alarms": []}}


def test_the_preparation_is_told_in_plain_numbers(text):
    texts = Page(text).texts
    start = texts.index("found faces")
    expected = ["found faces", "1,440", "nose error mm median", "3.5", "set aside: torn file", "1"]
    assert texts[start : start + 6] == expected


def test_what_comes_from_data_is_escaped(text):
    assert NASTY not in text
    assert NASTY in " ".join(Page(text).texts)


def test_figures_take_the_colour_of_the_page(text):
    assert text.count("currentColor") > 50
    assert "#010203" not in text


def test_a_page_without_optional_results(drawn, tmp_path, monkeypatch):
    monkeypatch.setattr(params, "load", lambda: QUICK)
    out = tmp_path / "out"
    report.main(tmp_path / "none", drawn, tmp_path / "none", tmp_path / "none", out / "index.html")
    assert [path.name for path in out.iterdir()] == ["index.html"]
    page = Page((out / "index.html").read_text(encoding="utf-8"))
    assert "No classifier was compared in this run: there is no verdict." in page.texts
    assert not any(tag == "svg" for tag, _ in page.tags)


def test_a_page_without_faces_says_what_to_run(tmp_path):
    with pytest.raises(DataError, match="dvc repro"):
        report.main(*[tmp_path / "none"] * 4, tmp_path / "out" / "index.html")


def test_class_names_from_data_are_escaped_and_drawn_plain(tmp_path, monkeypatch):
    monkeypatch.setattr(params, "load", lambda: QUICK)
    rng = np.random.default_rng(0)
    with FaceWriter(tmp_path / "faces", (32, 32), np.float32) as writer:
        for number, split in enumerate(("train", "test") * 2):
            row = {
                "id": str(number),
                "label": (NASTY, "$b")[number // 2],
                "subject": "",
                "group": "",
            }
            row |= {"split": split, "source": "folder", "unit": "relative"}
            writer.append(draw("Neutral", rng)[None], [row])
    curve = {"emotion": NASTY, "method": "ga", "generation": [0, 1], "best": 1.0, "mean": 0.5}
    table = pd.DataFrame(curve).to_csv(index=False)
    files.write_text(tmp_path / "reports" / "evolve" / "curves.csv", table)
    none = tmp_path / "none"
    report.main(
        tmp_path / "reports", tmp_path / "faces", none, none, tmp_path / "out" / "index.html"
    )
    text = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert NASTY not in text
    texts = Page(text).texts
    assert texts.count(NASTY) >= 2  # the gallery's heading and the figure's
    assert any("not subject-disjoint" in line for line in texts)
    assert any("grey levels, not millimetres" in line for line in texts)


def test_relief_is_clear_where_there_is_no_face_and_bright_where_near():
    flat = np.full((64, 64), -1.0)
    flat[16:48, 16:48] = -0.5
    near = np.where(flat > -1, 0.8, -1.0)
    far, close = relief.relief(flat), relief.relief(near)
    assert far.shape == (128, 128, 4)
    assert far[0, 0, 3] == 0
    assert far[64, 64, 3] == 255
    assert close[64, 64, :3].sum() > far[64, 64, :3].sum()
    assert np.array_equal(close[..., 3], far[..., 3])


def test_relief_is_lit_from_the_upper_left():
    y, x = np.mgrid[-1:1:64j, -1:1:64j]
    dome = relief.relief(0.5 * np.sqrt(np.maximum(0, 1.9 - x**2 - y**2)))
    assert dome[40, 40, :3].sum() > dome[88, 88, :3].sum()


def test_a_gallery_never_shows_held_out_people(drawn):
    faces = FaceSet.open(drawn)
    rows = gallery.evenly_spaced_rows(faces, "Neutral", 1000)
    assert set(faces.table["split"].iloc[rows]) == {"train"}
    assert set(faces.table["label"].iloc[rows]) == {"Neutral"}
    assert len(gallery.evenly_spaced_rows(faces, "Neutral", 5)) == 5
    assert len(gallery.evenly_spaced_rows(faces, "Boredom", 5)) == 0


def test_the_generators_table_has_the_same_numbers_as_the_results(place, drawn):
    sets = (drawn, place / "synthetic", place / "baselines")
    found = load(place / "reports", *sets)
    table = generators.generator_table(found)
    assert [row["name"] for row in table["rows"]] == ["Synthetic", "KDE", "Real faces"]
    kde = table["rows"][1]["cells"]
    assert kde[0] == tables.number(found.metrics["sets"]["kde"]["fd"]["value"])
    arms = found.verdict["arms"]
    for column, arm in enumerate(("alone kde@1", "topped kde@1")):
        score = next(iter(arms[arm].values()))
        text = tables.points(score["macro_f1"], signed=False)
        assert kde[len(generators.MEASURES) + column].startswith(f"{text} (")
    assert len({len(row["cells"]) for row in table["rows"]}) == 1


def test_the_page_says_where_one_gan_was_trained_longer():
    told = {"baselines": {"gan_steps": 1800}, "gan": {"steps": 3600}}
    assert "1,800 steps, the distilled one for 3,600" in generators.training_lengths_sentence(told)
    told["gan"]["steps"] = 1800
    assert (
        generators.training_lengths_sentence(told)
        == generators.training_lengths_sentence(None)
        == ""
    )


def test_words_know_every_metric_and_order_arms():
    assert set(CLOUD_METRICS | SURFACE_DISTANCES | IMAGE_STATISTICS) < set(words.METRICS)
    expected = [
        *("real", "control repeated@1", "control posed@1", "added synthetic@0.5"),
        *("added synthetic@2", "topped synthetic@1", "shuffled synthetic@1"),
        *("topped kd@1", "topped gan@1", "alone kd@1"),
    ]
    assert words.ordered_arms(reversed(expected)) == expected
    assert words.figure_arms(expected) == expected[:-1]
    assert words.figure_arms(["alone synthetic@1"]) == ["alone synthetic@1"]
    assert words.arm("alone kd@1") == "Distilled GAN alone"
    assert words.ordered_generators(["zoo", "kde", "synthetic", "gan"]) == [
        "synthetic",
        "gan",
        "kde",
        "zoo",
    ]


def test_numbers_as_text():
    assert [tables.number(v) for v in (None, 0.12345, 12345.6, 0)] == ["–", "0.123", "12,346", "0"]
    assert [tables.points(v) for v in (0.0123, -0.004, 0)] == ["+1.2", "−0.4", "+0.0"]
    assert slug("A b/C") == "a-b-c"


def level(people: int) -> dict:
    arm = {"svm": {"macro_f1": people / 100, "low": 0.0, "high": 0.7}}
    arms = dict.fromkeys(("real", "control augmented@4", "topped kde@1", "topped kde@4"), arm)
    return {"people": people, "arms": arms}


def test_the_curve_over_people_needs_two_numbers_of_them():
    assert charts.by_people({"levels": [level(4)]}) is None
    figure = charts.by_people({"levels": [level(4), level(8), level(36)]})
    (axis,) = figure.axes
    assert len(axis.lines) == 3  # real, control and source, each in its largest dose
    columns = np.array([line.get_xdata() for line in axis.lines])
    assert np.array_equal(columns.round(), np.tile([0, 1, 2], (3, 1)))
    assert np.all(np.diff(columns, axis=0) > 0.1)  # side by side, not one over the other
    assert [tick.get_text() for tick in axis.get_xticklabels()] == ["4", "8", "36"]


def test_the_curve_shows_chosen_amounts_where_there_are_some():
    chosen = {key: {"svm": ARM} for key in ("control chosen", "topped kde", "topped chosen")}
    levels = [{"people": k, "arms": level(k)["arms"] | chosen} for k in (2, 4)]
    figure = charts.by_people({"levels": levels})
    assert len(figure.axes[0].lines) == 4


ARM = {"macro_f1": 0.5, "low": 0.4, "high": 0.6}


def test_violins_show_the_seeds_and_nothing_else():
    seeds = [0.50, 0.52, 0.58]
    figure = charts.seed_violins({"real": {"svm": {"runs": seeds}}})
    dots = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 3]
    assert [list(line.get_xdata()) for line in dots] == [seeds]


def test_the_viewer_gets_depth_and_no_markup(drawn):
    real = FaceSet.open(drawn)
    text = viewer.viewer_json({"real": real, "<b>": real})
    assert "<" not in text
    found = json.loads(text)["<b>"]["Neutral"]
    raw = np.frombuffer(base64.b64decode(found["depth"]), np.uint8).reshape(32, 32)
    assert found["side"] == 32
    assert raw[0, 0] == 0
    assert raw[16, 16] > 128


def test_published_numbers_of_the_paper_stand_by_method():
    numbers = evidence.paper_values()
    assert numbers["inception score"]["synthetic"] == "4.1447"
    assert numbers["PSNR"]["kde"] == "10.36"
    rows = evidence.recognition_rows(
        {"published": {"gan": {"svm": {"alone": 0.9, "added": 0.8, "true": None}}}}
    )
    assert rows[0]["ours"] == ["90.0", "80.0"]
    assert rows[0]["true"] == "–"


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# Tells the page's state at the end: whether the viewer drew and all images are there.
PROBE = """<script>addEventListener("load", () => {
  const drawn = [...document.querySelectorAll("canvas")].map((c) => +c.dataset.drawn);
  const images = [...document.images].filter((i) => !i.complete || !i.naturalWidth).length;
  const wide = document.documentElement.scrollWidth - innerWidth;
  const cut = [...document.querySelectorAll(".scroll, figure")].filter(
    (e) => getComputedStyle(e).overflowX !== "visible" && e.scrollWidth > e.clientWidth).length;
  const nameless = document.querySelectorAll(".named td:not([data-name])").length;
  document.title = JSON.stringify({drawn, images, wide, cut, nameless});
});</script></body>"""


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
@pytest.mark.parametrize("width", [390, 1200])
def test_in_a_browser_the_page_draws_and_says_nothing_on_the_console(text, tmp_path, width):
    found = in_a_browser(text, tmp_path, width)
    assert len(found["drawn"]) == 2
    assert min(found["drawn"]) > 10_000
    assert found["images"] == 0
    assert found["wide"] <= 0
    assert found["cut"] == found["nameless"] == 0


def in_a_browser(text: str, tmp_path: Path, width: int) -> dict[str, Any]:
    """Return the probe's findings of a page that says nothing on the console."""
    path = tmp_path / "index.html"
    path.write_text(text.replace("</body>", PROBE), encoding="utf-8")
    options = "--headless --no-sandbox --disable-gpu --no-first-run --disable-sync --dump-dom"
    quiet = "--disable-background-networking --disable-component-update --enable-logging=stderr"
    command = [str(CHROMIUM), *options.split(), *quiet.split(), f"--user-data-dir={tmp_path}/home"]
    command += [f"--window-size={width},900", "--virtual-time-budget=3000", path.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert "CONSOLE" not in done.stderr
    title = re.search(r"<title>({.*?})</title>", done.stdout)
    return json.loads(title[1])


def test_every_figure_that_dvc_plots_is_one_of_the_page() -> None:
    lines = (declared.TOP / "dvc.yaml").read_text(encoding="utf-8").splitlines()
    shown = [line.removeprefix("- reports/figures/") for line in lines if "/figures/" in line]
    assert shown
    assert {name.removesuffix(".png") for name in shown} <= set(page_of.FIGURES)
