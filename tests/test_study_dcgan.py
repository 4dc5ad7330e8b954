"""The DCGAN of the studies: the published layers, and a training that repeats and learns."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from depthfaces.errors import DataError, IntegrityError
from depthfaces.gan.sample import sample
from depthfaces.studies import dcgan
from depthfaces.studies.nets import Critic, Design, Generator
from tests import conftest

DESIGN = Design(latent=8, width=4, activation="gelu")
SETTINGS = dcgan.Settings(
    DESIGN, epochs=3, batch=8, lr_generator=2e-3, lr_discriminator=2e-3, beta1=0.5
)
PUBLISHED = Design(latent=100, width=64, activation="gelu", channels=3)


def count(net: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in net.parameters())


def faces(each: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Return `each` drawn faces of two classes, 64 px, and their classes."""
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], each)
    kinds = ("Neutral", "Surprise")
    return np.stack([conftest.draw(kinds[k], rng, 64) for k in labels]), labels


def test_generator_has_the_published_layers() -> None:
    """Convolutions by hand: 4 x 4 kernels, in x out; a BatchNorm has two numbers a channel."""
    planes = [(100, 512), (512, 256), (256, 128), (128, 64), (64, 3)]
    kernels = sum(16 * before * after for before, after in planes)
    assert count(Generator(PUBLISHED)) == kernels + 2 * (512 + 256 + 128 + 64) + 3 == 3_576_707


def test_critic_has_the_published_layers() -> None:
    planes = [(3, 64), (64, 128), (128, 256), (256, 512), (512, 1)]
    kernels = sum(16 * before * after for before, after in planes)
    assert count(Critic(PUBLISHED)) == kernels + 2 * (128 + 256 + 512) + 64 + 1 == 2_765_633


def test_sides_are_the_published_ones() -> None:
    net, maps = Critic(PUBLISHED), torch.zeros(2, 3, 64, 64)
    sides = []
    for block in net.body:
        maps = block(maps)
        sides.append(tuple(maps.shape[1:]))
    assert sides == [(64, 32, 32), (128, 16, 16), (256, 8, 8), (512, 4, 4)]
    assert net.features(torch.zeros(2, 3, 64, 64)).flatten(1).shape == (2, 8192)
    assert net(torch.zeros(2, 3, 64, 64)).shape == (2, 1)
    assert Generator(PUBLISHED)(torch.zeros(2, 100), torch.zeros(2)).shape == (2, 3, 64, 64)


@pytest.mark.parametrize("classes", [0, 2])
def test_same_seed_same_weights_and_another_seed_others(classes: int) -> None:
    images, labels = faces()
    settings = replace(SETTINGS, design=replace(DESIGN, classes=classes), dropout=0.3)
    known = labels if classes else None
    one, two, other = (dcgan.fit(images, known, settings, seed) for seed in (1, 1, 2))
    assert conftest.equal(one.generator, two.generator)
    assert conftest.equal(one.critic, two.critic)
    assert one.curves == two.curves
    assert not conftest.equal(one.critic, other.critic)


def test_training_asks_nothing_of_the_global_stream() -> None:
    one = dcgan.fit(faces()[0], None, replace(SETTINGS, epochs=1), 1)
    torch.manual_seed(99)
    two = dcgan.fit(faces()[0], None, replace(SETTINGS, epochs=1), 1)
    assert conftest.equal(one.generator, two.generator)


def test_rate_zero_leaves_the_weights() -> None:
    """The neutral parameter: Adam with next to no rate moves nothing that can be seen."""
    settings = replace(SETTINGS, lr_generator=1e-30, lr_discriminator=1e-30)
    short = replace(settings, epochs=1)
    one, two = (dcgan.fit(faces()[0], None, each, 1) for each in (settings, short))
    for mine, theirs in zip(one.critic.parameters(), two.critic.parameters(), strict=True):
        assert torch.allclose(mine, theirs, rtol=0, atol=1e-20)


def test_critic_of_classes_learns_them() -> None:
    images, labels = faces(24)
    settings = replace(SETTINGS, design=replace(DESIGN, classes=2), epochs=12)
    trained = dcgan.fit(images, labels, settings, 3)
    logits = dcgan.judge(trained.critic, images)
    assert logits.shape == (48, 3)
    assert (logits[:, :2].argmax(axis=1) == labels).mean() > 0.9
    assert [row["epoch"] for row in trained.curves] == list(range(1, 13))


def test_weight_zero_of_made_faces_leaves_the_plain_classifier() -> None:
    """Then the critic's steps do not depend on the generator, whatever its rate."""
    images, labels = faces()
    design = replace(DESIGN, classes=2)
    settings = replace(SETTINGS, design=design, fake_weight=0.0)
    other = replace(settings, lr_generator=1e-30)
    one, two = (dcgan.fit(images, labels, each, 1) for each in (settings, other))
    for mine, theirs in zip(one.critic.parameters(), two.critic.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_a_face_is_judged_alike_alone_and_among_others() -> None:
    trained = dcgan.fit(faces()[0], None, SETTINGS, 1)
    images = faces(40)[0]
    many = dcgan.features(trained.critic, images)
    assert many.shape == (80, 8 * 4 * 16)
    assert np.array_equal(dcgan.features(trained.critic, images[:3]), many[:3])
    assert np.array_equal(dcgan.judge(trained.critic, images[:3]),
                          dcgan.judge(trained.critic, images)[:3])  # fmt: skip


def test_chance_of_being_real() -> None:
    assert dcgan.real_probability(torch.zeros(1, 1)).tolist() == [0.5]
    # Three classes and `generated`, all equally likely.
    assert dcgan.real_probability(torch.zeros(1, 4)).tolist() == [0.75]


def test_made_faces_fit_the_package_s_sampler() -> None:
    trained = dcgan.fit(faces()[0], None, SETTINGS, 1)
    z = np.random.default_rng(0).standard_normal((5, 8), np.float32)
    made = sample(trained.generator, z, np.zeros(5, np.int64))
    assert made.shape == (5, 64, 64)
    assert np.abs(made).max() <= 1


def test_faces_of_another_size_are_refused() -> None:
    with pytest.raises(DataError, match="64 px"):
        dcgan.fit(np.zeros((4, 32, 32), np.float32), None, SETTINGS, 1)


def test_divergence_is_told() -> None:
    with pytest.raises(IntegrityError, match="no numbers"):
        dcgan.fit(np.full((8, 64, 64), np.nan, np.float32), None, SETTINGS, 1)
