"""Augmentation of depth: what it may change, and when it changes nothing."""

import pytest
import torch

from depthfaces.gan.augment import DRAWS, SPAN, adapt, augment

EGG = torch.full((6, 1, 32, 32), -1.0)
EGG[:, :, 10:22, 12:20] = 0.5


def draws(seed: int = 0) -> torch.Tensor:
    return torch.rand(6, DRAWS, generator=torch.Generator().manual_seed(seed))


def test_without_a_chance_nothing_changes() -> None:
    assert torch.allclose(augment(EGG, torch.tensor(0.0), draws()), EGG, atol=1e-5)


def test_the_border_is_filled_with_background_and_faces_stay_in_range() -> None:
    moved = augment(EGG, torch.tensor(1.0), draws())
    assert not torch.allclose(moved, EGG, atol=0.1)
    assert torch.allclose(moved[:, :, 0], torch.tensor(-1.0), atol=1e-5)
    assert moved.min() >= -1 - 1e-5
    assert moved.max() <= 0.5 + 0.1 + 1e-5


def test_a_shift_by_hand() -> None:
    """An eighth of the side to the left and up is 4 of 32 pixels."""
    chosen = torch.full((6, DRAWS), 0.99999)  # no change where the chance is 1/2 ...
    chosen[:, 0] = 0  # ... but the shift
    moved = augment(EGG, torch.tensor(0.5), chosen)
    assert torch.allclose(moved, EGG.roll((-4, -4), (2, 3)), atol=1e-3)


def test_an_offset_moves_the_face_and_not_the_background() -> None:
    chosen = torch.full((6, DRAWS), 0.99999)
    chosen[:, 3] = 0
    moved = augment(EGG, torch.tensor(0.5), chosen)
    assert torch.allclose(moved[EGG > 0], torch.tensor(0.6), atol=1e-3)
    assert torch.allclose(moved[:, :, 0], torch.tensor(-1.0), atol=1e-5)


def test_gradients_flow_through() -> None:
    faces = EGG.clone().requires_grad_()
    augment(faces, torch.tensor(1.0), draws()).sum().backward()
    assert faces.grad is not None
    assert faces.grad.abs().sum() > 0


@pytest.mark.parametrize(("score", "way"), [(5.0, 1), (-5.0, -1)])
def test_the_chance_follows_the_discriminator(score: float, way: int) -> None:
    half = torch.tensor(0.5)
    moved = adapt(half, torch.full((50,), score), 0.6)
    assert moved.item() == pytest.approx(0.5 + way * 50 / SPAN)
    edge = torch.tensor(0.5 + way / 2)
    assert adapt(edge, torch.full((50,), score), 0.6) == edge
