"""The losses: scores (n,) are logits, above 0 means real; faces are (n, 1, S, S)."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import l1_loss, mse_loss, normalize, relu, softplus


def logistic_discriminator(*, real: Tensor, fake: Tensor) -> Tensor:
    """Return E[-log s(D(x))] + E[-log(1 - s(D(G(z))))], s = logistic (Goodfellow 2014)."""
    return softplus(-real).mean() + softplus(fake).mean()


def logistic_generator(*, real: Tensor, fake: Tensor) -> Tensor:  # one signature
    """Return E[-log s(D(G(z)))]: the non-saturating form, steep while D still wins."""
    return softplus(-fake).mean()


def hinge_discriminator(*, real: Tensor, fake: Tensor) -> Tensor:
    """Return E[max(0, 1 - D(x))] + E[max(0, 1 + D(G(z)))] (Lim and Ye 2017)."""
    return relu(1 - real).mean() + relu(1 + fake).mean()


def hinge_generator(*, real: Tensor, fake: Tensor) -> Tensor:  # one signature
    """Return -E[D(G(z))]."""
    return -fake.mean()


def relativistic_discriminator(*, real: Tensor, fake: Tensor) -> Tensor:
    """Return E[-log s(D(x) - D(G(z)))] over pairs (Jolicoeur-Martineau 2018; R3GAN)."""
    return softplus(fake - real).mean()


def relativistic_generator(*, real: Tensor, fake: Tensor) -> Tensor:
    """Return E[-log s(D(G(z)) - D(x))] over pairs."""
    return softplus(real - fake).mean()


Loss = Callable[..., Tensor]

# Name: the discriminator's and the generator's.
LOSSES: dict[str, tuple[Loss, Loss]] = {
    "logistic": (logistic_discriminator, logistic_generator),
    "hinge": (hinge_discriminator, hinge_generator),
    "relativistic": (relativistic_discriminator, relativistic_generator),
}


def slope_penalty(faces: Tensor, scores: Tensor) -> Tensor:
    """Return E[|grad D(x)|^2] / 2 (Mescheder 2018); `faces` must require gradients.

    R1 at real faces, R2 at made ones.
    """
    (slope,) = torch.autograd.grad(scores.sum(), faces, create_graph=True)
    return slope.square().sum(dim=(1, 2, 3)).mean() / 2


def lecam_penalty(real: Tensor, fake: Tensor, anchors: Tensor) -> Tensor:
    """Return E[max(0, D(x) - a_F)^2] + E[max(0, a_R - D(G(z)))^2] (Tseng 2021, eq. 4).

    `anchors` (2,) are the running averages (a_R, a_F) of the scores of real and made faces.
    """
    return relu(real - anchors[1]).square().mean() + relu(anchors[0] - fake).square().mean()


def pixel_distillation(student: Tensor, teacher: Tensor) -> Tensor:
    """Return E|G(z, y) - T(z, y)|, a mean over pixels: the paper's G_KD."""
    return l1_loss(student, teacher)


def perceptual_distillation(student: list[Tensor], teacher: list[Tensor]) -> Tensor:
    """Return the mean over levels of E|f/|f| - t/|t||^2, |.| over channels (LPIPS, Zhang 2018).

    A level is (n, c, h, w) or (n, c), from a frozen encoder.
    """
    gaps = [
        (normalize(a) - normalize(b)).square().sum(1).mean()
        for a, b in zip(student, teacher, strict=True)
    ]
    return torch.stack(gaps).mean()


def discriminator_distillation(
    real: Tensor, real_teacher: Tensor, fake: Tensor, fake_teacher: Tensor
) -> Tensor:
    """Return (E[(D(x) - T(x))^2] + E[(D(G(z)) - T(G(z)))^2]) / 2: the paper's D_KD."""
    return (mse_loss(real, real_teacher) + mse_loss(fake, fake_teacher)) / 2
