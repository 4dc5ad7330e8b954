"""The losses: scores (n,) are logits, above 0 means real; faces are (n, 1, S, S)."""

import torch
from torch import Tensor
from torch.nn.functional import l1_loss, mse_loss, softplus


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Return E[-log s(D(x))] + E[-log(1 - s(D(G(z))))], s = logistic (Goodfellow 2014)."""
    return softplus(-real).mean() + softplus(fake).mean()


def generator_loss(fake: Tensor) -> Tensor:
    """Return E[-log s(D(G(z)))]: the non-saturating form, steep while D still wins."""
    return softplus(-fake).mean()


def r1_penalty(faces: Tensor, scores: Tensor) -> Tensor:
    """Return E[|grad D(x)|^2] / 2 at real faces (Mescheder 2018); x must require gradients."""
    (slope,) = torch.autograd.grad(scores.sum(), faces, create_graph=True)
    return slope.square().sum(dim=(1, 2, 3)).mean() / 2


def generator_distillation(student: Tensor, teacher: Tensor) -> Tensor:
    """Return E|G(z, y) - T(z, y)|, a mean over pixels: the paper's G_KD."""
    return l1_loss(student, teacher)


def discriminator_distillation(
    real: Tensor, real_teacher: Tensor, fake: Tensor, fake_teacher: Tensor
) -> Tensor:
    """Return (E[(D(x) - T(x))^2] + E[(D(G(z)) - T(G(z)))^2]) / 2: the paper's D_KD, on logits."""
    return (mse_loss(real, real_teacher) + mse_loss(fake, fake_teacher)) / 2
