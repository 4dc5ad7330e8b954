"""Results as the rows that the page shows; numbers are made text here and nowhere else."""

from typing import Any

from depthfaces.report import words
from depthfaces.report.results import Results

Rows = list[dict[str, Any]]
TINY = 5e-5  # below it a number is rounding
TONES = {"USEFUL": "good", "HARMFUL": "bad", "EQUIVALENT": "even"}


def number(value: float | None) -> str:
    """Return three significant digits, or a dash where there is no value."""
    if value is None:
        return "–"
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return text.replace("-", "−") if abs(value) >= TINY else "0"


def plain_text(value: str | float | bool) -> str:
    """Return a setting or a count as text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


def points(value: float, signed: bool = True) -> str:
    """Return a share as points of a hundred with one decimal, with a true minus sign."""
    return f"{100 * value:{'+' if signed else ''}.1f}".replace("-", "−")


def verdict(utility: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the verdict in words, with the difference in points of macro-F1."""
    if utility is None:
        return None
    return {
        "name": utility["verdict"],
        "tone": TONES.get(utility["verdict"], "open"),
        "words": utility["words"],
        "reasons": utility["reasons"],
        "difference": points(utility["difference"]),
        "low": points(utility["low"]),
        "high": points(utility["high"]),
        "people": utility["people"],
        "seeds": utility["seeds"],
        "clean": utility["clean"],
    }


def alarms(metrics: dict[str, Any] | None) -> list[str]:
    """Return a sentence for each alarm that the synthetic set has set off."""
    found = (metrics or {}).get("alarms", {"alarms": []})
    return [alarm["words"] for alarm in found["alarms"]]


def facts(results: Results) -> list[tuple[str, str]]:
    """Return the numbers of the page's first lines: (value, what it counts)."""
    table = results.faces.table
    people = {subject for subject in table["subject"] if subject}
    found = [(f"{len(table):,}", "real faces"), (str(len(people)), "known people")]
    found.append((str(len(results.faces.classes)), "emotions"))
    if "synthetic" in results.sets:
        found.append((f"{len(results.sets['synthetic']):,}", "synthetic faces"))
    held_out = {
        s for s, split in zip(table["subject"], table["split"], strict=True) if split == "test"
    }
    return [*found, (str(len(held_out - {""})), "people held out")]


def preparation(results: Results) -> dict[str, Any] | None:
    """Return the numbers of the preparation, down to one level inside, and why frames fell out."""
    if results.preparation is None:
        return None
    plain = []
    for key, value in results.preparation.items():
        parts = value if isinstance(value, dict) else {"": value}
        for name, part in parts.items():
            if isinstance(part, (str, int, float)):
                plain.append((f"{key} {name}".replace("_", " ").strip(), plain_text(part)))
    reasons: list[tuple[str, int]] = []
    if results.quarantine is not None and "reason" in results.quarantine:
        reasons = list(results.quarantine["reason"].value_counts().items())
    return {"plain": plain, "reasons": reasons}


def metrics(found: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a row a metric: what it says, its floor, its value for each generator."""
    if not found or not found["sets"]:
        return None
    sets = found["sets"]
    first = next(iter(sets.values()))
    names = words.generators(sets)
    rows = [
        {
            "title": words.METRICS[key][0],
            "says": words.METRICS[key][1],
            "better": words.METRICS[key][2],
            "floor": number(first[key]["floor"]),
            "scores": [number(sets[name][key]["value"]) for name in names],
        }
        for key in words.METRICS
        if key in first
    ]
    return {"names": [words.method(name) for name in names], "rows": rows, **found["embedding"]}


def contrasts(utility: dict[str, Any] | None) -> Rows:
    """Return a row a classifier: which arms were compared, by how much they differ."""
    if utility is None:
        return []
    return [
        {
            "model": words.model(name),
            "mixed": words.arm(found["mixed"]),
            "control": words.arm(found["control"]),
            "difference": points(found["difference"]),
            "interval": f"{points(found['low'])} to {points(found['high'])}",
            "p": f"{found['p']:.3f}",
            "mcnemar": f"{found['mcnemar']['only_mixed']} : {found['mcnemar']['only_control']}",
            "mcnemar_p": f"{found['mcnemar']['p']:.3f}",
            "verdict": found["verdict"],
            "tone": TONES.get(found["verdict"], "open"),
        }
        for name, found in utility["classifiers"].items()
    ]


def fractions(utility: dict[str, Any] | None) -> Rows:
    """Return a row a share of the real people, where there are several: what synthetic adds."""
    found = utility["fractions"] if utility else []
    return [
        {
            "share": f"{100 * part['fraction']:g} %",
            "difference": points(part["difference"]),
            "interval": f"{points(part['low'])} to {points(part['high'])}",
            "p": f"{part['p']:.3f}",
            "verdict": part["verdict"],
            "tone": TONES.get(part["verdict"], "open"),
        }
        for part in (found if len(found) > 1 else [])
    ]


def labels(utility: dict[str, Any] | None) -> Rows:
    """Return a row a classifier: how well labels carry over between real and synthetic faces."""
    if utility is None:
        return []
    keys = ("trtr", "trts", "tstr", "retention")
    return [
        {"model": words.model(name), **{key: number(found[key]) for key in keys}}
        for name, found in utility["labels"].items()
    ]


def confusions(results: Results) -> Rows:
    """Return confusion matrices on held-out people, real alone beside the chosen mix."""
    if results.utility is None or results.scores is None:
        return []
    classes, found = results.faces.classes, []
    for model, contrast in results.utility["classifiers"].items():
        for arm in ("real", contrast["mixed"]):
            matrix = results.scores[arm][model]["test"]["confusion"]
            shares = [[cell / max(1, sum(row)) for cell in row] for row in matrix]
            rows = list(zip(classes, shares, strict=True))
            title = f"{words.model(model)}: {words.arm(arm)}"
            found.append({"title": title, "classes": classes, "rows": rows})
    return found
