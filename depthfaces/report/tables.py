"""Results as rows of the page's tables; all numbers are formatted here."""

from typing import Any

from depthfaces.report import words
from depthfaces.report.results import Results

Rows = list[dict[str, Any]]
TINY = 5e-5  # a number below is a rounding error
TONES = {"USEFUL": "good", "HARMFUL": "bad", "EQUIVALENT": "even", "STOPPED BY AN ALARM": "bad"}


def number(value: float | None) -> str:
    """Format a number with three significant digits; a dash stands for no value."""
    if value is None:
        return "–"
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return text.replace("-", "−") if abs(value) >= TINY else "0"


def spread(value: float | None, sd: float | None) -> str:
    """Format a mean of draws with the standard deviation between them, to two digits."""
    if value is None or sd is None:
        return number(value)
    return f"{number(value)} ± {number(float(f'{sd:.2g}'))}"


def plain_text(value: str | float | bool) -> str:
    """Format a setting or a count."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


def points(value: float, signed: bool = True) -> str:
    """Format a share as percentage points with one decimal and a true minus sign."""
    return f"{100 * value:{'+' if signed else ''}.1f}".replace("-", "−")


def verdict_summary(verdict: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the verdict, its words, and the difference in points of macro-F1."""
    if verdict is None:
        return None
    primary = verdict["primary"]
    return {
        "name": verdict["verdict"],
        "tone": TONES.get(verdict["verdict"], "open"),
        "words": verdict["words"],
        "reasons": verdict["reasons"],
        "model": words.model(primary["model"]),
        **compared(verdict | primary),
        "p": f"{verdict['p']:.3f}",
        "smallest": points(verdict["smallest"], signed=False),
        "people": verdict["people"],
        "seeds": verdict["seeds"],
        "trainings": verdict["trainings"],
        "against": [compared(contrast) for contrast in verdict["against"]],
    }


def alarm_sentences(metrics: dict[str, Any] | None) -> list[str]:
    """Return one sentence per alarm that the synthetic set raised."""
    alarm_report = (metrics or {}).get("alarms", {"alarms": []})
    return [alarm["words"] for alarm in alarm_report["alarms"]]


def compared(contrast: dict[str, Any]) -> dict[str, str]:
    """Return two arms, their difference and its interval in points."""
    return {
        "arm": words.arm(contrast["arm"]),
        "control": words.arm(contrast["control"]),
        "difference": points(contrast["difference"]),
        "interval": f"{points(contrast['low'])} to {points(contrast['high'])}",
    }


def headline_facts(results: Results) -> list[tuple[str, str]]:
    """Return the numbers of the page's headline as (value, what it counts)."""
    table = results.faces.table
    known_people = {subject for subject in table["subject"] if subject}
    headline = [(f"{len(table):,}", "real faces"), (str(len(known_people)), "known people")]
    headline.append((str(len(results.faces.classes)), "emotions"))
    if "synthetic" in results.sets:
        headline.append((f"{len(results.sets['synthetic']):,}", "synthetic faces"))
    held_out_people = {
        subject
        for subject, split in zip(table["subject"], table["split"], strict=True)
        if split == "test"
    }
    return [*headline, (str(len(held_out_people - {""})), "people held out")]


def preparation_summary(results: Results) -> dict[str, Any] | None:
    """Return the numbers of the preparation, one level deep, and the reasons of refusals."""
    if results.preparation is None:
        return None
    plain_numbers = []
    for group, content in results.preparation.items():
        entries = content if isinstance(content, dict) else {"": content}
        for name, entry in entries.items():
            if isinstance(entry, (str, int, float)):
                plain_numbers.append(
                    (f"{group} {name}".replace("_", " ").strip(), plain_text(entry))
                )
    reason_counts: list[tuple[str, int]] = []
    if results.quarantine is not None and "reason" in results.quarantine:
        reason_counts = list(results.quarantine["reason"].value_counts().items())
    return {"plain": plain_numbers, "reasons": reason_counts}


