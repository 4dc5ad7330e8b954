"""The limitations of the results, derived from the data."""

from depthfaces.report.results import Results

# True of this version whatever the data is.
ALWAYS_TRUE = (
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


def limit_sentences(results: Results) -> list[str]:
    """Return the limitations as sentences, the most severe first."""
    sentences: list[str] = []
    table, verdict = results.faces.table, results.verdict
    if verdict is None:
        sentences.append("No classifier was compared in this run: there is no verdict.")
    else:
        sentences += [f"The verdict is held back: {reason}." for reason in verdict["reasons"]]
        sentences.append(
            f"A true difference below {100 * verdict['smallest']:.1f} points would have been "
            "missed more than once in five times."
        )
    if is_virtual(results):
        sentences.append(
            "Every real face here comes from the built-in virtual camera. The page compares "
            "generators; it says nothing about a sensor in a room."
        )
    if (table["subject"] == "").any():
        sentences.append(
            "Some faces have no known person. Their splits keep near copies together, "
            "but they are not subject-disjoint."
        )
    if "relative" in set(table["unit"]):
        sentences.append("Some images have no unit: their values are grey levels, not millimetres.")
    if results.metrics:
        undefined_metrics = results.metrics["undefined"].items()
        sentences += [
            f"Not defined here: {metric_name} ({reason})."
            for metric_name, reason in undefined_metrics
        ]
    return sentences + list(ALWAYS_TRUE)
