"""What a training starts from: fresh nets, or those of a training on virtual faces.

Real faces follow alone, or together with the virtual ones.
"""

from pathlib import Path

from depthfaces import files
from depthfaces.faces import FaceSet
from depthfaces.gan import store
from depthfaces.gan.train import Session
from depthfaces.schema import Gan

FACES = "faces"  # beside the nets: the virtual faces, where they join the real ones


def at(before: Path, gan: Gan, checkpoints: Path) -> tuple[Gan, Session]:
    """Return `gan` with the rates to train at, and the session: from the nets in `before` if any.

    Nets that know faces already learn at lower rates, or they forget them. Where both domains are
    learned together the virtual faces stand beside the nets.
    """
    if not (before / store.CONFIG).is_file():
        return gan, Session(checkpoints)
    rate = gan.pretrain.rate
    rates = {key: rate * getattr(gan, key) for key in ("lr_generator", "lr_discriminator")}
    name = str(files.read_json(before / store.CONFIG, "trained_on")["trained_on"])
    session = Session(checkpoints, store.nets(before), name, virtual(before, gan))
    return gan.model_copy(update=rates), session


def virtual(before: Path, gan: Gan) -> FaceSet | None:
    """Return the virtual people who are learned from together with the real ones, if any are."""
    return FaceSet.open(before / FACES) if gan.pretrain.how == "joint" else None
