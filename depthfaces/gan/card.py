"""The model's card: what it is, what it was made from, what it is good for and what not."""

from typing import Any

from depthfaces.faces import FaceSet
from depthfaces.gan.trained import Trained

JOINT = """

Virtual people stayed beside them, half of each batch: a domain, real or virtual, is a condition
beside the emotion. Labels 0 to {last} draw in the domain of the real faces, {classes} more do so in
that of virtual people; `domains.png` shows the same latents in both.{unseen}"""

UNSEEN = """
**{names}: no real face showed this.** What is drawn of it is the virtual people's expression in the
look of the real ones, never compared with a real one; labels {first} to {last}, of the command
`sample` and of nothing else here (neither evolved nor exported)."""

CARD = """# A conditional generator of depth faces

Makes a {size} × {size} px depth face of a chosen emotion from a random vector of {latent} numbers.
{stopped}
## Made from

{faces} faces of {people} {who} ({source}), train split alone: {classes}.
Validation people chose the step; test people were not looked at.{start}{joint}

A pixel is {meaning}.

## How

Recipe `{recipe}`, {steps:,} steps of {batch} faces; kept are the nets of step {best:,}.
{distilled} Everything else is in `config.json`.

## How good, on {held} validation faces

| | |
|---|---|
| made faces whose emotion a small net trained on real faces recognises | {right:.0%} |
| variety inside an emotion, of the real one's, least of all emotions | {variety:.0%} |

These figures chose the step, so they flatter a little; `reports/index.html` has those on test
people.

## Use

    from pathlib import Path
    from depthfaces.gan import sample, store
    model = store.load(Path("models/gan"), Path("data/faces"))
    label = model.classes.index({example!r})
    face = sample.renderer(model.generator, label)(sample.prior(1, {latent})[None])[0]

`generator.onnx`, where it was asked for (`export.onnx`), does the same without torch: inputs `z`
(n, {latent}) float32 and `labels` (n,) int64, output `faces` (n, 1, {size}, {size}), for any n. It
knows its class names, and what its pixels mean (`range`, `unit`, `window`), as JSON:

    import json
    import numpy as np
    import onnxruntime
    session = onnxruntime.InferenceSession("models/gan/generator.onnx")
    classes = json.loads(session.get_modelmeta().custom_metadata_map["classes"])
    z = np.random.default_rng(1).standard_normal((16, {latent}), np.float32)
    labels = np.full(16, classes.index({example!r}), np.int64)
    (faces,) = session.run(["faces"], {{"z": z, "labels": labels}})

## For, and not for

To enlarge a training set of depth faces and to study doing so. Not to judge how a real person
feels, not to identify anyone. Its emotions are posed ones as far as its training faces were. It may
make faces close to those it was trained on: the report counts them. Trained on people, it is as
private as their recordings were, and under their licence.
"""


def write(data: FaceSet, trained: Trained, config: dict[str, Any], start: str) -> str:
    """Return the card of `trained` on `data`; `start` says what it was trained on before."""
    train = data.table[data.table["split"] == "train"]
    check = next(row for row in trained.checks if row["step"] == trained.best)
    gan, kd = config["gan"], config["kd"]
    classes = train["label"].value_counts().sort_index()
    near, far = config["window"]
    depth = f"the depth from {far:g} mm behind the nose tip (-1) to {-near:g} mm before it (+1)"
    people = train["subject"].nunique()
    shape = trained.generator.shape
    return CARD.format(
        size=shape.size,
        faces=f"{len(train):,}",
        people=people,
        who="person" if people == 1 else "people",
        source=", ".join(sorted(set(train["source"]))),
        classes=", ".join(f"{label} {count}" for label, count in classes.items()),
        start=f"\nBefore that it was trained on {start}." if start else "",
        joint=_joint(shape.classes, config["unseen"]) if shape.domains > 1 else "",
        meaning=depth if config["unit"] == "mm" else "a grey value with no unit, -1 to +1",
        best=trained.best,
        stopped=f"\n**Training stopped early: it {trained.stopped}.**\n" if trained.stopped else "",
        distilled=f"Distilled from its running average ({kd['form']}, decay {kd['decay']})."
        if kd["enabled"]
        else "Not distilled; sampled is its running average.",
        held=int((data.table["split"] == "validation").sum()),
        right=check["right"],
        variety=check["variety"],
        example=str(classes.index[0]),
        **{key: gan[key] for key in ("latent", "recipe", "steps", "batch")},
    )


def _joint(classes: int, unseen: list[str]) -> str:
    """Return what the card says of two domains with `classes` labels each."""
    first, last = classes - len(unseen), classes - 1
    names = ", ".join(unseen)
    more = UNSEEN.format(names=names, first=first, last=last) if unseen else ""
    return JOINT.format(last=last, classes=classes, unseen=more)
