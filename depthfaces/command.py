"""Run a stage or a command: paths from the command line, faults as one line and an exit code."""

import argparse
import errno
import inspect
import sys
from collections.abc import Callable
from pathlib import Path

from depthfaces.errors import DepthfacesError, MachineError

# errno values that more care by the user mends: disk full, quota, no permission, read-only.
_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS}


def run(main: Callable[..., None], argv: list[str] | None = None, name: str | None = None) -> None:
    """Call `main` with one argument a parameter: a path, a text if `str`, a --flag if `bool`.

    Exit codes: 2 parameters · 3 data · 4 integrity · 5 machine · 130 interrupted.
    """
    try:
        main(**_arguments(main, argv, name))
    except DepthfacesError as fault:
        _stop(str(fault), fault.code)
    except MemoryError:
        _stop("out of memory: lower the batch size of this stage in params.yaml", MachineError.code)
    except OSError as fault:
        if fault.errno not in _DISK:
            raise
        _stop(f"{fault.strerror}: {fault.filename}", MachineError.code)
    except KeyboardInterrupt:
        _stop("interrupted", 130)


def _arguments(
    main: Callable[..., None], argv: list[str] | None, name: str | None
) -> dict[str, str | bool | Path]:
    parser = argparse.ArgumentParser(name, description=inspect.getdoc(main))
    for key, parameter in inspect.signature(main).parameters.items():
        if parameter.annotation is bool:
            parser.add_argument(f"--{key}", action="store_true")
        else:
            parser.add_argument(key, type=str if parameter.annotation is str else Path)
    return vars(parser.parse_args(argv))


def _stop(line: str, code: int) -> None:
    sys.stderr.write(f"error: {line}\n")
    sys.exit(code)
