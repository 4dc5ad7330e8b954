"""Check of values against the bounds of the measure."""

from typing import Any

from depthfaces.audit.numbers import parse_number
from depthfaces.errors import DataError

# Measure: (lower bound, upper bound or None).
MEASURE_BOUNDS: dict[str, tuple[float, float | None]] = {
    "IS": (1, None),
    "FID": (0, None),
    "SSIM": (-1, 1),
    "PSNR": (0, None),
    "AUC": (0, 1),
    "percent": (0, 100),
    "share": (0, 1),
    "loss": (0, None),
}


def check_bounds(entry: dict[str, Any]) -> list[str]:
    """Check {measure: name, values: {name: number}, most: bound or absent}."""
    measure = entry["measure"]
    if measure not in MEASURE_BOUNDS:
        raise DataError(f"measure: expected one of {', '.join(MEASURE_BOUNDS)}, found {measure!r}")
    lower_bound, upper_bound = MEASURE_BOUNDS[measure]
    upper_bound = float(entry["most"]) if "most" in entry else upper_bound
    findings = []
    for name, text in entry["values"].items():
        value = parse_number(text)
        if value.high < lower_bound:
            findings.append(f"{measure} of {name} is {text}, below its bound of {lower_bound}")
        elif upper_bound is not None and value.low > upper_bound:
            findings.append(f"{measure} of {name} is {text}, above its bound of {upper_bound:g}")
    return findings
