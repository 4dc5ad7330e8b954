import itertools
import json
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from depthfaces import __main__ as cli
from depthfaces import files, params
from depthfaces.alarms import faults
from depthfaces.errors import DataError, IntegrityError, ParamsError
from depthfaces.evolve.nearness import Nearness, places
from depthfaces.export import alarm, write
from depthfaces.export.extras import Lens, points
from depthfaces.export.picture import NO_READING, millimetres, preview
from depthfaces.export.post import POSTS, processed
from depthfaces.export.rows import Origin, Plan, digest
from depthfaces.faces import FaceSet
from depthfaces.gan import store
from depthfaces.generated import safe_names
from depthfaces.schema import Export
from stages import export as stage
from tests.conftest import tiny, write_params
from tests.test_alarms import crowd


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
    assert (Nearness(FaceSet.open(drawn).split("train"))(places(made.images)) > 0.999).all()


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


def test_a_broken_off_export_has_no_table_and_is_mended(
    synthetic: Path, trained: Path, drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over an older set: what is there must not vouch for half a new one."""
    out = tmp_path / "out"
    exported(trained, drawn, out, per_class=4)
    with monkeypatch.context() as patch:
        patch.setattr(write, "millimetres", None)
        with pytest.raises(TypeError):
            exported(trained, drawn, out)
    assert not (out / "metadata.csv").exists()
    exported(trained, drawn, out)
    for path in synthetic.rglob("*.*"):
        assert files.checksum(path) == files.checksum(out / path.relative_to(synthetic)), path


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


def wanted(**changes: object) -> Export:
    return params.check(tiny(export=changes)).export


def test_what_is_near_a_train_face_is_never_exported(
    trained: Path, drawn: Path, tmp_path: Path
) -> None:
    """Every third face is declared a copy; others take its place, and the count is told."""
    origin = Origin.open(store.load(trained / "gan", drawn), trained / "latents")
    seen = []

    def new(faces: np.ndarray) -> np.ndarray:
        seen.append(len(faces))
        return np.array([int(digest(face)[:8], 16) % 3 > 0 for face in faces])

    plan = Plan(wanted(per_class=12, evolved_share=0.25), 1, new)
    faces, rows, refused = plan.of(origin, "Happiness")
    assert len(faces) == len(rows) == 12
    assert refused > 0
    assert [row["method"] for row in rows] == ["evolved"] * 3 + ["plain"] * 9
    assert seen == [12, 50]


def test_a_generator_that_only_copies_is_refused(trained: Path, drawn: Path) -> None:
    origin = Origin.open(store.load(trained / "gan", drawn), trained / "latents")
    plan = Plan(wanted(evolved_share=0.0), 1, lambda faces: np.zeros(len(faces), bool))
    with pytest.raises(IntegrityError, match="of 250 plain draws come as near to a train face"):
        plan.of(origin, "Happiness")


def test_copies_of_train_faces_are_not_new(drawn: Path) -> None:
    train = FaceSet.open(drawn).split("train")
    new = alarm.new(train)
    assert not new(np.array(train.images[:5])).any()
    assert not new(np.array(train.images[:5, :, ::-1])).any()
    assert new(np.zeros((2, 32, 32), np.float32)).all()


def test_moved_copies_of_train_faces_are_not_new() -> None:
    images, label, people = crowd(12, 1)
    new = alarm.new(FaceSet(images, pd.DataFrame({"label": label, "group": people})))
    rng = np.random.default_rng(0)
    for change in (faults.mirrored, faults.shifted, faults.tilted, faults.augmented):
        moved = change(images[::4], rng)
        assert not new(moved).any(), change.__name__
        assert not new(np.ascontiguousarray(moved[:, :, ::-1])).any(), change.__name__
    others = new(crowd(12, 2)[0])
    assert others.mean() > 0.9


def test_a_collapsed_generator_is_refused_unless_told(
    trained: Path, drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = np.random.default_rng(0).uniform(-1, 1, (32, 32)).astype(np.float32)
    faces = lambda self, z, label, steps: one + 1e-3 * z[:, :1, None]  # noqa: E731 - short
    monkeypatch.setattr(Origin, "faces", faces)
    with pytest.raises(IntegrityError, match=r"the generator has collapsed; .*export.collapsed"):
        exported(trained, drawn, tmp_path / "out", collapsed=False)
    assert not (tmp_path / "out").exists()
    exported(trained, drawn, tmp_path / "out", collapsed=True)


def test_a_folder_with_other_things_is_left_alone(
    trained: Path, drawn: Path, tmp_path: Path
) -> None:
    files.write_text(tmp_path / "out" / "thesis.tex", "years of work")
    with pytest.raises(ParamsError, match=r"an older export, found 'thesis.tex' in it"):
        exported(trained, drawn, tmp_path / "out")
    assert (tmp_path / "out" / "thesis.tex").read_text() == "years of work"


def test_no_steps_leave_faces_as_they_are() -> None:
    faces = np.random.default_rng(0).uniform(-1, 1, (3, 16, 16)).astype(np.float32)
    assert processed(faces, "") is faces


def test_steps_by_hand() -> None:
    face = np.zeros((9, 9), np.float32)
    face[4, 4] = 0.5
    assert (POSTS["median"](face) == 0).all()
    assert POSTS["contrast"](face)[4, 4] == np.float32(0.65)
    assert POSTS["contrast"](face + 1).max() == 1
    flat = np.full((16, 16), 0.2, np.float32)
    assert np.abs(POSTS["nlm"](flat) - flat).max() <= 1 / 255
    noisy = flat + np.random.default_rng(0).normal(0, 0.03, flat.shape).astype(np.float32)
    assert POSTS["nlm"](noisy).std() < 0.5 * noisy.std()


def test_switches_in_params_are_the_steps() -> None:
    switches = {name for name, field in Export.model_fields.items() if field.annotation is bool}
    assert switches - {"collapsed", "npz", "onnx"} == set(POSTS)


def test_post_processed_faces_are_made_again(trained: Path, drawn: Path, tmp_path: Path) -> None:
    made = exported(trained, drawn, tmp_path / "out", median=True, contrast=True)
    origin = Origin.open(store.load(trained / "gan", drawn), trained / "latents")
    assert set(made.table["post"]) == {"median+contrast"}
    for number in (0, 11, 35):
        again_made = origin.remake(made.table.iloc[number])
        assert np.array_equal(again_made, made.images[number])
        assert digest(again_made) == made.table["sha256"][number]


def test_extras_hold_the_same_faces(trained: Path, drawn: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    made = exported(trained, drawn, out, npz=True, shard=10, meshes=2)
    with np.load(out / "faces.npz", allow_pickle=False) as content:
        assert np.array_equal(content["images"], made.images)
        assert content["label"].tolist() == list(made.table["label"])
    shards = sorted((out / "shards").iterdir())
    assert [path.name for path in shards] == [f"{number:06d}.tar" for number in range(4)]
    with tarfile.open(shards[-1]) as shard:
        names = shard.getnames()
        assert len(names) == 3 * 6
        row = json.load(shard.extractfile(names[2]))
        assert names[:3] == [f"{row['id']}.png", f"{row['id']}.depth.png", f"{row['id']}.json"]
        png = shard.extractfile(names[0]).read()
    assert png == (out / row["file_name"]).read_bytes()
    assert len(list((out / "points").iterdir())) == 6


def test_points_by_hand() -> None:
    face = np.full((4, 4), -1.0, np.float32)
    face[0, 3] = 1.0  # the corner above right, nearest
    face[2, 1] = 0.0
    found = points(face, Lens(40.0, -20.0, 100.0))
    assert found.tolist() == [[15.0, 15.0, 20.0], [-5.0, -5.0, -40.0]]


def test_a_point_cloud_reads_as_ply(trained: Path, drawn: Path, tmp_path: Path) -> None:
    made = exported(trained, drawn, tmp_path / "out", meshes=1)
    content = (tmp_path / "out" / "points" / f"{made.table['id'][0]}.ply").read_bytes()
    header, body = content.split(b"end_header\n", 1)
    count = int(header.split(b"element vertex ")[1].split(b"\n")[0])
    assert len(body) == 12 * count
    assert np.isfinite(np.frombuffer(body, "<f4")).all()


@pytest.fixture
def workplace(
    synthetic: Path, trained: Path, drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A project's folder with a model, archives and an exported set, as a user has it."""
    place = write_params(tmp_path / "place")
    for source, name in (
        (drawn, "data/faces"),
        (trained / "gan", "models/gan"),
        (trained / "latents", "models/latents"),
    ):
        (place / name).parent.mkdir(exist_ok=True, parents=True)
        (place / name).symlink_to(source, target_is_directory=True)
    shutil.copytree(synthetic, place / "data" / "synthetic")
    monkeypatch.chdir(place)
    return place


@pytest.mark.parametrize("identity", ["Happiness-00000", "Neutral-00011"])
def test_remake_makes_a_face_again(
    workplace: Path, identity: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["remake", identity])
    table = FaceSet.open(workplace / "data" / "synthetic").table.set_index("id")
    expected = f"{identity}: the same, bit for bit (sha256 {table['sha256'][identity]})\n"
    assert capsys.readouterr().out == expected


def test_remake_finds_what_was_changed(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = workplace / "data/synthetic/images/Neutral/Neutral-00003.png"
    path.write_bytes((path.parent / "Neutral-00004.png").read_bytes())
    with pytest.raises(SystemExit) as stop:
        cli.main(["remake", "Neutral-00003"])
    assert stop.value.code == 4
    assert (
        "differs from data/synthetic/images/Neutral/Neutral-00003.png;" in capsys.readouterr().err
    )
    with pytest.raises(SystemExit) as stop:
        cli.main(["remake", "Neutral-77777"])
    assert stop.value.code == 2


def test_sample_draws_faces_of_one_emotion(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order = ["sample", "--emotion", "Neutral", "--count", "7", "--seed", "3", "--out"]
    cli.main([*order, "one"])
    cli.main([*order, "two"])
    assert capsys.readouterr().out.startswith("one: 7 faces of Neutral; ")
    made = FaceSet.open(workplace / "one")
    assert set(made.table["label"]) == {"Neutral"}
    assert set(made.table["method"]) == {"plain"}
    assert len(list((workplace / "one/images/Neutral").iterdir())) == len(made) == 7
    for path in (workplace / "one").rglob("*.*"):
        twin = workplace / "two" / path.relative_to(workplace / "one")
        assert files.checksum(path) == files.checksum(twin)
    cli.main(["remake", "Neutral-00006", "--folder", "one"])
    cli.main([*order[:-2], "4", "--out", "two"])
    assert not np.array_equal(FaceSet.open(workplace / "two").images, made.images)


def test_sample_works_without_the_train_faces(workplace: Path) -> None:
    (workplace / "data" / "faces").unlink()
    cli.main(["sample", "--emotion", "Neutral", "--count", "2", "--out", "one"])
    assert "Not looked for" in (workplace / "one" / "README.md").read_text()


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"--emotion": "Joy"}, "expected one of Happiness, Neutral, Surprise, found 'Joy'"),
        ({"--count": "0"}, "--count and --seed: expected 1 and 0 or more, found 0 and 0"),
    ],
)
def test_what_sample_cannot_do_is_said(
    workplace: Path, changes: dict[str, str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = {"--emotion": "Neutral", "--count": "2", "--out": "one", **changes}
    with pytest.raises(SystemExit) as stop:
        cli.main(["sample", *itertools.chain(*words.items())])
    assert stop.value.code == 2
    assert line in capsys.readouterr().err


def test_the_card_says_what_is_there(synthetic: Path, trained: Path) -> None:
    card = (synthetic / "README.md").read_text()
    assert "36 generated faces, 32 x 32 pixels, of 3 emotions" in card
    assert "| Happiness | 12 | 6 | 6 |" in card
    assert "0 of 36 faces come as near to a train face" in card
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
