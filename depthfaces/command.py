"""Run a stage or a command: paths from the command line, faults as one line and an exit code."""

import argparse
import inspect
import sys
from collections.abc import Callable
from typing import Any

from depthfaces import disk
from depthfaces.errors import DepthfacesError, MachineError


def run(main: Callable[..., None], argv: list[str] | None = None, name: str | None = None) -> None:
    """Call `main` with one argument a parameter: a path, or what its annotation says.

    A keyword-only parameter is an option (--name VALUE; a --flag if `bool`), one with a default
    may be left out, and *several take one or more.

    Exit codes: 2 parameters · 3 data · 4 integrity · 5 machine · 130 interrupted.
    """
    given = _arguments(main, argv, name)
    parameters = inspect.signature(main).parameters.values()
    several = [p.name for p in parameters if p.kind is p.VAR_POSITIONAL]
    order = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    positional = [given.pop(key) for key in order]
    more = [item for key in several for item in given.pop(key)]
    try:
        main(*positional, *more, **given)
    except DepthfacesError as fault:
        _stop(str(fault), fault.code)
    except MemoryError:
        _stop("out of memory: lower the batch size of this stage in params.yaml", MachineError.code)
    except OSError as fault:
        if fault.errno not in disk.FAULTS:
            raise
        _stop(f"{fault.strerror}: {fault.filename or 'a file'}", MachineError.code)
    except KeyboardInterrupt:
        _stop("interrupted", 130)


def _arguments(
    main: Callable[..., None], argv: list[str] | None, name: str | None
) -> dict[str, Any]:
    parser = argparse.ArgumentParser(name, description=inspect.getdoc(main))
    for key, parameter in inspect.signature(main).parameters.items():
        kind, default = parameter.annotation, parameter.default
        needed = default is parameter.empty
        if kind is bool:
            parser.add_argument(f"--{key}", action="store_true")
        elif parameter.kind is parameter.KEYWORD_ONLY:
            value = None if needed else default
            parser.add_argument(f"--{key}", type=kind, required=needed, default=value)
        else:
            several = "+" if parameter.kind is parameter.VAR_POSITIONAL else None
            parser.add_argument(key, type=kind, nargs=several)
    return vars(parser.parse_args(argv))


def _stop(line: str, code: int) -> None:
    sys.stderr.write(f"error: {line}\n")
    sys.exit(code)
