import math

import numpy as np
import pytest
import torch

from depthfaces.gan import losses
from depthfaces.gan.distill import decay_at, follow, teacher_of
from depthfaces.gan.networks import Discriminator, Generator, Shape, initialise
from depthfaces.gan.sample import BLOCK, remake, sample
from tests.conftest import equal


def generator(size: int = 32, classes: int = 3) -> Generator:
    net = Generator(Shape(size, classes, 8, 4))
    initialise(net, np.random.default_rng(1))
    return net.eval()


@pytest.mark.parametrize("size", [32, 64, 128, 256])
@pytest.mark.parametrize("classes", [2, 7])
def test_networks_at_every_size(size: int, classes: int) -> None:
    shape = Shape(size, classes, 8, 2)
    labels = torch.tensor([0, classes - 1, 1])
    faces = Generator(shape)(torch.randn(3, 8), labels)
    assert faces.shape == (3, 1, size, size)
    assert faces.abs().max() <= 1
    assert Discriminator(shape)(faces, labels).shape == (3,)


def test_initial_weights_come_from_the_generator_alone() -> None:
    torch.manual_seed(0)
    one = generator()
    torch.manual_seed(99)
    assert equal(one, generator())


def test_a_discriminator_sees_the_label() -> None:
    net = Discriminator(Shape(32, 2, 8, 4))
    initialise(net, np.random.default_rng(1))
    faces = torch.randn(1, 1, 32, 32)
    assert net(faces, torch.tensor([0])) != net(faces, torch.tensor([1]))


def test_losses_of_an_undecided_discriminator() -> None:
    undecided = torch.zeros(5)
    assert losses.discriminator_loss(undecided, undecided).item() == pytest.approx(2 * math.log(2))
    assert losses.generator_loss(undecided).item() == pytest.approx(math.log(2))


def test_which_side_is_real() -> None:
    high, low = torch.full((5,), 9.0), torch.full((5,), -9.0)
    assert losses.discriminator_loss(real=high, fake=low) < 0.001
    assert losses.discriminator_loss(real=low, fake=high) > 10
    assert losses.generator_loss(high) < losses.generator_loss(low)


def test_r1_of_a_linear_score() -> None:
    """D(x) = a . x has the gradient a, so the penalty is |a|^2 / 2 whatever x is."""
    slope = torch.arange(16.0).view(1, 4, 4)
    faces = torch.randn(3, 1, 4, 4, requires_grad=True)
    scores = (faces * slope).sum(dim=(1, 2, 3))
    expected = slope.square().sum().item() / 2
    assert losses.r1_penalty(faces, scores).item() == pytest.approx(expected)


def test_distillation_by_hand() -> None:
    assert losses.generator_distillation(torch.ones(2, 1, 4, 4), torch.zeros(2, 1, 4, 4)) == 1
    zero, two, four = torch.zeros(3), torch.full((3,), 2.0), torch.full((3,), 4.0)
    assert losses.discriminator_distillation(zero, two, zero, four).item() == (4 + 16) / 2


def test_a_teacher_without_decay_is_the_student_buffers_included() -> None:
    student = generator().train()
    teacher = teacher_of(student)
    student(torch.randn(8, 8), torch.zeros(8, dtype=torch.long))  # moves BatchNorm's statistics
    assert not equal(teacher, student)
    follow(teacher, student, 0.0)
    assert equal(teacher, student)


def test_buffers_are_averaged_with_the_decay_of_the_weights() -> None:
    student = torch.nn.BatchNorm2d(1)
    teacher = teacher_of(student)
    for value in (student.weight, student.running_mean):
        torch.nn.init.constant_(value, 5.0)
    follow(teacher, student, 0.75)
    assert teacher.weight.item() == 0.75 * 1 + 0.25 * 5
    assert teacher.running_mean.item() == 0.75 * 0 + 0.25 * 5


def test_the_decay_ramps_up() -> None:
    assert decay_at(0, 0.995) == 0.1
    assert decay_at(10**6, 0.995) == 0.995
    assert decay_at(10**6, 0.0) == 0.0


def test_a_face_does_not_depend_on_its_neighbours() -> None:
    net, rng = generator(), np.random.default_rng(0)
    z = rng.standard_normal((BLOCK + 7, 8), np.float32)
    labels = rng.integers(3, size=len(z))
    faces = sample(net, z, labels)
    for row in (0, 3, BLOCK - 1, BLOCK, BLOCK + 6):
        again = remake(net, z[row], int(labels[row]), row % BLOCK)
        assert np.array_equal(again, faces[row])
