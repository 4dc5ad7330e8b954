"""The space of a small autoencoder that is trained on real train faces alone."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - its usual name
from tqdm import trange

from depthfaces import seeding
from depthfaces.embed.batches import resized, run
from depthfaces.schema import Params

Array = npt.NDArray[Any]
SIDE = 32  # pixels a side that the network sees
CODES = 64  # numbers a face is squeezed into
WIDTH = 16  # channels at half the side
BATCH = 64
RATE = 2e-3
INPUT = f"resized to {SIDE} px, bilinear; trained on the real train faces of this run"


class Autoencoder(nn.Module):
    """Faces (n, 1, 32, 32) to codes (n, 64) and back."""

    def __init__(self) -> None:
        super().__init__()
        widths = [1, WIDTH, 2 * WIDTH, 4 * WIDTH]
        pairs = list(pairwise(widths))
        down = [
            part for a, b in pairs for part in (nn.Conv2d(a, b, 4, 2, 1), nn.LeakyReLU(0.1, True))
        ]
        small = SIDE // 2 ** len(pairs)
        self.encoder = nn.Sequential(*down, nn.Flatten(), nn.Linear(widths[-1] * small**2, CODES))
        up: list[nn.Module] = [nn.Linear(CODES, widths[-1] * small**2)]
        up.append(nn.Unflatten(1, (widths[-1], small, small)))
        for a, b in reversed(pairs):
            up += [nn.LeakyReLU(0.1), nn.ConvTranspose2d(b, a, 4, 2, 1)]
        self.decoder = nn.Sequential(*up, nn.Tanh())


@dataclass(frozen=True)
class Coder:
    """Faces to codes (n, 64), and to what the network makes of them."""

    net: Autoencoder

    def __call__(self, images: Array) -> Array:
        """Return the codes of faces (n, S, S)."""
        return run(lambda x: self.net.encoder(resized(x, SIDE)), images, "autoencoder")

    def rebuild(self, images: Array) -> dict[str, Array]:
        """Return faces as the network `seen` them and `made` them again, both (n, 32, 32)."""
        seen, made = rebuilt(self.net, images)
        return {"seen": seen, "made": made}


def fit(train: Array, params: Params) -> Coder:
    """Return the coder of an autoencoder trained on `train` (n, S, S)."""
    return Coder(trained(train, params.compare.autoencoder_steps, params.seed))


def trained(train: Array, steps: int, seed: int) -> Autoencoder:
    """Return an autoencoder after `steps` steps on mean square error, Adam, cosine to 0."""
    rng = seeding.stream(seed, "autoencoder", "faces")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seeding.number(seed, "autoencoder", "weights"))
        net = Autoencoder()
    optimiser = torch.optim.Adam(net.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in trange(steps, desc="autoencoder", unit="step", leave=False, disable=None):
        rows = np.sort(rng.integers(len(train), size=min(BATCH, len(train))))
        faces = torch.from_numpy(np.array(train[rows], np.float32))[:, None]
        faces = resized(faces, SIDE)
        loss = F.mse_loss(net.decoder(net.encoder(faces)), faces)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call] # torch ships it without types
        optimiser.step()
        schedule.step()
    return net.eval()


def rebuilt(net: Autoencoder, images: Array) -> tuple[Array, Array]:
    """Return faces as the network saw them and as it rebuilt them, both (n, 32, 32)."""

    def both(x: torch.Tensor) -> torch.Tensor:
        seen = resized(x, SIDE)
        return torch.cat([seen, net.decoder(net.encoder(seen))], dim=1)

    pairs = run(both, images, "rebuild")
    return pairs[:, 0], pairs[:, 1]
