"""The dataset card: what the set is, how to load it, how it was made, and its limits."""

import html
from typing import NamedTuple

from depthfaces.evolve.nearness import NEAR
from depthfaces.export.picture import NOSE
from depthfaces.export.rows import New, Origin
from depthfaces.faces import FaceSet

_HEAD = """---
pretty_name: Synthetic depth faces with emotions
task_categories:
- image-classification
configs:
- config_name: preview
  data_dir: images
{depth_config}---
# Synthetic depth faces

{count} generated faces, {size} x {size} pixels, of {classes} emotions. No face here is a recording.

| emotion | faces | evolved | plain draws |
|---|---|---|---|
{table}
{unseen}
## What is where

- `images/EMOTION/ID.png`: 8-bit preview, 255 = nearest, 0 = background. Load the folder `images`
  as an image folder (torchvision `ImageFolder`, Hugging Face `imagefolder`).
{depth_files}- `images.npy`: the exact faces, float32 ({count}, {size}, {size}), background -1.
- `metadata.csv`: one row a face, in the order of `images.npy`, with its origin.
- `faces.npz`, `shards/*.tar` (WebDataset) and `points/*.ply`, where asked for: the same faces in
  other shapes.

## How each face came to be

A conditional generator was trained on the train split of a prepared set, then its latent space
was searched for each emotion.

- generator, sha256: `{generator}`
- table of the prepared set, sha256: `{faces}`
- `method` evolved: `latent` is the row in the emotion's archive; evolution found it in `generation`
  with `fitness`.
- `method` plain: `seed` draws the latent from the prior.
- `slot` is the place in the batch: equal rows give equal bits, on one machine with one number of
  threads. `sha256` is that of the face's float32 values; `python -m depthfaces remake ID` makes a
  face again and compares.
- Post-processing (`post`): {post}.

## Copies

{copies}

## Use and limits

Meant for training and testing recognisers of emotions beside real faces, never instead of a test on
real people. The labels are what the generator was asked for; what reads them right, and how well
these faces stand in for real ones, is in the project's report. Whatever its train faces lacked,
these lack too. Not for telling who somebody is, nor for judging feelings without consent. The
licence of the train faces may bind what is made from them.
"""

_DEPTH_CONFIG = "- config_name: depth\n  data_dir: depth\n"
_DEPTH_FILES = """- `depth/EMOTION/ID.png`: 16-bit millimetres from the camera, the nose tip at
  {nose:.0f} mm by convention, the window from {front:g} to {back:g} mm behind it; 0 = no reading.
"""


_CHECKED = """{near} of {count} faces come as near to a train face, or to its mirror image, as only
{quantile:.0%} of the train faces come to another person's. {refused} that did were refused, and
others put in their place."""
_UNSEEN = """
**{names}: no real face showed this.** What is drawn of it is the expression of virtual people in
the look of the real ones, never compared with a real one.
"""
_UNCHECKED = "Not looked for: the train faces were not at hand."


class Copies(NamedTuple):
    """How many faces were refused as copies, and what tells whether a face is `new`."""

    refused: int
    new: New


def card(exported: FaceSet, origin: Origin, copies: Copies | None) -> str:
    """Return the card of the `exported` set as Markdown; `copies` is None if none were sought."""
    config, metric = origin.model.config, origin.model.config["unit"] == "mm"
    front, back = config["window"]
    unseen = ", ".join(label for label in exported.classes if label not in origin.model.classes)
    return _HEAD.format(
        count=len(exported),
        size=exported.images.shape[1],
        classes=len(exported.classes),
        unseen=_UNSEEN.format(names=unseen) if unseen else "",
        table=_table(exported),
        generator=origin.model.checksum,
        faces=config["faces"],
        copies=_copies(exported, copies),
        post=exported.table["post"].iloc[0] or "none",
        depth_config=_DEPTH_CONFIG if metric else "",
        depth_files=_DEPTH_FILES.format(nose=NOSE, front=front, back=back) if metric else "",
    )


def _copies(exported: FaceSet, copies: Copies | None) -> str:
    if copies is None:
        return _UNCHECKED
    near = sum(int((~copies.new(faces)).sum()) for _, faces in exported.batches(256))
    return _CHECKED.format(near=near, count=len(exported), refused=copies.refused, quantile=NEAR)


def _table(exported: FaceSet) -> str:
    lines = []
    for label, part in exported.table.groupby("label"):
        evolved = int((part["method"] == "evolved").sum())
        name = html.escape(str(label)).replace("|", "&#124;")
        lines.append(f"| {name} | {len(part)} | {evolved} | {len(part) - evolved} |")
    return "\n".join(lines)
