"""What a training starts from: fresh nets, or those of a training on virtual faces."""

from pathlib import Path

from depthfaces import files
from depthfaces.gan import store
from depthfaces.gan.train import Session
from depthfaces.schema import Gan


def at(before: Path, gan: Gan, checkpoints: Path) -> tuple[Gan, Session]:
    """Return `gan` with the rates to train at, and the session: from the nets in `before` if any.

    Nets that know faces already learn at lower rates, or they forget them.
    """
    if not (before / store.CONFIG).is_file():
        return gan, Session(checkpoints)
    rate = gan.pretrain.rate
    rates = {key: rate * getattr(gan, key) for key in ("lr_generator", "lr_discriminator")}
    name = str(files.read_json(before / store.CONFIG, "trained_on")["trained_on"])
    return gan.model_copy(update=rates), Session(checkpoints, store.nets(before), name)
