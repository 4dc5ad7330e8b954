import math

import numpy as np
import pytest
import torch

from depthfaces.gan import losses, networks
from depthfaces.gan.distill import decay_at, follow, teacher_of
from depthfaces.gan.networks import RECIPES, Generator, Shape, discriminator, initialise
from depthfaces.gan.networks.modern import Deviation, channels
from depthfaces.gan.sample import BLOCK, remake, sample
from tests.conftest import equal


def generator(size: int = 32, classes: int = 3) -> Generator:
    net = networks.generator(Shape(size, classes, 8, 4))
    initialise(net, np.random.default_rng(1))
    return net.eval()


@pytest.mark.parametrize(("width", "largest"), [(8, 8), (24, 16), (64, 32)])
def test_the_largest_maps_fill_a_line_of_the_cache_if_the_net_is_that_wide(
    width: int, largest: int
) -> None:
    shape = Shape(64, 7, 96, width)
    assert [channels(shape, side) for side in (4, 32, 64)] == [8 * width, width, largest]


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("size", [32, 48, 64, 112, 128, 144, 256])
@pytest.mark.parametrize("classes", [2, 7])
def test_networks_at_every_size(recipe: str, size: int, classes: int) -> None:
    shape = Shape(size, classes, 8, 2, recipe)
    labels = torch.tensor([0, classes - 1, 1])
    faces = networks.generator(shape)(torch.randn(3, 8), labels)
    assert faces.shape == (3, 1, size, size)
    assert faces.abs().max() <= 1
    assert discriminator(shape)(faces, labels).shape == (3,)


def test_the_paper_s_networks_have_the_published_parameters() -> None:
    shape = Shape(256, 3, 256, 32, "paper")
    counts = [
        sum(weights.numel() for weights in net.parameters())
        for net in (networks.generator(shape), discriminator(shape))
    ]
    assert counts == [37_127_873, 2_890_433]


def test_spectral_norm_bounds_every_layer() -> None:
    net = discriminator(Shape(32, 3, 8, 4, spectral=True))
    initialise(net, np.random.default_rng(1))
    for _ in range(200):  # power iterations, one a call
        net(torch.zeros(1, 1, 32, 32), torch.tensor([0]))
    layers = [module for module in net.modules() if hasattr(module, "parametrizations")]
    assert len(layers) == 6
    for layer in layers:
        largest = torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item()
        assert largest == pytest.approx(1, abs=0.02)


def test_a_teacher_s_spectral_norm_is_that_of_its_own_weights() -> None:
    student = discriminator(Shape(32, 3, 8, 4, spectral=True))
    initialise(student, np.random.default_rng(1))
    teacher = teacher_of(student)
    face, label = torch.zeros(1, 1, 32, 32), torch.tensor([0])
    for seed in range(30):  # a student that jumps about, so that its vectors average to nothing
        initialise(student, np.random.default_rng(seed))
        student(face, label)
        follow(teacher, student, 0.9)
    for _ in range(200):
        teacher(face, label)
    for layer in (module for module in teacher.modules() if hasattr(module, "parametrizations")):
        largest = torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item()
        assert largest == pytest.approx(1, abs=0.02)


def test_deviation_of_equal_and_of_two_unlike_faces() -> None:
    equal_faces = torch.ones(6, 2, 3, 3)
    assert Deviation()(equal_faces)[:, 2].max() < 1e-3
    unlike = torch.cat([torch.zeros(2, 2, 3, 3), torch.full((2, 2, 3, 3), 2.0)])
    assert torch.allclose(Deviation()(unlike)[:, 2], torch.ones(4, 3, 3))
    assert torch.equal(Deviation()(unlike)[:, :2], unlike)
    assert torch.isfinite(Deviation()(torch.randn(5, 2, 3, 3))).all()  # a last group of one


def test_initial_weights_come_from_the_generator_alone() -> None:
    torch.manual_seed(0)
    one = generator()
    torch.manual_seed(99)
    assert equal(one, generator())


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_discriminator_sees_the_label(recipe: str) -> None:
    net = discriminator(Shape(32, 2, 8, 4, recipe)).eval()
    initialise(net, np.random.default_rng(1))
    faces = torch.randn(1, 1, 32, 32)
    assert net(faces, torch.tensor([0])) != net(faces, torch.tensor([1]))


@pytest.mark.parametrize(
    ("name", "discriminating", "generating"),
    [
        ("logistic", 2 * math.log(2), math.log(2)),
        ("hinge", 2, 0),
        ("relativistic", math.log(2), math.log(2)),
    ],
)
def test_losses_of_an_undecided_discriminator(
    name: str, discriminating: float, generating: float
) -> None:
    undecided = torch.zeros(5)
    for loss, expected in zip(losses.LOSSES[name], (discriminating, generating), strict=True):
        assert loss(real=undecided, fake=undecided).item() == pytest.approx(expected)


@pytest.mark.parametrize("name", losses.LOSSES)
def test_which_side_is_real(name: str) -> None:
    discriminating, generating = losses.LOSSES[name]
    high, low = torch.full((5,), 9.0), torch.full((5,), -9.0)
    assert discriminating(real=high, fake=low) < 0.001
    assert discriminating(real=low, fake=high) > 10
    assert generating(real=low, fake=high) < generating(real=high, fake=low)


def test_slope_of_a_linear_score() -> None:
    """D(x) = a . x has the gradient a, so the penalty is |a|^2 / 2 whatever x is."""
    slope = torch.arange(16.0).view(1, 4, 4)
    faces = torch.randn(3, 1, 4, 4, requires_grad=True)
    scores = (faces * slope).sum(dim=(1, 2, 3))
    expected = slope.square().sum().item() / 2
    assert losses.slope_penalty(faces, scores).item() == pytest.approx(expected)


def test_lecam_pulls_only_beyond_the_other_side_s_anchor() -> None:
    anchors = torch.tensor([1.0, -2.0])  # of real, of made faces
    inside = losses.lecam_penalty(torch.tensor([-3.0]), torch.tensor([4.0]), anchors)
    assert inside.item() == 0
    outside = losses.lecam_penalty(torch.tensor([1.0]), torch.tensor([-1.0]), anchors)
    assert outside.item() == 3**2 + 2**2


def test_perceptual_distillation_sees_directions_alone() -> None:
    one, other = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 5.0]])
    assert losses.perceptual_distillation([one], [7 * one]).item() == pytest.approx(0)
    assert losses.perceptual_distillation([one, one], [other, one]).item() == pytest.approx(1)


def test_distillation_by_hand() -> None:
    assert losses.pixel_distillation(torch.ones(2, 1, 4, 4), torch.zeros(2, 1, 4, 4)) == 1
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


def test_frozen_buffers_stay_while_weights_move() -> None:
    student = torch.nn.BatchNorm2d(1)
    teacher = teacher_of(student)
    for value in (student.weight, student.running_mean):
        torch.nn.init.constant_(value, 5.0)
    follow(teacher, student, 0.75, freeze_buffers=True)
    assert teacher.weight.item() == 2
    assert teacher.running_mean.item() == 0


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
