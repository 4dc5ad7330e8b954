"""Results as the rows that the page shows; numbers are made text here and nowhere else."""

from typing import Any

from depthfaces.report import words
from depthfaces.report.results import Results

Rows = list[dict[str, Any]]
TINY = 5e-5  # below it a number is rounding
TONES = {"USEFUL": "good", "HARMFUL": "bad", "EQUIVALENT": "even", "STOPPED BY AN ALARM": "bad"}


def number(value: float | None) -> str:
    """Return three significant digits, or a dash where there is no value."""
    if value is None:
        return "–"
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return text.replace("-", "−") if abs(value) >= TINY else "0"


def spread(value: float | None, sd: float | None) -> str:
    """Return a mean of draws with the standard deviation between them, two digits of it."""
    if value is None or sd is None:
        return number(value)
    return f"{number(value)} ± {number(float(f'{sd:.2g}'))}"


def plain_text(value: str | float | bool) -> str:
    """Return a setting or a count as text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


def points(value: float, signed: bool = True) -> str:
    """Return a share as points of a hundred with one decimal, with a true minus sign."""
    return f"{100 * value:{'+' if signed else ''}.1f}".replace("-", "−")


def verdict(found: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the verdict in words, with the difference in points of macro-F1."""
    if found is None:
        return None
    primary = found["primary"]
    return {
        "name": found["verdict"],
        "tone": TONES.get(found["verdict"], "open"),
        "words": found["words"],
        "reasons": found["reasons"],
        "model": words.model(primary["model"]),
        **compared(found | primary),
        "p": f"{found['p']:.3f}",
        "smallest": points(found["smallest"], signed=False),
        "people": found["people"],
        "seeds": found["seeds"],
        "trainings": found["trainings"],
        "against": [compared(one) for one in found["against"]],
    }


def alarms(metrics: dict[str, Any] | None) -> list[str]:
    """Return a sentence for each alarm that the synthetic set has set off."""
    found = (metrics or {}).get("alarms", {"alarms": []})
    return [alarm["words"] for alarm in found["alarms"]]


def compared(contrast: dict[str, Any]) -> dict[str, str]:
    """Return two arms, their difference and its interval in points."""
    return {
        "arm": words.arm(contrast["arm"]),
        "control": words.arm(contrast["control"]),
        "difference": points(contrast["difference"]),
        "interval": f"{points(contrast['low'])} to {points(contrast['high'])}",
    }


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
    """Return a row a metric: what it says, its floor and each generator's value, with spreads."""
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
            "floor": spread(first[key]["floor"], first[key]["floor_sd"]),
            "scores": [spread(sets[name][key]["value"], sets[name][key]["sd"]) for name in names],
        }
        for key in words.METRICS
        if key in first
    ]
    return {"names": [words.method(name) for name in names], "rows": rows, **found["embedding"]}


def few(found: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return what the experiment with few people says: its contrast in words, and all others."""
    if found is None:
        return None
    first = found["levels"][0]
    return {
        "name": found["verdict"],
        "tone": TONES.get(found["verdict"], "open"),
        "model": words.model(found["primary"]["model"]),
        **compared(found | found["primary"]),
        "p": f"{found['p']:.3f}",
        "smallest": points(found["smallest"], signed=False),
        "reasons": found["reasons"],
        "learned": found["people_learned"],
        "draws": first["draws"],
        "asked": first["asked"],
        "in_turn": first["in_turn"],
        "steps": f"{found['experiment']['gan_steps']:,}",
        "cells": cells(found),
    }


def cells(found: dict[str, Any] | None) -> Rows:
    """Return a row a secondary contrast: by how many people, which arms, how far apart."""
    return [
        {
            "people": one.get("people", "all"),
            "model": words.model(one["model"]),
            **compared(one),
            "p": f"{one['p']:.3f}",
            "smallest": points(one["smallest"], signed=False),
            "verdict": one["verdict"],
            "tone": TONES.get(one["verdict"], "open"),
        }
        for one in (found["cells"] if found else [])
    ]


def labels(found: dict[str, Any] | None) -> Rows:
    """Return a row a classifier: how well labels carry over between real and synthetic faces."""
    keys = ("trtr", "trts", "tstr", "retention")
    return [
        {"model": words.model(name), **{key: number(one.get(key)) for key in keys}}
        for name, one in (found["labels"] if found else {}).items()
    ]


def certainty(scores: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return how often the kept classifiers are right, by how sure they are, on held-out people."""
    kept = (scores or {}).get("kept")
    if not kept:
        return None
    found = {words.model(name): one for name, one in kept.items()}
    starts = sorted({part["from"] for one in found.values() for part in one["bins"]})
    cells = {
        name: {part["from"]: f"{_percent(part['right'])} of {part['faces']:,}" for part in bins}
        for name, bins in ((name, one["bins"]) for name, one in found.items())
    }
    return {
        "names": list(found),
        "rows": [
            {
                "said": f"{100 * start:.0f} to {100 * start + 10:.0f} %",
                "cells": [cells[name].get(start, "–") for name in found],
            }
            for start in starts
        ],
        "sentences": [_sureness(name, one) for name, one in found.items()],
    }


def _sureness(name: str, found: dict[str, Any]) -> str:
    """Return in words how far a classifier's probabilities hold."""
    most = max(found["bins"], key=lambda part: part["faces"])
    whose = f" of {found['people']} held-out people" if found["people"] else ""
    sentence = (
        f"{name}: of the {most['faces']:,} faces that it was {_percent(most['said'])} sure of "
        f"(the fullest row), {_percent(most['right'])} were right; over all {found['faces']:,} "
        f"faces{whose} what it says lies {points(found['ece'], signed=False)} points off "
        f"(expected calibration error); were it exact, chance would still make it about "
        f"{points(found['by_chance'], signed=False)}."
    )
    if found["calibrated"]:
        return sentence
    return f"{sentence} Too few people to calibrate it: these are its own probabilities."


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def confusions(results: Results) -> Rows:
    """Return confusion matrices on held-out people, real alone beside the arm in question."""
    if results.verdict is None or results.scores is None:
        return []
    classes, found = results.faces.classes, []
    asked = results.verdict["primary"]["arm"]
    for model in results.verdict["arms"]["real"]:
        for arm in ("real", asked):
            matrix = results.scores[arm][model]["test"]["confusion"]
            shares = [[cell / max(1, sum(row)) for cell in row] for row in matrix]
            rows = list(zip(classes, shares, strict=True))
            title = f"{words.model(model)}: {words.arm(arm)}"
            found.append({"title": title, "classes": classes, "rows": rows})
    return found
