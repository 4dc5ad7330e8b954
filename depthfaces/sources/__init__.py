"""Where faces come from: SOURCES names them, `collect` writes the raw set of one."""

import importlib
from pathlib import Path

from depthfaces.schema import Params

# Modules by name: whoever reads a folder need not load the heads of the virtual camera.
SOURCES = {
    "virtual": "depthfaces.sources.virtual",
    "folder": "depthfaces.sources.folder",
    "kaggle": "depthfaces.sources.kaggle",
}


def collect(params: Params, out: Path) -> None:
    """Write the raw set of `data.source` to the folder `out`."""
    importlib.import_module(SOURCES[params.data.source]).collect(params, out)
