"""The evidence on the page: self-test, feature spaces, copies, published numbers, audit."""

from pathlib import Path
from typing import Any

import numpy as np

from depthfaces.audit.audit import audit, documents, read
from depthfaces.report import words
from depthfaces.report.relief import data_uri, strip
from depthfaces.report.results import Results
from depthfaces.report.tables import number

Rows = list[dict[str, Any]]
ARROWS = {"up": "↑", "down": "↓"}
PAPER = "depth-faces"  # the document whose protocol the published columns follow
MEASURES = {"is": "inception score", "fid": "Fréchet distance", "ssim": "SSIM", "psnr": "PSNR"}


def selftest_table(metrics: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the self-test: one row per metric, one column per fault, honest faces first."""
    selftest = (metrics or {}).get("selftest")
    if not selftest:
        return None
    faults = [fault for fault in selftest["values"] if fault != "honest"]
    faults = sorted(faults, key=lambda fault: _fault_order(selftest["moves"], fault))
    move_of = {(row["metric"], row["fault"]): row for row in selftest["moves"]}
    rows = [
        {
            "title": words.METRICS[metric][0],
            "honest": number(selftest["values"]["honest"][metric]),
            "cells": [
                {
                    "value": number(selftest["values"][fault][metric]),
                    "mark": _cell_mark(move_of.get((metric, fault))),
                }
                for fault in faults
            ],
        }
        for metric in words.METRICS
        if any((metric, fault) in move_of for fault in faults)
    ]
    return {"faults": faults, "rows": rows} | {
        field: selftest[field] for field in ("faces", "passed", "asked")
    }


def _fault_order(moves: Rows, fault: str) -> int:
    order = list(dict.fromkeys(row["fault"] for row in moves))
    return order.index(fault) if fault in order else len(order)


def _cell_mark(move: dict[str, Any] | None) -> str:
    """Return the class and arrow of a cell: right or wrong, "" where no move was expected."""
    if move is None or move["moved"] is None:
        return ""
    return f"{'right' if move['moved'] else 'wrong'} {ARROWS[move['expected']]}"


def space_tables(metrics: dict[str, Any] | None) -> Rows:
    """Return one table per further space: metrics, floors, and the values of each generator."""
    tables = []
    for name, space in ((metrics or {}).get("spaces") or {}).items():
        set_names = words.ordered_generators(space["sets"])
        first_set = space["sets"][set_names[0]]
        metric_rows = [
            {
                "title": words.METRICS[metric][0],
                "floor": number(first_set[metric]["floor"]),
                "scores": [
                    number(space["sets"][set_name][metric]["value"]) for set_name in set_names
                ],
            }
            for metric in words.METRICS
            if metric in first_set
        ]
        space_facts = {field: space[field] for field in ("dimensions", "of", "faces", "input")}
        space_facts["rebuilt"] = (
            reconstruction_sentence((metrics or {}).get("rebuilt")) if name == "autoencoder" else ""
        )
        tables.append(
            {
                "space": name,
                "names": list(map(words.method_title, set_names)),
                "rows": metric_rows,
            }
            | space_facts
        )
    return tables


def reconstruction_sentence(reconstruction: dict[str, Any] | None) -> str:
    """Return a sentence on how well the autoencoder reconstructs held-out faces."""
    if not reconstruction:
        return ""
    return (
        f"It makes held-out faces again with an SSIM of {number(reconstruction['ssim'])} and a "
        f"PSNR of {number(reconstruction['psnr'])} dB (range 255, {reconstruction['side']} px)."
    )


def emotion_table(metrics: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the fidelity of the synthetic faces by emotion, as (value, floor)."""
    emotion_scores = (metrics or {}).get("emotions")
    if not emotion_scores:
        return None
    metric_names = list(next(iter(emotion_scores.values())))
    emotion_rows = [
        {
            "label": label,
            "cells": [
                (number(scores[metric]["value"]), number(scores[metric]["floor"]))
                for metric in metric_names
            ],
        }
        for label, scores in emotion_scores.items()
    ]
    return {
        "titles": [words.METRICS[metric][0] for metric in metric_names],
        "rows": emotion_rows,
    }


def nearest_pairs(results: Results) -> Rows:
    """Return the synthetic faces nearest to a train face, each beside that face."""
    pairs = (results.metrics or {}).get("nearest") or []
    if "synthetic" not in results.sets:
        return []
    synthetic, real = results.sets["synthetic"], results.faces
    row_of_id = [
        {str(face_id): row for row, face_id in enumerate(faces.table["id"])}
        for faces in (synthetic, real)
    ]
    pair_rows = []
    for pair in pairs:
        if pair["id"] in row_of_id[0] and pair["train"] in row_of_id[1]:
            face_pair = np.stack(
                [
                    synthetic.images[row_of_id[0][pair["id"]]],
                    real.images[row_of_id[1][pair["train"]]],
                ]
            )
            ratio = pair["distance"] / max(pair["usual"], 1e-12)
            caption = f"{pair['id']} and {pair['train']}: {ratio:.2f} × the usual distance"
            pair_rows.append({"picture": data_uri(strip(face_pair)), "text": caption})
    return pair_rows


def published_scores(metrics: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the paper's image scores beside ours, by its formulas and by the true ones."""
    ours = (metrics or {}).get("published")
    if not ours or not ours["sets"]:
        return None
    paper_scores = paper_values()
    set_names = words.ordered_generators(ours["sets"])
    score_rows = [
        {
            "title": title,
            "method": words.method_title(set_name),
            "paper": paper_scores.get(title, {}).get(set_name, "–"),
            "ours": number(ours["sets"][set_name][measure_key]["published"]),
            "true": number(ours["sets"][set_name][measure_key]["true"]),
        }
        for measure_key, title in MEASURES.items()
        for set_name in set_names
        if measure_key in ours["sets"][set_name]
    ]
    return {"rows": score_rows, "space": ours["space"]}


def paper_values() -> dict[str, dict[str, str]]:
    """Return the paper's printed numbers, {measure: {our name of the method: text}}."""
    our_names = {"proposed": "synthetic", "GAN": "gan", "VAE": "vae", "GMM": "gmm", "KDE": "kde"}
    printed_tables = {
        entry["name"]: entry.get("values", {}) for entry in read(documents()[PAPER])["tables"]
    }
    return {
        measure: {our_names[key]: text for key, text in values.items() if key in our_names}
        for measure, values in printed_tables.items()
    }


def recognition_rows(verdict: dict[str, Any] | None) -> Rows:
    """Return accuracies by the published protocol, the paper's and ours, and on held-out people."""
    accuracy_rows = []
    paper_tables = {entry["name"]: entry["values"] for entry in read(documents()[PAPER])["tables"]}
    paper_names = {"synthetic": "proposed"} | {
        name: name.upper() for name in ("gan", "vae", "gmm", "kde")
    }
    for name, models in ((verdict or {}).get("published") or {}).items():
        for model, entry in models.items():
            paper_key = (
                f"{paper_names.get(name, name)} {'XGBoost' if model == 'xgboost' else model}"
            )
            accuracy_rows.append(
                {
                    "method": words.method_title(name),
                    "model": words.model(model),
                    "paper": [
                        paper_tables[f"accuracy on {pool_kind} faces"].get(paper_key, "–")
                        for pool_kind in ("synthetic", "mixed")
                    ],
                    "ours": [_percent(entry.get(pool_kind)) for pool_kind in ("alone", "added")],
                    "true": _percent(entry["true"]),
                }
            )
    return accuracy_rows


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}"


def audit_findings() -> Rows:
    """Return the findings of the arithmetic audit, one row per document."""
    return [
        {"title": read(path)["title"], "findings": audit(path)}
        for name, path in documents().items()
        if name != "control"
    ]


def provenance_rows(results: Results) -> list[tuple[str, str]]:
    """Return the origin of the synthetic faces, as (name, value)."""
    if "synthetic" not in results.sets:
        return []
    table = results.sets["synthetic"].table
    fact_rows = [("faces", f"{len(table):,}")]
    evolved_faces = table[table["method"] == "evolved"] if "method" in table else table
    if "method" in table:
        fact_rows += [
            (f"made as: {method}", f"{face_count:,}")
            for method, face_count in table["method"].value_counts().items()
        ]
    if "generator" in table:
        checksums = sorted(set(table["generator"]) - {""})
        fact_rows += [
            ("generator, sha256", f"{Path(checksum).name[:16]}…") for checksum in checksums
        ]
    if "latent" in table:
        latent_pairs = evolved_faces[["label", "latent"]].drop_duplicates()
        fact_rows.append(("different evolved latents", f"{len(latent_pairs):,}"))
    if "generation" in table:
        generations = evolved_faces["generation"].astype(str)
        generations = generations[generations != ""].astype(float)
        if len(generations):
            fact_rows.append(("latest generation they come from", f"{generations.max():.0f}"))
    return fact_rows
