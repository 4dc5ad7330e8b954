"""Head meshes from the anny model, in millimetres and camera axes, with the nose tip at zero."""

import sys
import warnings
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from depthfaces.sources.virtual import caches, flesh
from depthfaces.sources.virtual.people import Person

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Heads:
    """The model: `actions` (A, V, 3) are linear, so a frame costs one small product."""

    model: object
    template: Floats
    actions: Floats
    action_labels: list[str]
    change_labels: list[str]
    triangles: npt.NDArray[np.int32]
    tip: int  # vertex of the nose tip
    rest: Floats  # what recorded people's resting faces are more than the model's

    def neutral(self, person: Person) -> Floats:
        """Return the resting head (V, 3) of `person`: x right, y down, z away, nose tip at 0."""
        found = _vertices(
            self.model, phenotype_kwargs=person.phenotypes, local_changes_kwargs=person.changes
        )[0]
        head = (found - found[self.tip]) * np.array(person.size, np.float32)
        return np.asarray(head + self.rest, np.float32)

    def frames(self, neutral: Floats, weights: npt.NDArray[np.float64]) -> Floats:
        """Return heads (n, V, 3) with action `weights` (n, A): neutral + sum of w_a delta_a."""
        moved = weights.astype(np.float32) @ self.actions.reshape(len(self.actions), -1)
        return neutral + moved.reshape(len(weights), *neutral.shape)


@cache
def load() -> Heads:
    """Load the model; the first time ever it parses its source files, about a minute."""
    import anny  # noqa: PLC0415 - heavy, and users of folders never need it
    from anny import paths  # noqa: PLC0415 - as above

    folder = caches.prepare()
    paths.set_anny_cache_path(folder)
    if not any(folder.glob("*/*")):
        sys.stderr.write(f"first use: parsing the head model into {folder}, about a minute\n")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library's own internals, nothing a user can mend
        model = anny.Anny(
            rig="makehuman-head",
            topology="head",
            facial_actions="all",
            local_changes="all",
            phenotypes="all",
        )
    labels = list(model.facial_action_labels)
    template = _vertices(model)[0]
    one_each = _vertices(model, facial_actions=_one_hot(model, len(labels)))
    tip = int(np.argmin(template[:, 2]))
    triangles = model.faces.numpy().astype(np.int32)
    rest, *follows = flesh.motions(template - template[tip], triangles)
    return Heads(
        model=model,
        template=template - template[tip],
        actions=np.concatenate([one_each - template, follows]),
        action_labels=labels + flesh.MOVING,
        change_labels=list(model.local_change_labels),
        triangles=triangles,
        tip=tip,
        rest=rest - rest[tip],
    )


def _one_hot(model: object, count: int) -> object:
    import torch  # noqa: PLC0415 - as above

    return torch.eye(count, dtype=model.dtype)  # type: ignore[attr-defined]


def _vertices(model: object, **inputs: object) -> Floats:
    """Return vertices (n, V, 3) in mm; the model's metres are x right, y away, z up."""
    import torch  # noqa: PLC0415 - as above

    with torch.no_grad():
        found = model(**inputs)["vertices"].numpy() * 1000  # type: ignore[operator]
    return np.stack([found[..., 0], -found[..., 2], found[..., 1]], -1).astype(np.float32)
