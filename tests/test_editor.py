"""params.yaml in an editor: every key with its range and its comment, and the knobs at its head."""

import json
import re
from typing import Any

import pytest

from depthfaces import editor, params
from tests import declared

TEXT = """\
# About the file.

# The one seed.
seed: 7

data:
  # Nearest and
  # farthest.
  near: 1
  far: 2
  names:
  - a
  # How deep.
  inner:
    deep: 3
other: 4
"""


def test_the_schema_is_that_of_params_yaml() -> None:
    """Otherwise: python -m depthfaces.editor."""
    assert (declared.TOP / editor.FILE).read_text("utf-8") == editor.schema(declared.TOP)


def test_a_comment_explains_the_keys_below_it() -> None:
    assert editor.comments(TEXT) == {
        "seed": "The one seed.",
        "data.near": "Nearest and farthest.",
        "data.far": "Nearest and farthest.",
        "data.names": "Nearest and farthest.",
        "data.inner": "How deep.",
    }


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """The schema as a document."""
    return dict(json.loads(editor.schema(declared.TOP)))


def described(schema: dict[str, Any], key: str) -> dict[str, Any]:
    """Return what the schema says of a dotted key."""
    *sections, name = key.split(".")
    place = schema
    for section in sections:
        place = schema["$defs"][place["properties"][section]["$ref"].rsplit("/", 1)[1]]
    return dict(place["properties"][name])


def test_every_key_is_in_the_schema_and_nearly_every_value_is_explained(
    schema: dict[str, Any],
) -> None:
    keys = params.known()
    silent = [key for key in keys if not {"description", "$ref"} & set(described(schema, key))]
    assert all(".ranges." in key for key in silent)  # low and high, which say it themselves


def test_ranges_and_choices_are_told(schema: dict[str, Any]) -> None:
    assert described(schema, "data.virtual.far")["maximum"] == 4000
    assert described(schema, "data.source")["enum"] == ["virtual", "folder", "kaggle"]
    assert described(schema, "ga.generations")["minimum"] == 1


def test_the_head_names_fifteen_knobs_that_exist() -> None:
    text = (declared.TOP / params.FILE).read_text("utf-8")
    head = text[: text.index("\nseed:")]
    knobs = re.findall(r"^#   (\S+) {2,}\w", head, re.MULTILINE)
    assert len(knobs) == 15
    assert set(knobs) <= set(params.known())
    assert f"$schema={editor.FILE.as_posix()}" in head.splitlines()[0]