def metrics_table(metrics: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return one row per metric: its meaning, floor and each generator's value, with spreads."""
    if not metrics or not metrics["sets"]:
        return None
    sets = metrics["sets"]
    first_set = next(iter(sets.values()))
    set_names = words.ordered_generators(sets)
    metric_rows = [
        {
            "title": words.METRICS[metric][0],
            "says": words.METRICS[metric][1],
            "better": words.METRICS[metric][2],
            "floor": spread(first_set[metric]["floor"], first_set[metric]["floor_sd"]),
            "scores": [
                spread(sets[set_name][metric]["value"], sets[set_name][metric]["sd"])
                for set_name in set_names
            ],
        }
        for metric in words.METRICS
        if metric in first_set
    ]
    return {
        "names": [words.method_title(set_name) for set_name in set_names],
        "rows": metric_rows,
        **metrics["embedding"],
    }


def few_people_summary(few_results: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the summary of the experiment with few people: its primary contrast and all others."""
    if few_results is None:
        return None
    first_level = few_results["levels"][0]
    return {
        "name": few_results["verdict"],
        "tone": TONES.get(few_results["verdict"], "open"),
        "model": words.model(few_results["primary"]["model"]),
        **compared(few_results | few_results["primary"]),
        "p": f"{few_results['p']:.3f}",
        "smallest": points(few_results["smallest"], signed=False),
        "reasons": few_results["reasons"],
        "learned": few_results["people_learned"],
        "draws": first_level["draws"],
        "asked": first_level["asked"],
        "in_turn": first_level["in_turn"],
        "steps": f"{few_results['experiment']['gan_steps']:,}",
        "cells": contrast_rows(few_results),
    }


def contrast_rows(results: dict[str, Any] | None) -> Rows:
    """Return one row per secondary contrast: people, arms, difference, verdict."""
    return [
        {
            "people": contrast.get("people", "all"),
            "model": words.model(contrast["model"]),
            **compared(contrast),
            "p": f"{contrast['p']:.3f}",
            "smallest": points(contrast["smallest"], signed=False),
            "verdict": contrast["verdict"],
            "tone": TONES.get(contrast["verdict"], "open"),
        }
        for contrast in (results["cells"] if results else [])
    ]


def label_rows(verdict: dict[str, Any] | None) -> Rows:
    """Return one row per classifier: transfer scores between real and synthetic faces."""
    score_names = ("trtr", "trts", "tstr", "retention")
    return [
        {
            "model": words.model(model_name),
            **{key: number(transfer.get(key)) for key in score_names},
        }
        for model_name, transfer in (verdict["labels"] if verdict else {}).items()
    ]


def certainty_table(scores: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the accuracy of the stored classifiers by confidence, on held-out people."""
    stored_reports = (scores or {}).get("kept")
    if not stored_reports:
        return None
    reports = {words.model(name): report for name, report in stored_reports.items()}
    bin_starts = sorted({row["from"] for report in reports.values() for row in report["bins"]})
    cell_of_bin = {
        name: {row["from"]: f"{_percent(row['right'])} of {row['faces']:,}" for row in bin_rows}
        for name, bin_rows in ((name, report["bins"]) for name, report in reports.items())
    }
    return {
        "names": list(reports),
        "rows": [
            {
                "said": f"{100 * start:.0f} to {100 * start + 10:.0f} %",
                "cells": [cell_of_bin[name].get(start, "–") for name in reports],
            }
            for start in bin_starts
        ],
        "sentences": [_certainty_sentence(name, report) for name, report in reports.items()],
    }


def _certainty_sentence(name: str, report: dict[str, Any]) -> str:
    """Return a sentence on the calibration of a classifier."""
    fullest = max(report["bins"], key=lambda row: row["faces"])
    people_phrase = f" of {report['people']} held-out people" if report["people"] else ""
    sentence = (
        f"{name}: of the {fullest['faces']:,} faces that it was {_percent(fullest['said'])} sure "
        f"of (the fullest row), {_percent(fullest['right'])} were right; over all "
        f"{report['faces']:,} faces{people_phrase} what it says lies "
        f"{points(report['ece'], signed=False)} points off (expected calibration error); were it "
        f"exact, chance would still make it about {points(report['by_chance'], signed=False)}."
    )
    if report["calibrated"]:
        return sentence
    return f"{sentence} Too few people to calibrate it: these are its own probabilities."


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def confusion_tables(results: Results) -> Rows:
    """Return confusion matrices on held-out people, of real faces alone and of the primary arm."""
    if results.verdict is None or results.scores is None:
        return []
    class_names, matrices = results.faces.classes, []
    primary_arm = results.verdict["primary"]["arm"]
    for model_name in results.verdict["arms"]["real"]:
        for arm_name in ("real", primary_arm):
            confusion = results.scores[arm_name][model_name]["test"]["confusion"]
            row_shares = [[count / max(1, sum(counts)) for count in counts] for counts in confusion]
            matrix_rows = list(zip(class_names, row_shares, strict=True))
            title = f"{words.model(model_name)}: {words.arm(arm_name)}"
            matrices.append({"title": title, "classes": class_names, "rows": matrix_rows})
    return matrices
