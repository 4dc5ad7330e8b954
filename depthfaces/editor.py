"""params.yaml for editors: a JSON schema of every key, with the comments as descriptions.

python -m depthfaces.editor writes it anew, after a change of params.yaml or of depthfaces/schema.
"""

import json
import re
from pathlib import Path
from typing import Any

from depthfaces import command, files, params
from depthfaces.schema import Params

# Named in the first line of params.yaml, so that editors complete keys, explain and check them.
FILE = Path("depthfaces/schema/params.schema.json")


def schema(top: Path = Path()) -> str:
    """Return the JSON schema of the params.yaml in `top`."""
    document = Params.model_json_schema()
    for section in [document, *document["$defs"].values()]:
        for described in (section, *section.get("properties", {}).values()):
            described.pop("title", None)
    explained = comments((top / params.FILE).read_text(encoding="utf-8"))
    for key, text in explained.items():
        if (place := _place(document, key.split("."))) is not None:
            place["description"] = text
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def comments(text: str) -> dict[str, str]:
    """Return {dotted key: the comment above it, or above the keys that it stands below with}."""
    explained: dict[str, str] = {}
    remarks: list[str] = []
    path: list[tuple[int, str]] = []
    for line in text.splitlines():
        if remark := re.fullmatch(r" *# ?(.*)", line):
            remarks.append(remark[1])
        elif key := re.match(r"( *)(\w+):", line):
            depth, name = len(key[1]), key[2]
            before = ".".join(part for _, part in path) if path and path[-1][0] == depth else ""
            path = [*(part for part in path if part[0] < depth), (depth, name)]
            above = " ".join(remarks) or explained.get(before, "")
            if above:
                explained[".".join(part for _, part in path)] = above
            remarks = []
        elif not line.strip():
            remarks, path = [], []
    return explained


def _place(document: dict[str, Any], path: list[str]) -> dict[str, Any] | None:
    """Return where the schema describes the key at `path`."""
    place = document
    for name in path:
        if reference := place.get("$ref"):
            place = document["$defs"][reference.rsplit("/", 1)[1]]
        if name not in place.get("properties", {}):
            return None
        place = place["properties"][name]
    return place


def main() -> None:
    """Write the schema."""
    files.write_text(FILE, schema())


if __name__ == "__main__":
    command.run(main)
