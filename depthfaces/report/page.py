"""The page: everything that was found, in one file that needs nothing else."""

from pathlib import Path
from typing import Any

from markupsafe import Markup

from depthfaces.report import (
    charts,
    drawing,
    evidence,
    figures,
    gallery,
    generators,
    tables,
    template,
    viewer,
)
from depthfaces.report.limits import is_virtual, limits
from depthfaces.report.relief import uri
from depthfaces.report.results import Results

HERE = Path(__file__).parent
SCRIPTS = ("viewer.js", "tables.js")
FIGURES = (
    *("losses", "evolution", "overlap", "comparison", "arms", "violins", "few"),
    *("by_people", "by_method", "densities", "map", "families"),
)


def build(results: Results, columns: int) -> str:
    """Return the page as HTML; `columns` faces stand in a gallery row."""
    # Safe by construction: the scripts are files of this package.
    script = Markup("\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS))
    parts = (
        content(results, columns)
        | proof(results)
        | {
            "style": template.style(),
            "script": script,
        }
    )
    return template.environment(HERE).get_template("page.html").render(**parts)


def content(results: Results, columns: int) -> dict[str, Any]:
    """Return what the template shows; a part without results is None or empty."""
    real = {"real": results.faces}
    ours = {name: found for name, found in results.sets.items() if name == "synthetic"}
    drawn = {name: drawing.svg(figure, name) for name, figure in draw(results).items()}
    return {
        "alarms": tables.alarms(results.metrics),
        "verdict": tables.verdict(results.verdict),
        "facts": tables.facts(results),
        "virtual": is_virtual(results),
        "emotions": gallery.by_emotion(real | ours, columns),
        "methods": gallery.by_method(real | results.sets),
        "studies": results.studies,
        "sheet": uri(results.sheet, "png") if results.sheet else None,
        "preparation": tables.preparation(results),
        # Safe by construction: matplotlib escapes the texts that it draws.
        "figures": dict.fromkeys(FIGURES, "")
        | {name: Markup(text) for name, text in drawn.items()},
        "metrics": tables.metrics(results.metrics),
        "cells": tables.cells(results.verdict),
        "few": tables.few(results.few),
        "few_sheet": uri(results.few_sheet, "png") if results.few_sheet else None,
        "labels": tables.labels(results.verdict),
        "generators": generators.compared(results),
        "confusions": tables.confusions(results),
        "certainty": tables.certainty(results.scores),
        "limits": limits(results),
        "rule": results.verdict["rule"] if results.verdict else {},
        # Safe by construction: base64 and JSON in which every < > & is escaped.
        "viewer": Markup(viewer.faces(real | ours)),
        "viewed": list(real | ours),
    }


def proof(results: Results) -> dict[str, Any]:
    """Return what the template shows of the evidence itself."""
    return {
        "selftest": evidence.selftest(results.metrics),
        "spaces": evidence.spaces(results.metrics),
        "fidelity": evidence.emotions(results.metrics),
        "nearest": evidence.nearest(results),
        "published": evidence.published(results.metrics),
        "recognition": evidence.recognition(results.verdict),
        "audits": evidence.audits(),
        "provenance": evidence.provenance(results),
        "grid": uri(results.grid, "png") if results.grid else None,
    }


def draw(results: Results) -> dict[str, Any]:
    """Return the figures for which there are results, by name."""
    found: dict[str, Any] = {}
    if results.losses is not None:
        found["losses"] = figures.losses(results.losses)
    if results.curves is not None:
        found["evolution"] = figures.evolution(results.curves)
    if results.metrics and results.metrics["sets"]:
        found["overlap"] = figures.overlap(results.metrics["sets"])
        found["comparison"] = charts.comparison(results.metrics)
    if results.verdict:
        found |= experiment(results.verdict)
    if results.few:
        found |= few_people(results.few)
    found |= spaces(results)
    if results.metrics and "families" in results.metrics:
        found["families"] = charts.families(results.metrics["families"])
    return {name: figure for name, figure in found.items() if figure is not None}


def spaces(results: Results) -> dict[str, Any]:
    """Return the figures of where faces lie among each other."""
    found = {}
    if results.densities is not None:
        found["densities"] = charts.densities(results.densities)
    if results.map is not None:
        found["map"] = charts.flat_map(results.map)
    return found


def few_people(few: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of the experiment with few people; None where there is nothing to draw."""
    return {"few": figures.arms(few["levels"][0]["arms"]), "by_people": charts.by_people(few)}


def experiment(verdict: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of the experiment; None where there is nothing to draw."""
    return {
        "arms": figures.arms(verdict["arms"]),
        "violins": charts.violins(verdict["arms"]),
        "by_method": charts.by_method(verdict["scores"]["arms"]),
    }
