"""A conditional variational autoencoder whose decoder has the generator's body."""

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from depthfaces import seeding
from depthfaces.baselines.samples import Array, Sampler
from depthfaces.faces import FaceSet
from depthfaces.gan.devices import Devices
from depthfaces.gan.feed import Feed
from depthfaces.gan.networks import Shape, generator, initialise
from depthfaces.gan.networks.modern import describer, features
from depthfaces.gan.sample import sample
from depthfaces.schema import Params

BATCH = 32
RATE = 1e-3  # of Adam, its own default


class Vae(nn.Module):
    """Faces (n, 1, S, S) and labels (n,) to a latent's mean and log variance, and back to faces."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.describe = describer(shape)
        self.embed = nn.Embedding(shape.classes, features(shape))
        self.posterior = nn.Linear(2 * features(shape), 2 * shape.latent)
        self.decoder = generator(shape)

    def encode(self, faces: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Return the posterior's mean and log variance, both (n, latent)."""
        joined = torch.cat([self.describe(faces), self.embed(labels)], dim=1)
        mean, log_variance = self.posterior(joined).float().chunk(2, dim=1)
        return mean, log_variance

    def forward(self, faces: Tensor, labels: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Return faces made again (n, 1, S, S) and the posterior's divergence (n,) from N(0, I).

        KL(N(m, s^2) || N(0, I)) = sum(m^2 + s^2 - log s^2 - 1) / 2.
        """
        mean, log_variance = self.encode(faces, labels)
        z = mean + torch.exp(log_variance / 2) * noise
        divergence = (mean.square() + log_variance.exp() - log_variance - 1).sum(1) / 2
        return self.decoder(z, labels), divergence


def vae_loss(faces: Tensor, made: Tensor, divergence: Tensor) -> Tensor:
    """Return the negative evidence bound of a Gaussian decoder with the variance that suits best.

    At sigma^2 = MSE, -log p = P / 2 log MSE + constant for P pixels (sigma-VAE, Rybkin 2021).
    """
    error = (faces - made).square().mean()
    return faces[0].numel() / 2 * torch.log(error + 1e-8) + divergence.mean()


def fit(train: FaceSet, validation: FaceSet, settings: Params, seed: int) -> Sampler:
    """Train for `baselines.vae_epochs` passes; `validation` is not used.

    Latents are drawn from the Gaussian that the train faces' latents have in each class, not from
    N(0, I), which they do not fill (ex-post density estimation, Ghosh 2020).
    """
    wanted = settings.baselines
    net = Vae(Shape(train.images.shape[1], len(train.classes), wanted.vae_latent, wanted.vae_width))
    initialise(net, seeding.stream(seed, "weights"))
    steps = wanted.vae_epochs * -(-len(train) // BATCH)
    _train(net, Feed(train, seeding.stream(seed, "batches")), steps)
    means, root = _latents(net.cpu().eval(), train)

    def sampler(labels: Array, seed: int) -> Array:
        noise = seeding.stream(seed, "latents").standard_normal((len(labels), len(root)))
        z = means[labels] + noise @ root.T
        return sample(net.decoder, z.astype(np.float32), labels)

    return sampler


def _train(net: Vae, feed: Feed, steps: int) -> None:
    devices = Devices("auto", BATCH)
    net.to(devices.device)
    adam = torch.optim.Adam(net.parameters(), RATE, fused=True)
    for _ in tqdm(range(steps), "vae", unit="step", mininterval=2):
        whole = (*feed.fetch(BATCH), feed.latents(BATCH, net.decoder.shape.latent))
        faces, labels, noise = (tensor.to(devices.device) for tensor in whole)
        with devices.arithmetic():
            made, divergence = net(faces, labels, noise)
        loss = vae_loss(faces, made.float(), divergence)
        adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()


@torch.inference_mode()
def _latents(net: Vae, train: FaceSet) -> tuple[Array, Array]:
    """Return the train latents' mean in each class (c, d), and a root (d, d) of their covariance.

    The covariance is one for all classes, around their means, with the posteriors' own spread.
    """
    centres, spread = [], []
    targets = torch.from_numpy(train.targets)
    for rows, images in train.batches(256):
        faces = torch.from_numpy(np.array(images, np.float32))[:, None]
        mean, log_variance = net.encode(faces, targets[rows])
        centres.append(mean.double().numpy())
        spread.append(log_variance.exp().double().numpy())
    z, own = np.concatenate(centres), np.concatenate(spread)
    means = np.stack([z[train.targets == c].mean(axis=0) for c in range(len(train.classes))])
    around = z - means[train.targets]
    return means, np.linalg.cholesky(around.T @ around / len(z) + np.diag(own.mean(axis=0)))
