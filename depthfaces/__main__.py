"""Commands beside the stages: python -m depthfaces COMMAND."""

import argparse
import inspect
import sys
from collections.abc import Callable
from pathlib import Path

from depthfaces import command, params, profiles, scratch
from depthfaces.audit import audit


def check() -> None:
    """Check params.yaml and every profile."""
    params.load()
    for name in profiles.names():
        profiles.load(name)
    sys.stdout.write(f"params.yaml and profiles ({', '.join(profiles.names())}): no mistakes\n")


def profile(name: str, *, set: bool) -> None:
    """Show what a profile changes; with --set as arguments of `dvc exp run`."""
    changes = profiles.load(name)
    lines = [f"{key}: {value}" for key, value in changes.items()]
    sys.stdout.write((profiles.settings(changes) if set else "\n".join(lines)) + "\n")


def run_scratch(name: str) -> None:
    """Run the pipeline under a profile in build/NAME, apart from your data and results."""
    folder = Path("build") / name
    scratch.make(Path(), folder, name)
    if code := scratch.run(folder):
        sys.exit(code)
    sys.stdout.write(f"reports: {folder / 'reports'}\n")


def verify() -> None:
    """Make every number of the report again from data/, and fail at the first that differs."""
    from depthfaces import verify  # noqa: PLC0415 - torch and scikit-learn take seconds to load

    count = verify.verify(Path("data"), Path("reports"), params.load())
    sys.stdout.write(f"reports: {count:,} values made again, all equal\n")


def run_audit(*tables: Path) -> None:
    """Check published tables (YAML) by arithmetic: what cannot be, with the reason."""
    for path in tables:
        findings = audit.audit(path)
        sys.stdout.write(f"{path}: {len(findings)} findings\n")
        for finding in findings:
            sys.stdout.write(f"  {finding}\n")


COMMANDS: dict[str, Callable[..., None]] = {
    "check": check,
    "profile": profile,
    "scratch": run_scratch,
    "verify": verify,
    "audit": run_audit,
}


def main(argv: list[str] | None = None) -> None:
    """Run the command named first on the command line with the rest of it."""
    lines = [f"  {name:9}{inspect.getdoc(call)}" for name, call in COMMANDS.items()]
    parser = argparse.ArgumentParser(
        "python -m depthfaces",
        description="commands:\n" + "\n".join(lines),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    chosen = parser.parse_args(argv)
    command.run(COMMANDS[chosen.command], chosen.arguments, f"{parser.prog} {chosen.command}")


if __name__ == "__main__":
    main()
