"""Values against the bounds of what they measure."""

from typing import Any

from depthfaces.audit.numbers import printed
from depthfaces.errors import DataError

# Measure: (least, largest or None).
BOUNDS: dict[str, tuple[float, float | None]] = {
    "IS": (1, None),
    "FID": (0, None),
    "SSIM": (-1, 1),
    "PSNR": (0, None),
    "AUC": (0, 1),
    "percent": (0, 100),
    "share": (0, 1),
    "loss": (0, None),
}


def bounds(entry: dict[str, Any]) -> list[str]:
    """Check {measure: name, values: {name: number}, most: bound or absent}."""
    measure = entry["measure"]
    if measure not in BOUNDS:
        raise DataError(f"measure: expected one of {', '.join(BOUNDS)}, found {measure!r}")
    least, most = BOUNDS[measure]
    most = float(entry["most"]) if "most" in entry else most
    found = []
    for name, text in entry["values"].items():
        value = printed(text)
        if value.high < least:
            found.append(f"{measure} of {name} is {text}, below its bound of {least}")
        elif most is not None and value.low > most:
            found.append(f"{measure} of {name} is {text}, above its bound of {most:g}")
    return found
