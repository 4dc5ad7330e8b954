"""The code space of a small autoencoder, trained on real train faces alone."""

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
from depthfaces.embed.batches import apply_in_batches, resized
from depthfaces.schema import Params

Array = npt.NDArray[Any]
INPUT_SIDE = 32  # pixels a side of the network's input
CODE_SIZE = 64  # numbers that a face is encoded into
BASE_CHANNELS = 16  # channels at half the side
BATCH_SIZE = 64
LEARNING_RATE = 2e-3
INPUT_NOTE = f"resized to {INPUT_SIDE} px, bilinear; trained on the real train faces of this run"


class Autoencoder(nn.Module):
    """Faces (n, 1, 32, 32) to codes (n, 64) and back."""

    def __init__(self) -> None:
        super().__init__()
        channel_counts = [1, BASE_CHANNELS, 2 * BASE_CHANNELS, 4 * BASE_CHANNELS]
        channel_pairs = list(pairwise(channel_counts))
        encoder_layers = [
            layer
            for a, b in channel_pairs
            for layer in (nn.Conv2d(a, b, 4, 2, 1), nn.LeakyReLU(0.1, True))
        ]
        code_side = INPUT_SIDE // 2 ** len(channel_pairs)
        self.encoder = nn.Sequential(
            *encoder_layers, nn.Flatten(), nn.Linear(channel_counts[-1] * code_side**2, CODE_SIZE)
        )
        decoder_layers: list[nn.Module] = [nn.Linear(CODE_SIZE, channel_counts[-1] * code_side**2)]
        decoder_layers.append(nn.Unflatten(1, (channel_counts[-1], code_side, code_side)))
        for a, b in reversed(channel_pairs):
            decoder_layers += [nn.LeakyReLU(0.1), nn.ConvTranspose2d(b, a, 4, 2, 1)]
        self.decoder = nn.Sequential(*decoder_layers, nn.Tanh())


@dataclass(frozen=True)
class Coder:
    """Encodes faces as codes (n, 64), and reconstructs them."""

    net: Autoencoder

    def __call__(self, images: Array) -> Array:
        """Return the codes of faces (n, S, S)."""
        return apply_in_batches(
            lambda x: self.net.encoder(resized(x, INPUT_SIDE)), images, "autoencoder"
        )

    def rebuild(self, images: Array) -> dict[str, Array]:
        """Return {seen, made}: the network's inputs and their reconstructions, both (n, 32, 32)."""
        input_images, rebuilt_images = rebuild_images(self.net, images)
        return {"seen": input_images, "made": rebuilt_images}


def fit(train_images: Array, params: Params) -> Coder:
    """Return the coder of an autoencoder trained on `train_images` (n, S, S)."""
    return Coder(trained(train_images, params.compare.autoencoder_steps, params.seed))


def trained(train_images: Array, steps: int, seed: int) -> Autoencoder:
    """Train an autoencoder for `steps` steps: mean squared error, Adam, cosine decay to 0."""
    rng = seeding.stream(seed, "autoencoder", "faces")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seeding.number(seed, "autoencoder", "weights"))
        net = Autoencoder()
    optimiser = torch.optim.Adam(net.parameters(), LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in trange(steps, desc="autoencoder", unit="step", leave=False, disable=None):
        batch_rows = np.sort(
            rng.integers(len(train_images), size=min(BATCH_SIZE, len(train_images)))
        )
        faces = torch.from_numpy(np.array(train_images[batch_rows], np.float32))[:, None]
        faces = resized(faces, INPUT_SIDE)
        loss = F.mse_loss(net.decoder(net.encoder(faces)), faces)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call] # torch ships it without types
        optimiser.step()
        schedule.step()
    return net.eval()


def rebuild_images(net: Autoencoder, images: Array) -> tuple[Array, Array]:
    """Return the network's inputs and their reconstructions, both (n, 32, 32)."""

    def input_and_output(x: torch.Tensor) -> torch.Tensor:
        inputs = resized(x, INPUT_SIDE)
        return torch.cat([inputs, net.decoder(net.encoder(inputs))], dim=1)

    image_pairs = apply_in_batches(input_and_output, images, "rebuild")
    return image_pairs[:, 0], image_pairs[:, 1]
