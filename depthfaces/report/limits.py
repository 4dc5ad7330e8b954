"""What the page cannot show, said from the data itself."""

from depthfaces.report.results import Results

# True of this version whatever the data is.
STANDING = (
    "Each generator was trained once, so the intervals hold for these trainings: how another one "
    "would have turned out they do not tell.",
    "The main table of distances uses the paper's hand-made features of shape. The tables of the "
    "other spaces stand below it; where they rank generators differently, believe neither. In "
    "normals and curvature (surface) generated faces lie farther off.",
    "The experiment with few people trains short, so that it fits into the run; `make few` trains "
    "longer, with more numbers of people and more sources.",
    "No face here was judged by people.",
)


def is_virtual(results: Results) -> bool:
    """Return whether all real faces come from the virtual camera."""
    return set(results.faces.table["source"]) == {"virtual"}


def limits(results: Results) -> list[str]:
    """Return sentences, the most limiting first."""
    found: list[str] = []
    table, verdict = results.faces.table, results.verdict
    if verdict is None:
        found.append("No classifier was compared in this run: there is no verdict.")
    else:
        found += [f"The verdict is held back: {reason}." for reason in verdict["reasons"]]
        found.append(
            f"A true difference below {100 * verdict['smallest']:.1f} points would have been "
            "missed more than once in five times."
        )
    if is_virtual(results):
        found.append(
            "Every real face here comes from the built-in virtual camera. The page compares "
            "generators; it says nothing about a sensor in a room."
        )
    if (table["subject"] == "").any():
        found.append(
            "Some faces have no known person. Their splits keep near copies together, "
            "but they are not subject-disjoint."
        )
    if "relative" in set(table["unit"]):
        found.append("Some images have no unit: their values are grey levels, not millimetres.")
    if results.metrics:
        undefined = results.metrics["undefined"].items()
        found += [f"Not defined here: {name} ({reason})." for name, reason in undefined]
    return found + list(STANDING)
