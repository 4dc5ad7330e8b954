"""What the page says of the evidence: self-test, spaces, copies, published numbers, audit."""

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


def selftest(found: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the self-test as a table: a row a metric, a column a fault, honest faces first."""
    test = (found or {}).get("selftest")
    if not test:
        return None
    faults = [name for name in test["values"] if name != "honest"]
    faults = sorted(faults, key=lambda name: _place(test["moves"], name))
    moves = {(row["metric"], row["fault"]): row for row in test["moves"]}
    rows = [
        {
            "title": words.METRICS[key][0],
            "honest": number(test["values"]["honest"][key]),
            "cells": [
                {
                    "value": number(test["values"][fault][key]),
                    "mark": _mark(moves.get((key, fault))),
                }
                for fault in faults
            ],
        }
        for key in words.METRICS
        if any((key, fault) in moves for fault in faults)
    ]
    return {"faults": faults, "rows": rows} | {
        key: test[key] for key in ("faces", "passed", "asked")
    }


def _place(moves: Rows, fault: str) -> int:
    order = list(dict.fromkeys(row["fault"] for row in moves))
    return order.index(fault) if fault in order else len(order)


def _mark(move: dict[str, Any] | None) -> str:
    """Return how a cell is shown: right, wrong, or plain where nothing was asked."""
    if move is None or move["moved"] is None:
        return ""
    return f"{'right' if move['moved'] else 'wrong'} {ARROWS[move['expected']]}"


def spaces(found: dict[str, Any] | None) -> Rows:
    """Return a table for each further space: its measures, floors, and each generator's values."""
    tables = []
    for name, space in ((found or {}).get("spaces") or {}).items():
        names = words.generators(space["sets"])
        first = space["sets"][names[0]]
        rows = [
            {
                "title": words.METRICS[key][0],
                "floor": number(first[key]["floor"]),
                "scores": [number(space["sets"][one][key]["value"]) for one in names],
            }
            for key in words.METRICS
            if key in first
        ]
        about = {key: space[key] for key in ("dimensions", "of", "faces", "input")}
        about["rebuilt"] = rebuilt((found or {}).get("rebuilt")) if name == "autoencoder" else ""
        tables.append(
            {"space": name, "names": list(map(words.method, names)), "rows": rows} | about
        )
    return tables


def rebuilt(found: dict[str, Any] | None) -> str:
    """Return how well the autoencoder makes held-out faces again, as a sentence."""
    if not found:
        return ""
    return (
        f"It makes held-out faces again with an SSIM of {number(found['ssim'])} and a PSNR of "
        f"{number(found['psnr'])} dB (range 255, {found['side']} px)."
    )


def emotions(found: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return how faithful the synthetic faces of each emotion are, value and floor."""
    table = (found or {}).get("emotions")
    if not table:
        return None
    keys = list(next(iter(table.values())))
    rows = [
        {
            "label": label,
            "cells": [(number(part[key]["value"]), number(part[key]["floor"])) for key in keys],
        }
        for label, part in table.items()
    ]
    return {"titles": [words.METRICS[key][0] for key in keys], "rows": rows}


def nearest(results: Results) -> Rows:
    """Return the synthetic faces nearest to a train face, each picture beside that face's."""
    pairs = (results.metrics or {}).get("nearest") or []
    if "synthetic" not in results.sets:
        return []
    made, real = results.sets["synthetic"], results.faces
    places = [{str(one): row for row, one in enumerate(part.table["id"])} for part in (made, real)]
    rows = []
    for pair in pairs:
        if pair["id"] in places[0] and pair["train"] in places[1]:
            both = np.stack(
                [made.images[places[0][pair["id"]]], real.images[places[1][pair["train"]]]]
            )
            share = pair["distance"] / max(pair["usual"], 1e-12)
            text = f"{pair['id']} and {pair['train']}: {share:.2f} × the usual distance"
            rows.append({"picture": data_uri(strip(both)), "text": text})
    return rows


def published(found: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the paper's image scores beside ours, in its own way of counting and truly."""
    ours = (found or {}).get("published")
    if not ours or not ours["sets"]:
        return None
    theirs = paper()
    names = words.generators(ours["sets"])
    rows = [
        {
            "title": title,
            "method": words.method(name),
            "paper": theirs.get(title, {}).get(name, "–"),
            "ours": number(ours["sets"][name][key]["published"]),
            "true": number(ours["sets"][name][key]["true"]),
        }
        for key, title in MEASURES.items()
        for name in names
        if key in ours["sets"][name]
    ]
    return {"rows": rows, "space": ours["space"]}


def paper() -> dict[str, dict[str, str]]:
    """Return the paper's printed numbers, {measure: {our name of the method: text}}."""
    known = {"proposed": "synthetic", "GAN": "gan", "VAE": "vae", "GMM": "gmm", "KDE": "kde"}
    tables = {
        entry["name"]: entry.get("values", {}) for entry in read(documents()[PAPER])["tables"]
    }
    return {
        name: {known[key]: text for key, text in values.items() if key in known}
        for name, values in tables.items()
    }


def recognition(verdict: dict[str, Any] | None) -> Rows:
    """Return accuracies of the published protocol, the paper's, ours, and on held-out people."""
    rows = []
    tables = {entry["name"]: entry["values"] for entry in read(documents()[PAPER])["tables"]}
    keys = {"synthetic": "proposed"} | {name: name.upper() for name in ("gan", "vae", "gmm", "kde")}
    for name, models in ((verdict or {}).get("published") or {}).items():
        for model, entry in models.items():
            key = f"{keys.get(name, name)} {'XGBoost' if model == 'xgboost' else model}"
            rows.append(
                {
                    "method": words.method(name),
                    "model": words.model(model),
                    "paper": [
                        tables[f"accuracy on {kind} faces"].get(key, "–")
                        for kind in ("synthetic", "mixed")
                    ],
                    "ours": [_percent(entry.get(kind)) for kind in ("alone", "added")],
                    "true": _percent(entry["true"]),
                }
            )
    return rows


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}"


def audits() -> Rows:
    """Return the findings of the arithmetic audit, a row a document."""
    return [
        {"title": read(path)["title"], "findings": audit(path)}
        for name, path in documents().items()
        if name != "control"
    ]


def provenance(results: Results) -> list[tuple[str, str]]:
    """Return where the synthetic faces come from, as (what, value)."""
    if "synthetic" not in results.sets:
        return []
    table = results.sets["synthetic"].table
    rows = [("faces", f"{len(table):,}")]
    evolved = table[table["method"] == "evolved"] if "method" in table else table
    if "method" in table:
        rows += [
            (f"made as: {name}", f"{n:,}") for name, n in table["method"].value_counts().items()
        ]
    if "generator" in table:
        sums = sorted(set(table["generator"]) - {""})
        rows += [("generator, sha256", f"{Path(one).name[:16]}…") for one in sums]
    if "latent" in table:
        pairs = evolved[["label", "latent"]].drop_duplicates()
        rows.append(("different evolved latents", f"{len(pairs):,}"))
    if "generation" in table:
        ages = evolved["generation"].astype(str)
        ages = ages[ages != ""].astype(float)
        if len(ages):
            rows.append(("latest generation they come from", f"{ages.max():.0f}"))
    return rows
