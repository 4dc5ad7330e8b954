"""The page: all results in one self-contained HTML file."""

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
from depthfaces.report.limits import is_virtual, limit_sentences
from depthfaces.report.relief import uri
from depthfaces.report.results import Results

HERE = Path(__file__).parent
SCRIPTS = ("viewer.js", "tables.js")
FIGURES = (
    *("losses", "evolution", "overlap", "comparison", "arms", "violins", "few"),
    *("by_people", "by_method", "densities", "map", "families"),
)


def build(results: Results, columns: int) -> str:
    """Return the page as HTML, with `columns` faces per gallery row."""
    # Safe by construction: the scripts are files of this package.
    scripts = Markup("\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS))
    context = (
        page_content(results, columns)
        | evidence_content(results)
        | {
            "style": template.style(),
            "script": scripts,
        }
    )
    return template.environment(HERE).get_template("page.html").render(**context)


def page_content(results: Results, columns: int) -> dict[str, Any]:
    """Return the context of the template; sections without results are None or empty."""
    real_set = {"real": results.faces}
    synthetic_set = {
        set_name: face_set for set_name, face_set in results.sets.items() if set_name == "synthetic"
    }
    svg_figures = {name: drawing.svg(figure, name) for name, figure in draw(results).items()}
    return {
        "alarms": tables.alarm_sentences(results.metrics),
        "verdict": tables.verdict_summary(results.verdict),
        "facts": tables.headline_facts(results),
        "virtual": is_virtual(results),
        "emotions": gallery.by_emotion(real_set | synthetic_set, columns),
        "methods": gallery.by_method(real_set | results.sets),
        "studies": results.studies,
        "sheet": uri(results.contact_sheet, "png") if results.contact_sheet else None,
        "preparation": tables.preparation_summary(results),
        # Safe by construction: matplotlib escapes the texts that it draws.
        "figures": dict.fromkeys(FIGURES, "")
        | {name: Markup(svg_text) for name, svg_text in svg_figures.items()},
        "metrics": tables.metrics_table(results.metrics),
        "cells": tables.contrast_rows(results.verdict),
        "few": tables.few_people_summary(results.few_people),
        "few_sheet": uri(results.few_sheet, "png") if results.few_sheet else None,
        "labels": tables.label_rows(results.verdict),
        "generators": generators.generator_table(results),
        "confusions": tables.confusion_tables(results),
        "certainty": tables.certainty_table(results.scores),
        "limits": limit_sentences(results),
        "rule": results.verdict["rule"] if results.verdict else {},
        # Safe by construction: base64 and JSON in which every < > & is escaped.
        "viewer": Markup(viewer.viewer_json(real_set | synthetic_set)),
        "viewed": list(real_set | synthetic_set),
    }


def evidence_content(results: Results) -> dict[str, Any]:
    """Return the template's context on the evidence."""
    return {
        "selftest": evidence.selftest_table(results.metrics),
        "spaces": evidence.space_tables(results.metrics),
        "fidelity": evidence.emotion_table(results.metrics),
        "nearest": evidence.nearest_pairs(results),
        "published": evidence.published_scores(results.metrics),
        "recognition": evidence.recognition_rows(results.verdict),
        "audits": evidence.audit_findings(),
        "provenance": evidence.provenance_rows(results),
        "grid": uri(results.sample_grid, "png") if results.sample_grid else None,
    }


def draw(results: Results) -> dict[str, Any]:
    """Return the figures for which there are results, by name."""
    drawn: dict[str, Any] = {}
    if results.train_losses is not None:
        drawn["losses"] = figures.training_losses(results.train_losses)
    if results.search_curves is not None:
        drawn["evolution"] = figures.search_progress(results.search_curves)
    if results.metrics and results.metrics["sets"]:
        drawn["overlap"] = figures.overlap_bars(results.metrics["sets"])
        drawn["comparison"] = charts.metric_bars(results.metrics)
    if results.verdict:
        drawn |= experiment_figures(results.verdict)
    if results.few_people:
        drawn |= few_people_figures(results.few_people)
    drawn |= space_figures(results)
    if results.metrics and "families" in results.metrics:
        drawn["families"] = charts.family_agreement(results.metrics["families"])
    return {name: figure for name, figure in drawn.items() if figure is not None}


def space_figures(results: Results) -> dict[str, Any]:
    """Return the figures of the feature spaces."""
    drawn = {}
    if results.densities is not None:
        drawn["densities"] = charts.emotion_densities(results.densities)
    if results.face_map is not None:
        drawn["map"] = charts.flat_map(results.face_map)
    return drawn


def few_people_figures(few_results: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of the experiment with few people, None where there is no data."""
    return {
        "few": figures.arms(few_results["levels"][0]["arms"]),
        "by_people": charts.by_people(few_results),
    }


def experiment_figures(verdict: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of the experiment, None where there is no data."""
    return {
        "arms": figures.arms(verdict["arms"]),
        "violins": charts.seed_violins(verdict["arms"]),
        "by_method": charts.by_method(verdict["scores"]["arms"]),
    }
