"""params.yaml is checked whole, and every mistake is told with its place."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from depthfaces import params
from depthfaces.errors import ParamsError
from depthfaces.schema import Params

TOP = Path(__file__).parents[1]
FILE = TOP / "params.yaml"


def mistakes(changes: dict[str, object]) -> list[str]:
    """Return the lines of the error that `changes` to params.yaml bring about."""
    content = params.read(FILE)
    for path, value in changes.items():
        *sections, key = path.split(".")
        place = content
        for section in sections:
            place = place[section]
        place[key] = value
    with pytest.raises(ParamsError) as caught:
        params.check(content)
    return [line.strip() for line in str(caught.value).splitlines()]


def test_file_is_valid_and_in_the_order_of_the_schema() -> None:
    content = params.read(FILE)
    found = params.load(FILE).model_dump()
    for section, key in (("features", "relief"), ("classify", "net_relief")):
        found[section][key] = content[section][key]  # 0 stands for preprocess's window
    assert found == content
    assert list(content) == list(Params.model_fields)


@pytest.mark.parametrize(("given", "expected"), [(0, 0.6), (0.5, 0.5)])
def test_slopes_follow_the_window_unless_told(given: float, expected: float) -> None:
    content = params.read(FILE)
    content["preprocess"] |= {"front": -20.0, "back": 100.0, "crop": 200.0}
    content["features"]["relief"] = given
    assert params.check(content).features.relief == pytest.approx(expected)


@pytest.mark.parametrize("path", params.known())
def test_nothing_has_a_default_in_code(path: str) -> None:
    content = place = params.read(FILE)
    *sections, key = path.split(".")
    for section in sections:
        place = place[section]
    del place[key]
    with pytest.raises(ParamsError, match=f"{path}: expected a value, found none"):
        params.check(content)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("seed", -1, "seed: expected greater than or equal to 0, found -1"),
        ("gan.steps", "many", "gan.steps: expected a valid integer, found 'many'"),
        ("gan.steps", 20.0, "gan.steps: expected a valid integer, found 20.0"),
        ("gan.steps", True, "gan.steps: expected a valid integer, found True"),
        ("ga.generations", -3, "ga.generations: expected greater than or equal to 1, found -3"),
        ("gan.beta1", float("nan"), "gan.beta1: expected a finite number, found nan"),
        (
            "data.source",
            "web",
            "data.source: expected 'virtual', 'folder' or 'kaggle', found 'web'",
        ),
        (
            "data.virtual.subject",
            9,
            "data.virtual.subject: unknown key; did you mean data.virtual.subjects?",
        ),
        ("ga", 5, "ga: expected a valid dictionary or instance of Ga, found 5"),
    ],
)
def test_mistake_names_place_expected_and_found(path: str, value: object, expected: str) -> None:
    assert mistakes({path: value}) == ["params.yaml has 1 mistake(s)", expected]


def test_all_mistakes_are_told_at_once() -> None:
    lines = mistakes({"seed": -1, "gan.stps": 3, "kd.decay": 1.0})
    assert lines[0] == "params.yaml has 3 mistake(s)"
    assert "gan.stps: unknown key; did you mean gan.steps?" in lines
    assert "kd.decay: expected less than 1, found 1.0" in lines


def test_shell_characters_stay_text(tmp_path: Path) -> None:
    content = params.read(FILE)
    content["data"]["folder"]["path"] = "$(touch x); `touch y` | z"
    path = tmp_path / "params.yaml"
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(content, file)
    assert params.load(path).data.folder.path == "$(touch x); `touch y` | z"
    for line in (TOP / "dvc.yaml").read_text(encoding="utf-8").splitlines():
        if "cmd:" in line:
            assert set(re.findall(r"\$\{(.*?)\}", line)) <= {"item.method"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("seed: [1", "not readable as YAML"),
        ("seed: !!python/object/apply:os.system ['touch bad']", "not readable as YAML"),
        ("- 1\n- 2", "mistake"),
        ("", "mistake"),
        (b"\xff\xfe\x00", "not readable as YAML"),
        ("seed: " + "[" * 5000, "not readable as YAML"),
        ("seed: " + "9" * 5000, "not readable as YAML: .*digits"),
        ("seed: 2001-99-99", "not readable as YAML"),
        ("data: 0x" + "f" * 5000, "data: expected .*, found a number of thousands of digits"),
    ],
)
def test_unreadable_file_is_one_error(tmp_path: Path, text: str | bytes, expected: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ParamsError, match=expected):
        params.load(path)


def test_references_that_nest_beyond_measure_are_told_in_short(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{k}: &a{k} [*a{k - 1}, *a{k - 1}]" for k in range(1, 60))]
    path = tmp_path / "params.yaml"
    path.write_text("\n".join([*lines, "seed: *a59"]), encoding="utf-8")
    with pytest.raises(ParamsError, match="seed: expected a valid integer, found") as caught:
        params.load(path)
    assert len(str(caught.value)) < 100_000


def test_missing_file_says_where_to_run(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match="top folder"):
        params.load(tmp_path / "params.yaml")


def test_yaml_1_2_reads_exponents_as_numbers(tmp_path: Path) -> None:
    path = tmp_path / "any.yaml"
    path.write_text("rate: 2e-4\nanswer: no\n", encoding="utf-8")
    assert params.read(path) == {"rate": 2e-4, "answer": "no"}


def test_parameters_are_frozen() -> None:
    loaded = params.load(FILE)
    with pytest.raises(ValueError, match="frozen"):
        loaded.gan.steps = 1


def test_every_knob_has_a_comment() -> None:
    """A comment stands above each key or above the block of keys that it opens."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    bare, covered = [], False
    for line in lines:
        if not line.strip():
            covered = False
        elif line.strip().startswith("#"):
            covered = True
        elif re.fullmatch(r"[a-z]+:", line):
            covered = False
        elif not covered and not line.rstrip().endswith(":"):
            bare.append(line)
    assert bare == []


def test_file_is_in_the_normal_form_that_experiments_write(tmp_path: Path) -> None:
    """`dvc exp run -S` writes the file by ruamel.yaml: a first try changes one line, not fifty."""
    yaml = YAML()
    copy = tmp_path / "params.yaml"
    with copy.open("w", encoding="utf-8") as file:
        yaml.dump(yaml.load(FILE.read_text(encoding="utf-8")), file)
    assert copy.read_text(encoding="utf-8") == FILE.read_text(encoding="utf-8")


def test_a_range_that_runs_backwards_is_refused() -> None:
    content = params.read()
    content["data"]["virtual"] |= {"near": 1200.0, "far": 800.0}
    with pytest.raises(ParamsError, match=r"data\.virtual: expected near up to far"):
        params.check(content)
