"""Spaces: what each network sees, that weights are the known ones, and the leak alarm."""

import numpy as np
import pytest
import torch
from conftest import LABELS, draw
from scipy.ndimage import gaussian_filter
from skimage import data
from skimage.transform import resize

from depthfaces import embed, leak, params
from depthfaces.embed import autoencoder, efficientnet, inception
from depthfaces.errors import DataError, IntegrityError
from depthfaces.faces import FaceSet, FaceWriter
from depthfaces.metrics.similarity import grey, psnr
from depthfaces.schema.report import Compare

SETTINGS = params.load()
CATS = {281, 282, 283, 284, 285}  # ImageNet's house cats


def with_compare(**changes):
    return SETTINGS.model_copy(update={"compare": SETTINGS.compare.model_copy(update=changes)})


def faces(count: int = 60) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.stack([draw(LABELS[number % 3], rng) for number in range(count)])


def test_names_in_params_are_those_of_the_family():
    allowed = Compare.model_fields["embeddings"].annotation
    assert set(allowed.__args__[0].__args__) == set(embed.EMBEDDINGS) - {"inception"}
    assert set(embed.INPUTS) == {"handcrafted", "surface", *embed.EMBEDDINGS}
    assert embed.chosen(with_compare(inception="")) == SETTINGS.compare.embeddings
    assert embed.chosen(with_compare(inception="x.pt"))[-1] == "inception"


def test_efficientnet_with_its_weights_knows_a_cat():
    picture = resize(data.chelsea()[:, 75:375], (224, 224), anti_aliasing=True)
    x = torch.tensor(picture * 2 - 1, dtype=torch.float32).permute(2, 0, 1)[None]
    with torch.inference_mode():
        found = efficientnet.load_network().class_scores(x)[0].topk(3).indices.tolist()
    assert set(found) <= CATS


def test_efficientnet_gives_1280_numbers_whatever_the_batch():
    encode = efficientnet.load(faces(1), SETTINGS)
    images = faces(3)
    whole = encode(images)
    assert whole.shape == (3, 1280)
    assert np.allclose(whole[1:2], encode(images[1:2]), atol=1e-4)


def test_other_weights_are_refused(monkeypatch):
    monkeypatch.setattr(efficientnet, "SHA256", "0" * 64)
    with pytest.raises(IntegrityError, match="expected sha256 000"):
        efficientnet.load_network()


def test_inception_needs_the_one_known_file(tmp_path):
    with pytest.raises(DataError, match=r"compare\.inception: expected the file inception-2015"):
        inception.load(faces(1), with_compare(inception=str(tmp_path / "none.pt")))
    path = tmp_path / "inception.pt"
    path.write_bytes(b"something else")
    with pytest.raises(IntegrityError, match=r"expected inception-2015-12-05\.pt with sha256 f58c"):
        inception.load(faces(1), with_compare(inception=str(path)))


def test_autoencoder_learns_and_repeats():
    images = faces()
    nets = [autoencoder.trained(images, steps, 7) for steps in (1, 60, 60)]
    errors = [psnr(*map(grey, autoencoder.rebuild_images(net, images))).mean() for net in nets]
    assert errors[1] > errors[0] + 3
    assert errors[1] == errors[2]
    assert autoencoder.fit(images, with_compare(autoencoder_steps=1))(images).shape == (60, 64)


def write(folder, images, split) -> FaceSet:
    with FaceWriter(folder, images.shape[1:], np.float32) as writer:
        rows = [{"id": str(n), "label": "a", "split": split} for n in range(len(images))]
        writer.append(images, rows)
    return FaceSet.open(folder)


@pytest.mark.parametrize("change", ["none", "mirror", "noise"])
def test_a_planted_test_face_sets_off_the_alarm(tmp_path, change):
    rng = np.random.default_rng(1)
    real, made = np.clip(gaussian_filter(rng.normal(0, 9, (2, 9, 32, 32)), (0, 0, 3, 3)), -1, 1)
    sets = {"real": write(tmp_path / "real", real, "test")}
    leak.alarm(sets | {"synthetic": write(tmp_path / "clean", made, "synthetic")}, 4)
    leak.alarm({}, 4)
    planted = {"none": real[4], "mirror": real[4, :, ::-1], "noise": real[4] + 0.001}[change]
    made[2] = planted
    sets["synthetic"] = write(tmp_path / "leaky", made, "synthetic")
    with pytest.raises(IntegrityError, match=r"synthetic: expected no held-out face .*\(2 is 4\)"):
        leak.alarm(sets, 4)
    baseline = {"real": sets["real"], "kde": sets["synthetic"]}
    with pytest.raises(IntegrityError, match=r"kde: expected no held-out face"):
        leak.alarm(baseline, 4)
