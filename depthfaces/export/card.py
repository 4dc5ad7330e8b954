"""The dataset card: what the set is, how to load it, how it was made, and its limits."""

import html

from depthfaces.evolve.nearness import NEAR, Nearness, places
from depthfaces.export.rows import Origin
from depthfaces.export.write import NOSE
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

## What is where

- `images/EMOTION/ID.png`: 8-bit preview, 255 = nearest, 0 = background. Load the folder `images`
  as an image folder (torchvision `ImageFolder`, Hugging Face `imagefolder`).
{depth_files}- `images.npy`: the exact faces, float32 ({count}, {size}, {size}) from -1, the
  background, to 1.
- `metadata.csv`: one row a face, in the order of `images.npy`, with its origin.

## How each face came to be

A conditional generator was trained on the train split of a prepared set, then its latent space
was searched for each emotion.

- generator, sha256: `{generator}`
- table of the prepared set, sha256: `{faces}`
- `method` evolved: `latent` is the row in the emotion's archive; evolution found it in `generation`
  with `fitness`.
- `method` plain: `seed` draws the latent from the prior.
- `slot` is the place in the batch: equal rows give equal bits, on one machine with one number of
  threads.

## Copies

{near} of {count} faces ({share:.1%}) come as near to a train face, or to its mirror image, as
only {quantile:.0%} of the train faces come to another person's.

## Use and limits

Meant for training and testing recognisers of emotions beside real faces, never instead of a test on
real people. The labels are what the generator was asked for. Whatever its train faces lacked, these
lack too. The licence of the train faces may bind what is made from them.
"""

_DEPTH_CONFIG = "- config_name: depth\n  data_dir: depth\n"
_DEPTH_FILES = """- `depth/EMOTION/ID.png`: 16-bit millimetres from the camera, the nose tip at
  {nose:.0f} mm by convention, the window from {front:g} to {back:g} mm behind it; 0 = no reading.
"""


def card(exported: FaceSet, origin: Origin, train: FaceSet) -> str:
    """Return the card of the `exported` set as Markdown; copies are sought among `train`."""
    nearness = Nearness(train)
    near = sum(int((nearness(places(faces)) < 1).sum()) for _, faces in exported.batches(256))
    config, metric = origin.model.config, origin.model.config["unit"] == "mm"
    front, back = config["window"]
    return _HEAD.format(
        count=len(exported),
        size=exported.images.shape[1],
        classes=len(exported.classes),
        table=_table(exported),
        generator=origin.model.checksum,
        faces=config["faces"],
        near=near,
        share=near / len(exported),
        quantile=NEAR,
        depth_config=_DEPTH_CONFIG if metric else "",
        depth_files=_DEPTH_FILES.format(nose=NOSE, front=front, back=back) if metric else "",
    )


def _table(exported: FaceSet) -> str:
    lines = []
    for label, part in exported.table.groupby("label"):
        evolved = int((part["method"] == "evolved").sum())
        name = html.escape(str(label)).replace("|", "&#124;")
        lines.append(f"| {name} | {len(part)} | {evolved} | {len(part) - evolved} |")
    return "\n".join(lines)
