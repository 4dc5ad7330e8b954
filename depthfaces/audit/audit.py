"""Read a table file and run its checks."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from depthfaces.audit import CHECKS
from depthfaces.errors import DataError

TABLES = Path(__file__).parent / "tables"


def audit(path: Path) -> list[str]:
    """Return the findings of all tables in the YAML file at `path`, one line each."""
    content = read(path)
    findings = []
    for number, entry in enumerate(content["tables"]):
        location = f"{path}: tables[{number}]"
        if not isinstance(entry, dict) or entry.get("check") not in CHECKS:
            unknown_check = entry.get("check") if isinstance(entry, dict) else entry
            known_checks = ", ".join(CHECKS)
            raise DataError(
                f"{location}.check: expected one of {known_checks}, found {unknown_check!r}"
            )
        try:
            findings += [f"{entry['name']}: {line}" for line in CHECKS[entry["check"]](entry)]
        except KeyError as error:
            raise DataError(f"{location}: expected the key {error}, found none") from None
        except DataError as error:
            raise DataError(f"{location}: {error}") from None
        except (TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
            raise DataError(f"{location}: not as `{entry['check']}` needs it: {error}") from None
    return findings


def read(path: Path) -> dict[str, Any]:
    """Return the content of a table file with every scalar as text: 81.50 is not 81.5."""
    if not path.is_file():
        raise DataError(f"{path}: expected a table file (YAML), found none")
    try:
        content = YAML(typ="base", pure=True).load(path.read_text(encoding="utf-8"))
    except OSError:
        raise
    except Exception as error:  # YAMLError, and what the parser itself raises at odd text
        line = " ".join(str(error).split())[:120]
        raise DataError(f"{path}: expected YAML, found {line}") from None
    if not isinstance(content, dict) or not isinstance(content.get("tables"), list):
        raise DataError(f"{path}: expected `title` and a list `tables`")
    return content


def documents() -> dict[str, Path]:
    """Return the paths of the packaged table files by name."""
    return {path.stem: path for path in sorted(TABLES.glob("*.yaml"))}
