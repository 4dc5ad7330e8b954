import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from depthfaces import files
from depthfaces.errors import DataError, IntegrityError, ParamsError
from depthfaces.export.rows import Origin
from depthfaces.export.write import NO_READING, millimetres, preview
from depthfaces.faces import FaceSet
from depthfaces.gan import store
from depthfaces.generated import safe_names
from stages import export as stage
from tests.conftest import write_params


def exported(trained: Path, drawn: Path, out: Path, **changes: object) -> FaceSet:
    place = write_params(out.parent / "params", export=changes)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        stage.main(drawn, trained / "gan", trained / "latents", out)
    return FaceSet.open(out)


@pytest.fixture(scope="module")
def synthetic(trained: Path, drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An exported set: 3 emotions x 12 faces, half of them evolved."""
    out = tmp_path_factory.mktemp("export") / "synthetic"
    exported(trained, drawn, out)
    return out


def test_every_face_is_made_again_from_its_row(synthetic: Path, trained: Path, drawn: Path) -> None:
    faces = FaceSet.open(synthetic)
    origin = Origin.open(store.load(trained / "gan", drawn), trained / "latents")
    for image, (_, row) in zip(faces.images, faces.table.iterrows(), strict=True):
        assert np.array_equal(origin.remake(row), image), row["id"]


def test_the_mix_is_as_asked(synthetic: Path) -> None:
    table = FaceSet.open(synthetic).table
    assert (table.groupby("label")["method"].value_counts() == 6).all()
    assert set(table["split"]) == {"synthetic"}
    assert table["id"].is_unique
    fitness = table[table["method"] == "evolved"]["fitness"].astype(float)
    for label, part in fitness.groupby(table["label"]):
        assert part.iloc[0] == part.max(), label


@pytest.mark.parametrize(("share", "methods"), [(0.0, {"plain"}), (1.0, {"evolved"})])
def test_one_kind_alone(
    trained: Path, drawn: Path, tmp_path: Path, share: float, methods: set[str]
) -> None:
    table = exported(trained, drawn, tmp_path / "out", evolved_share=share).table
    assert set(table["method"]) == methods


def test_no_two_faces_are_equal_and_none_is_real(synthetic: Path, drawn: Path) -> None:
    made, real = FaceSet.open(synthetic), FaceSet.open(drawn)
    assert len(np.unique(made.images, axis=0)) == len(made) == 36
    assert np.isfinite(made.images).all()
    gaps = np.abs(made.images[:, None] - real.images[None]).max(axis=(2, 3))
    assert gaps.min() > 0.05


def test_the_previews_are_the_images(synthetic: Path) -> None:
    faces = FaceSet.open(synthetic)
    for image, name in zip(faces.images, faces.table["file_name"], strict=True):
        with Image.open(synthetic / name) as png:
            assert np.array_equal(np.asarray(png), preview(image)), name


def test_the_images_are_a_clean_image_folder(synthetic: Path) -> None:
    """What torchvision's ImageFolder and Hugging Face's imagefolder ask for."""
    faces = FaceSet.open(synthetic)
    for kind in ("images", "depth"):
        folders = sorted(path.name for path in (synthetic / kind).iterdir())
        assert folders == faces.classes
        found = [path for path in (synthetic / kind).rglob("*") if path.is_file()]
        assert len(found) == len(faces)
        assert {path.suffix for path in found} == {".png"}


def test_depth_is_16_bit_millimetres(synthetic: Path) -> None:
    faces = FaceSet.open(synthetic)
    name = faces.table["file_name"][0].replace("images", "depth")
    with Image.open(synthetic / name) as png:
        depth = np.asarray(png)
    assert depth.dtype == np.uint16
    assert np.array_equal(depth, millimetres(faces.images[0], -20.0, 100.0))


def test_millimetres_by_hand() -> None:
    values = np.array([1.0, 0.0, NO_READING, -1.0, 2.0])
    assert millimetres(values, -20.0, 100.0).tolist() == [980, 1040, 0, 0, 980]


def test_preview_by_hand() -> None:
    assert preview(np.array([-1.0, 0.0, 1.0, 3.0])).tolist() == [0, 128, 255, 255]


def test_relative_faces_have_no_millimetres(trained: Path, drawn: Path, tmp_path: Path) -> None:
    folder = tmp_path / "gan"
    folder.mkdir()
    for path in (trained / "gan").iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    config = files.read_json(folder / store.CONFIG)
    files.write_json(folder / store.CONFIG, {**config, "unit": "relative"})
    place = write_params(tmp_path / "params")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        stage.main(drawn, folder, trained / "latents", tmp_path / "out")
    assert not (tmp_path / "out" / "depth").exists()
    assert "millimetres" not in (tmp_path / "out" / "README.md").read_text()


def test_a_second_export_gives_the_same_bytes(
    synthetic: Path, trained: Path, drawn: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    exported(trained, drawn, out, per_class=4)
    exported(trained, drawn, out)  # over a smaller one, of which nothing may stay
    old, new = (
        {str(path.relative_to(top)): files.checksum(path) for path in top.rglob("*.*")}
        for top in (synthetic, out)
    )
    assert new == old


def test_too_small_an_archive_is_named(trained: Path, drawn: Path, tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"wants 40 evolved faces of Happiness, .* found 12"):
        exported(trained, drawn, tmp_path / "out", per_class=40, evolved_share=1.0)


def test_archives_of_another_generator_are_refused(
    trained: Path, drawn: Path, tmp_path: Path
) -> None:
    files.write_json(tmp_path / "config.json", {"generator": "0" * 64, "files": {}})
    with pytest.raises(IntegrityError, match="evolved with another generator"):
        Origin.open(store.load(trained / "gan", drawn), tmp_path)


def test_what_is_missing_is_named(trained: Path, drawn: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected a trained model, found none"):
        store.load(tmp_path, drawn)
    with pytest.raises(DataError, match="expected evolved latents, found none"):
        Origin.open(store.load(trained / "gan", drawn), tmp_path)


def test_the_card_says_what_is_there(synthetic: Path, trained: Path) -> None:
    card = (synthetic / "README.md").read_text()
    assert "36 generated faces, 32 x 32 pixels, of 3 emotions" in card
    assert "| Happiness | 12 | 6 | 6 |" in card
    assert files.checksum(trained / "gan" / store.TEACHER) in card


def test_names_are_safe_and_different() -> None:
    odd = ["Fear", "fear", "../../etc", "a/b", "a?b", "", "Überraschung", "con <script>", "x" * 300]
    names = safe_names(odd)
    assert names[0] == "Fear"
    assert len({name.lower() for name in names}) == len(odd)
    assert all(name.replace("_", "").replace("-", "").isalnum() for name in names)
    assert all(name.isascii() and len(name) < 70 for name in names)


def test_numbered_names_stay_different() -> None:
    for labels in itertools.permutations(["a", "A", "A_1", "a_2"]):
        names = {name.lower() for name in safe_names(labels)}
        assert len(names) == len(labels), labels
